"""What Cost Anomaly Detection tells a topic, or EventBridge: nearly the same object, under one key spelt in two ways.

Shapes: AWS Cost Management user guide, "Creating an Amazon SNS topic for anomaly notifications"
(https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html, `dimensionalValue`) and "Using EventBridge
with Cost Anomaly Detection" (https://docs.aws.amazon.com/cost-management/latest/userguide/cad-eventbridge.html,
`dimensionValue`). The link in it is never shown: it leads where the message's writer wants.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from functions.core.events import Event, shown
from functions.core.one_line import one_line
from functions.core.types import MalformedEvent, Refused
from functions.llm_keys.messages.heard import Heard
from functions.llm_keys.messages.money import money

DIMENSION = ("dimensionalValue", "dimensionValue")
"""The key of what the anomaly is in: a service, an account, a tag; by SNS and by EventBridge."""


@dataclass(frozen=True, slots=True)
class Anomaly:
    """An anomaly of an account's bill: `impact` is what was spent beyond what was expected, in US dollars."""

    account: str
    id: str
    dimension: str
    impact: Decimal


def claims_to_be_one(about: Mapping[str, Any]) -> bool:
    """Whether an object has the key that only anomalies have."""
    return "anomalyId" in about


def read_anomaly(about: Mapping[str, Any]) -> Anomaly:
    """Either form; raises MalformedEvent where account, id or impact is missing or of another type."""
    account, id = (_text(about, key) for key in ("accountId", "anomalyId"))
    impact = about.get("impact")
    total = impact.get("totalImpact") if isinstance(impact, Mapping) else None
    dimension = next((about[key] for key in DIMENSION if about.get(key) is not None), "")
    if not isinstance(dimension, str):
        raise MalformedEvent(f"the anomaly's dimension is no text: {shown(dimension)}")
    return Anomaly(account, id, dimension, _dollars(total))


def anomaly_of(event: Event) -> Heard:
    """An `Anomaly Detected` of EventBridge asks to look at every budget. Raises MalformedEvent, Refused."""
    return hear_anomaly(event.detail, event.account)


def hear_anomaly(about: Mapping[str, Any], account: str) -> Heard:
    """An anomaly of `account` in either form: it names no budget, so all are looked at. Raises as `anomaly_of` does."""
    anomaly = read_anomaly(about)
    if anomaly.account != account:
        raise Refused(f"a cost anomaly of account {anomaly.account!r:.40}, not {account}")
    where = f" in {one_line(anomaly.dimension, 80)}" if anomaly.dimension else ""
    return Heard((), f"Cost Anomaly Detection: {money(anomaly.impact)} more than expected{where}")


def _text(about: Mapping[str, Any], key: str) -> str:
    value = about.get(key)
    if not isinstance(value, str) or not value:
        raise MalformedEvent(f"the anomaly's {key!r} is missing or no text: {shown(value)}")
    return value


def _dollars(value: object) -> Decimal:
    # EventBridge's numbers come as int or float, those of a message as Decimal.
    number = Decimal(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if not isinstance(number, Decimal) or not number.is_finite():
        raise MalformedEvent(f"the anomaly's impact is no amount: {shown(value)!r}")
    return number

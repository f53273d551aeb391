"""The JSON by which a CloudWatch alarm tells a topic of its state.

Shape: CloudWatch user guide, "Notifying users on alarm changes"
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html), and public captures:
`AlarmArn` and `Trigger` may be absent, an alarm on metric math has `Trigger.Metrics` in place of a metric's name, and
`Region` is a name for people, such as "US East (Ohio)", that nothing is decided by.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.events import shown
from functions.core.types import MalformedEvent


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric that an alarm looks at."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AlarmText:
    """Which alarm of which account is in which state; `arn` is "" where the message has none."""

    account: str
    name: str
    arn: str
    state: str
    metrics: tuple[Metric, ...]


def claims_to_be_one(about: Mapping[str, Any]) -> bool:
    """Whether an object has the key that only alarms have."""
    return "AlarmName" in about


def read_alarm(about: Mapping[str, Any]) -> AlarmText:
    """What the message says; raises MalformedEvent where the account, the name or the state is missing or no text."""
    arn = about.get("AlarmArn")
    if arn is not None and not isinstance(arn, str):
        raise MalformedEvent(f"the alarm's 'AlarmArn' is no text: {shown(arn)}")
    account, name, state = (_text(about, key) for key in ("AWSAccountId", "AlarmName", "NewStateValue"))
    return AlarmText(account, name, arn or "", state, tuple(_metrics(about.get("Trigger"))))


def _text(about: Mapping[str, Any], key: str) -> str:
    value = about.get(key)
    if not isinstance(value, str) or not value:
        raise MalformedEvent(f"the alarm's {key!r} is missing or no text: {shown(value)}")
    return value


def _metrics(trigger: object) -> Iterator[Metric]:
    """The metrics of an alarm, as far as they can be read; expressions and composite alarms have none of their own."""
    if not isinstance(trigger, Mapping):
        return
    yield from _metric(trigger)
    several = trigger.get("Metrics")
    for one in several if isinstance(several, list) else ():
        stat = one.get("MetricStat") if isinstance(one, Mapping) else None
        if isinstance(stat, Mapping):
            yield from _metric(stat.get("Metric"))


def _metric(about: object) -> Iterator[Metric]:
    if not isinstance(about, Mapping):
        return
    namespace, name, listed = about.get("Namespace"), about.get("MetricName"), about.get("Dimensions")
    if not isinstance(namespace, str) or not isinstance(name, str):
        return
    dimensions = {}
    for one in listed if isinstance(listed, list) else ():
        pair = (one.get("name"), one.get("value")) if isinstance(one, Mapping) else (None, None)
        if isinstance(pair[0], str) and isinstance(pair[1], str):
            dimensions[pair[0]] = pair[1]
    yield Metric(namespace, name, dimensions)

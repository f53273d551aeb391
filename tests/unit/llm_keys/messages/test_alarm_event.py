"""Alarms and anomalies by EventBridge."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.events import Event, Skip
from functions.core.types import MalformedEvent, Refused
from functions.llm_keys.messages.alarm_event import budget_of_alarm
from functions.llm_keys.messages.anomaly import anomaly_of
from functions.llm_keys.messages.heard import Heard
from tests.aws_world import ACCOUNT, REGION
from tests.unit.llm_keys.messages.samples import SETTINGS
from tests.unit.llm_keys.messages.writing import anomaly

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


def change(budget: object = "Research Budget", *, name: str = "fusebox-llm-keys-x-day", state: str = "ALARM") -> Event:
    """The event of an alarm's change of state."""
    metric = {"namespace": "AI/FinOps", "name": "EstimatedCostUSD", "dimensions": {"Budget": budget}}
    detail: dict[str, Any] = {
        "alarmName": name,
        "state": {"value": state},
        "configuration": {"metrics": [{"id": "m0", "metricStat": {"metric": metric, "period": 60, "stat": "Sum"}}]},
    }
    return Event("e", "aws.cloudwatch", "CloudWatch Alarm State Change", ACCOUNT, REGION, NOW, detail)


def found(**more: Any) -> Event:
    """The event of an anomaly."""
    detail = anomaly("dimensionValue", **more)
    return Event("e", "aws.ce", "Anomaly Detected", ACCOUNT, REGION, NOW, detail)


def test_an_alarm_names_its_budget_by_the_metric_and_not_by_its_own_name() -> None:
    assert budget_of_alarm(change(), SETTINGS) == "Research Budget"


def test_other_alarms_and_other_states_ask_for_nothing() -> None:
    assert isinstance(budget_of_alarm(change(name="web-latency"), SETTINGS), Skip)
    assert isinstance(budget_of_alarm(change(state="OK"), SETTINGS), Skip)


@pytest.mark.parametrize("budget", ["marketing", "", "ML-Platform", "ml-platform-38dcc3", None, 7])
def test_an_alarm_of_ours_on_no_budget_of_the_policy_is_told_of(budget: object) -> None:
    with pytest.raises(MalformedEvent):
        budget_of_alarm(change(budget), SETTINGS)


def test_an_anomaly_asks_to_look_at_all_budgets() -> None:
    said = "Cost Anomaly Detection: $1,001.00 more than expected in Amazon Bedrock"
    assert anomaly_of(found()) == Heard((), said)
    assert anomaly_of(found(impact={"totalImpact": 10**5000})).note.startswith("Cost Anomaly Detection: $1.00e+5000")


def test_an_anomaly_of_another_account_is_refused() -> None:
    with pytest.raises(Refused, match="'210987654321', not 123456789012"):
        anomaly_of(found(accountId="210987654321"))


@pytest.mark.parametrize("impact", [float("nan"), float("inf"), True, None, "7", [7]])
def test_an_anomaly_without_an_amount_is_told_of(impact: object) -> None:
    with pytest.raises(MalformedEvent, match="no amount"):
        anomaly_of(found(impact={"totalImpact": impact}))

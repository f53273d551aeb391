"""Stories of alarms on what applications report, by API call or in their logs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import UnmodelledResource
from local.moto_metrics import MetricSeed

ECHO = "def handler(event, context): return event"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TEAM = [{"Name": "Budget", "Value": "team a"}]


def meter(stack: Any, **changed: Any) -> None:
    """An alarm on more than ten dollars an hour, and a function that hears of it."""
    alarm = {
        "AlarmName": "meter-hour",
        "Namespace": "AI/FinOps",
        "MetricName": "EstimatedCostUSD",
        "Dimensions": TEAM,
        "Statistic": "Sum",
        "Period": 3600,
        "EvaluationPeriods": 1,
        "Threshold": 10,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
    }
    stack.add("Meter", "AWS::CloudWatch::Alarm", **{k: v for k, v in (alarm | changed).items() if v is not None})
    stack.function("Breaker", ECHO)
    pattern = {"source": ["aws.cloudwatch"], "detail": {"alarmName": [{"prefix": "meter-"}]}}
    stack.rule("OnAlarm", {"Arn": stack.arn("Breaker")}, EventPattern=pattern)
    stack.permit("Breaker", stack.arn("OnAlarm"))


def spend(account: Any, dollars: float, at: datetime | None = None, dimensions: Any = TEAM) -> None:
    datum = {"MetricName": "EstimatedCostUSD", "Dimensions": dimensions, "Value": dollars}
    stamped = {"Timestamp": at} if at else {}
    account.client("cloudwatch").put_metric_data(Namespace="AI/FinOps", MetricData=[{**datum, **stamped}])


def heard(account: Any) -> list[str]:
    return [one.payload["detail"]["state"]["value"] for one in account.invocations]


def test_an_alarm_fires_within_a_minute_and_once(stack: Any, opened: Any) -> None:
    meter(stack)
    account = opened(stack)

    spend(account, 6)
    account.advance(MINUTE)
    assert heard(account) == ["OK"]
    spend(account, 6)
    account.settle()
    assert heard(account) == ["OK"]
    account.advance(MINUTE)
    assert heard(account) == ["OK", "ALARM"]
    spend(account, 100)
    account.advance(MINUTE)
    assert heard(account) == ["OK", "ALARM"]

    detail = account.invocations[-1].payload["detail"]
    assert detail["alarmName"] == "meter-hour"
    (metric,) = detail["configuration"]["metrics"]
    assert metric["metricStat"]["metric"] == {
        "namespace": "AI/FinOps",
        "name": "EstimatedCostUSD",
        "dimensions": {"Budget": "team a"},
    }


def test_the_window_slides_past_the_data(stack: Any, opened: Any) -> None:
    meter(stack)
    account = opened(stack)

    spend(account, 11)
    account.advance(HOUR - MINUTE)
    assert heard(account) == ["ALARM"]
    account.advance(2 * MINUTE)
    assert heard(account) == ["ALARM", "OK"]
    spend(account, 11)
    account.advance(MINUTE)
    assert heard(account) == ["ALARM", "OK", "ALARM"]


def test_data_of_long_ago_and_of_other_dimensions_count_for_nothing(stack: Any, opened: Any) -> None:
    meter(stack)
    account = opened(stack)

    spend(account, 50, at=account.clock.now() - 2 * HOUR)
    spend(account, 50, dimensions=[*TEAM, {"Name": "ModelId", "Value": "large"}])
    spend(account, 50, dimensions=[])
    spend(account, 1, at=account.clock.now() - HOUR / 2)
    account.advance(MINUTE)

    assert heard(account) == ["OK"]


@pytest.mark.parametrize(
    ("treated", "after"), [("breaching", "ALARM"), ("missing", "INSUFFICIENT_DATA"), (None, "INSUFFICIENT_DATA")]
)
def test_missing_data_are_treated_as_the_alarm_says(stack: Any, opened: Any, treated: str | None, after: str) -> None:
    meter(stack, TreatMissingData=treated)
    account = opened(stack)

    spend(account, 1)
    account.advance(2 * HOUR)

    assert heard(account) == ["OK", after]


def test_missing_data_may_change_nothing(stack: Any, opened: Any) -> None:
    meter(stack, TreatMissingData="ignore")
    account = opened(stack)

    spend(account, 11)
    account.advance(2 * HOUR)

    assert heard(account) == ["ALARM"]


def test_seeded_data_wake_nobody(stack: Any, opened: Any) -> None:
    meter(stack)
    account = opened(stack)

    dimensions = (("Budget", "team a"),)
    account.seed_metrics([MetricSeed("AI/FinOps", "EstimatedCostUSD", dimensions, ((account.clock.now(), 99.0),))])
    account.advance(HOUR)

    assert heard(account) == []


def test_an_alarm_that_is_gone_is_not_looked_at(stack: Any, opened: Any) -> None:
    meter(stack)
    account = opened(stack)

    spend(account, 11)
    account.client("cloudwatch").delete_alarms(AlarmNames=["meter-hour"])
    account.advance(HOUR)

    assert heard(account) == []


@pytest.mark.parametrize(
    "changed", [{"EvaluationPeriods": 2}, {"Unit": "Count"}, {"Statistic": None, "ExtendedStatistic": "p90"}]
)
def test_data_for_an_alarm_that_is_not_evaluated_fail_by_name(stack: Any, opened: Any, changed: Any) -> None:
    meter(stack, **changed)
    account = opened(stack)

    with pytest.raises(ClientError, match="LocalAccountError"):
        spend(account, 1)
    with pytest.raises(UnmodelledResource, match="alarm meter-hour"):
        account.settle()


def line(at: datetime, **said: Any) -> str:
    directive = {
        "Namespace": "AI/FinOps",
        "Dimensions": [["Budget"], ["Budget", "ModelId"]],
        "Metrics": [{"Name": "EstimatedCostUSD", "Unit": "None"}, {"Name": "InputTokens", "Unit": "Count"}],
    }
    about = {"Timestamp": int(at.timestamp() * 1000), "CloudWatchMetrics": [directive]}
    values = {"Budget": "team a", "ModelId": "large", "EstimatedCostUSD": 6.0, "InputTokens": [100, 200]}
    return json.dumps({"_aws": about, **values, **said})


def test_metrics_in_log_lines_are_metrics(stack: Any, opened: Any) -> None:
    meter(stack)
    account = opened(stack)
    now = account.clock.now()

    account.log("\n".join([line(now), "starting", '{"level": "INFO"}', line(now)]))
    account.advance(MINUTE)

    assert heard(account) == ["ALARM"]
    assert account.losses == []
    model = [*TEAM, {"Name": "ModelId", "Value": "large"}]
    metric = {"Namespace": "AI/FinOps", "MetricName": "InputTokens", "Dimensions": model}
    found = account.client("cloudwatch").get_metric_data(
        StartTime=now - HOUR,
        EndTime=now + HOUR,
        MetricDataQueries=[{"Id": "m", "MetricStat": {"Metric": metric, "Period": 7200, "Stat": "Sum"}}],
    )
    assert found["MetricDataResults"][0]["Values"] == [600.0]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"Budget": None}, "dimension Budget"),
        ({"ModelId": 7}, "dimension ModelId"),
        ({"EstimatedCostUSD": "much"}, "metric EstimatedCostUSD"),
        ({"EstimatedCostUSD": True}, "metric EstimatedCostUSD"),
        ({"InputTokens": []}, "metric InputTokens"),
        ({"InputTokens": [1] * 101}, "metric InputTokens"),
        ({"_aws": {"CloudWatchMetrics": []}}, "Timestamp"),
    ],
)
def test_what_cloudwatch_drops_of_a_line_is_a_loss(stack: Any, opened: Any, wrong: Any, reason: str) -> None:
    account = opened(stack)

    account.log(line(datetime(2026, 3, 1, 12, tzinfo=UTC), **wrong))

    assert [reason in one.reason for one in account.losses] == [True]
    assert account.client("cloudwatch").list_metrics()["Metrics"] == []

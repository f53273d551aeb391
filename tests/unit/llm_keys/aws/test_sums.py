"""Sums of CloudWatch series: what is asked for, and what an incomplete answer is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.llm_keys.periods import period_at
from functions.llm_keys.sources import sums
from functions.llm_keys.sources.sums import POINTS, QUERIES, Series, Sum
from tests.unit.llm_keys.aws.budgets import MONTH, answered, day, publish
from tests.unit.llm_keys.aws.cloud import NOON, Cloud

ONE = Series("AI/FinOps", "EstimatedCostUSD", "Budget", "Chat bots")


def read(cloud: Cloud, *series: Series, of: Any = MONTH, now: datetime = NOON) -> sums.Sums:
    return sums.read(cloud.get("cloudwatch"), series or (ONE,), of, now)


def asked(cloud: Cloud) -> list[dict[str, Any]]:
    return [params for name, params in cloud.asked if name == "GetMetricData"]


def test_the_span_the_day_and_the_hour_that_run_come_from_one_query(cloud: Cloud) -> None:
    points = [(day(1), 1.0), (day(16, 23, 59), 2.0), (day(17), 4.0), (day(17, 11, 59), 8.0), (day(17, 12, 1), 16.0)]
    publish("AI/FinOps", "EstimatedCostUSD", {"Budget": "Chat bots"}, *points)
    publish(
        "AI/FinOps", "EstimatedCostUSD", {"Budget": "Chat bots"}, (datetime(2026, 10, 31, 23, 59, tzinfo=UTC), 32.0)
    )
    publish("AI/FinOps", "EstimatedCostUSD", {"Budget": "Chat bots", "ModelId": "m"}, (day(17, 12, 1), 64.0))
    found = read(cloud)
    assert (found.of, found.doubt) == ({ONE: Sum(span=31.0, hour=16.0, day=28.0)}, "")
    (request,) = asked(cloud)
    (query,) = request["MetricDataQueries"]
    assert (request["StartTime"], request["EndTime"]) == (day(1), day(17, 13))
    assert (query["MetricStat"]["Period"], query["MetricStat"]["Stat"]) == (3600, "Sum")
    assert query["MetricStat"]["Metric"]["Dimensions"] == [{"Name": "Budget", "Value": "Chat bots"}]


def test_nothing_published_is_nothing_spent(cloud: Cloud) -> None:
    assert read(cloud).of == {ONE: Sum(0.0, 0.0, 0.0)}


def test_a_month_ends_at_midnight_utc(cloud: Cloud) -> None:
    last = datetime(2026, 11, 30, 23, 59, 59, tzinfo=UTC)
    publish("AI/FinOps", "EstimatedCostUSD", {"Budget": "Chat bots"}, (last, 5.0), (last + timedelta(seconds=1), 7.0))
    assert read(cloud, now=last).of == {ONE: Sum(5.0, 5.0, 5.0)}
    later = last + timedelta(seconds=2)
    assert read(cloud, of=period_at("monthly", later), now=later).of == {ONE: Sum(7.0, 7.0, 7.0)}
    # The month that has ended, looked at afterwards: its sum, and none of the new day.
    assert read(cloud, now=later).of == {ONE: Sum(5.0, 0.0, 0.0)}


@pytest.mark.parametrize(("kind", "calls"), [("daily", 2), ("monthly", 2), ("annually", 14)])
def test_calls_keep_to_cloudwatchs_limits(cloud: Cloud, kind: Any, calls: int) -> None:
    def nothing(params: Any) -> dict[str, Any]:
        return {"MetricDataResults": [answered(n, []) for n, _ in enumerate(params["MetricDataQueries"])]}

    cloud.told["cloudwatch.GetMetricData"] = nothing
    many = [Series("AWS/Bedrock", "InputTokenCount", "ModelId", f"m{number}") for number in range(QUERIES + 1)]
    now = NOON
    if kind == "annually":
        many, now = many[:150], datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    found = read(cloud, *many, of=period_at(kind, now), now=now)
    assert set(found.of) == set(many)
    for request in asked(cloud):
        queries = request["MetricDataQueries"]
        hours = (request["EndTime"] - request["StartTime"]) / timedelta(hours=1)
        assert len(queries) <= QUERIES
        assert len(queries) * hours <= POINTS
        assert len({one["Id"] for one in queries}) == len(queries)
    assert len(asked(cloud)) == calls


def test_every_page_is_read(cloud: Cloud) -> None:
    def pages(params: Any) -> dict[str, Any]:
        if params.get("NextToken") == "more":
            return {"MetricDataResults": [answered(0, [(day(2), 2.0)])]}
        first = answered(0, [(day(17, 12), 1.0)], StatusCode="PartialData")
        return {"MetricDataResults": [first], "NextToken": "more"}

    cloud.told["cloudwatch.GetMetricData"] = pages
    found = read(cloud)
    assert (found.of[ONE].span, found.doubt) == (3.0, "")


@pytest.mark.parametrize(
    ("answer", "doubt"),
    [
        ({"MetricDataResults": []}, "EstimatedCostUSD of Chat bots: not answered"),
        (
            {"MetricDataResults": [answered(0, [(day(2), 2.0)], StatusCode="PartialData")]},
            "EstimatedCostUSD of Chat bots: PartialData",
        ),
        (
            {
                "MetricDataResults": [
                    answered(0, [], StatusCode="InternalError", Messages=[{"Code": "Oops", "Value": "try again"}])
                ]
            },
            "EstimatedCostUSD of Chat bots: InternalError Oops try again",
        ),
        (
            {"MetricDataResults": [answered(0, [])], "Messages": [{"Code": "TooMuch", "Value": "less"}]},
            "TooMuch less",
        ),
    ],
)
def test_an_incomplete_answer_is_told_of(cloud: Cloud, answer: dict[str, Any], doubt: str) -> None:
    cloud.tell("cloudwatch.GetMetricData", answer)
    assert read(cloud).doubt == f"GetMetricData was incomplete: {doubt}"

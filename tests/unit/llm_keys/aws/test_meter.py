"""What applications report of a budget."""

from __future__ import annotations

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.llm_keys.sources.meter import Meter
from functions.llm_keys.sources.reading import ReadsSpend
from tests.unit.llm_keys.aws.budgets import MONTH, answered, budget, day, publish
from tests.unit.llm_keys.aws.cloud import NOON, Answer, Cloud, Refusal

BUDGET = budget("meter")


@pytest.fixture
def meter(cloud: Cloud) -> ReadsSpend:
    return Meter(cloud, lambda: NOON)


def test_what_was_reported_counts_by_hour_day_and_period(meter: ReadsSpend) -> None:
    publish("AI/FinOps", "EstimatedCostUSD", {"Budget": "Chat bots"}, (day(3), 10.25), (day(17, 12, 5), 2.5))
    publish("AI/FinOps", "EstimatedCostUSD", {"Budget": "Chat bots", "Team": "ml"}, (day(3), 99.0))
    publish("AI/FinOps", "EstimatedCostUSD", {"Budget": "Other"}, (day(3), 99.0))
    found = meter.read(BUDGET, MONTH)
    assert (found.spent, found.hour, found.day, found.trouble) == (12.75, 2.5, 2.5, "")
    assert found.by_path == {"reported by fusebox_meter for Chat bots": 12.75}


def test_calls_without_a_price_are_told_of_in_the_same_words_however_many(cloud: Cloud, meter: ReadsSpend) -> None:
    said = "meter: calls of models without a known price were reported: their spend is missing"
    publish("AI/FinOps", "EstimatedCostUSD", {"Budget": "Chat bots"}, (day(3), 10.25))
    for number in range(2):
        publish("AI/FinOps", "UnpricedCalls", {"Budget": "Chat bots"}, (day(3), 1.0), (day(4 + number), 1.0))
        found = meter.read(BUDGET, MONTH)
        assert (found.spent, found.trouble) == (10.25, said)
    assert [name for name, _ in cloud.asked].count("GetMetricData") == 2, "with the cost, in one question"


def test_calls_without_a_price_of_another_budget_or_model_are_not_this_ones(meter: ReadsSpend) -> None:
    publish("AI/FinOps", "UnpricedCalls", {"Budget": "Other"}, (day(3), 1.0))
    publish("AI/FinOps", "UnpricedCalls", {"Budget": "Chat bots", "ModelId": "m"}, (day(3), 1.0))
    assert meter.read(BUDGET, MONTH).trouble == ""


def test_half_an_answer_may_still_tell_of_calls_without_a_price(cloud: Cloud, meter: ReadsSpend) -> None:
    half = [answered(0, [], StatusCode="InternalError"), answered(1, [(day(3), 4.0)])]
    cloud.tell("cloudwatch.GetMetricData", {"MetricDataResults": half})
    found = meter.read(BUDGET, MONTH)
    assert found.spent is None
    assert found.trouble.split("\n") == [
        "meter: GetMetricData was incomplete: EstimatedCostUSD of Chat bots: InternalError",
        "meter: calls of models without a known price were reported: their spend is missing",
    ]


def test_nothing_reported_is_nothing_spent_and_no_trouble(meter: ReadsSpend) -> None:
    found = meter.read(BUDGET, MONTH)
    assert (found.spent, found.hour, found.day, found.trouble, found.by_path) == (0.0, 0.0, 0.0, "", {})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Refusal("Throttling", "Rate exceeded"), "Rate exceeded"),
        (Refusal("AccessDenied", "not authorized", 403), "not authorized"),
        (ReadTimeoutError(endpoint_url="https://aws.example.com"), "Read timeout"),
        ({"MetricDataResults": []}, "not answered"),
    ],
)
def test_what_cloudwatch_does_not_tell_is_trouble_and_not_zero(
    cloud: Cloud, meter: ReadsSpend, answer: Answer, said: str
) -> None:
    cloud.tell("cloudwatch.GetMetricData", answer)
    found = meter.read(BUDGET, MONTH)
    assert (found.spent, found.hour, found.day) == (None, None, None)
    assert said in found.trouble
    assert "\n" not in found.trouble


def test_half_an_answer_is_the_least_that_was_spent(cloud: Cloud, meter: ReadsSpend) -> None:
    partial = answered(0, [(day(3), 40.0)], StatusCode="PartialData")
    cloud.tell("cloudwatch.GetMetricData", {"MetricDataResults": [partial]})
    found = meter.read(BUDGET, MONTH)
    assert (found.spent, found.trouble) == (
        40.0,
        "meter: GetMetricData was incomplete: EstimatedCostUSD of Chat bots: PartialData",
    )

"""What an AWS budget is taken to say of the period that runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError

from functions.llm_keys import names
from functions.llm_keys.budgets import Budget, Period
from functions.llm_keys.periods import period_at
from functions.llm_keys.sources.aws_budget import AwsBudget
from functions.llm_keys.sources.reading import Reading
from tests.unit.llm_keys.aws.budgets import MONTH, budget
from tests.unit.llm_keys.aws.cloud import ACCOUNT, NOON, REGION, Answer, Cloud, Refusal

BUDGET = budget("aws")
NAME = names.aws_budget(BUDGET)


def read(cloud: Cloud, of: Budget = BUDGET, now: datetime = NOON) -> Reading:
    return AwsBudget(cloud, ACCOUNT, lambda: now).read(of, period_at(of.period, now))


def told(amount: str = "0", unit: str = "USD", time_unit: str = "MONTHLY", **more: Any) -> dict[str, Any]:
    return {
        "Budget": {
            "BudgetName": NAME,
            "BudgetType": "COST",
            "TimeUnit": time_unit,
            "CalculatedSpend": {"ActualSpend": {"Amount": amount, "Unit": unit}},
            "TimePeriod": {"Start": datetime(2026, 1, 1, tzinfo=UTC), "End": datetime(2087, 6, 15, tzinfo=UTC)},
            **more,
        }
    }


def test_the_budget_that_the_stack_made_is_read_by_its_name_at_aws(cloud: Cloud) -> None:
    boto3.client("budgets", region_name=REGION).create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": NAME,
            "BudgetLimit": {"Amount": "1000", "Unit": "USD"},
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "CalculatedSpend": {"ActualSpend": {"Amount": "812.305", "Unit": "USD"}},
        },
    )
    assert read(cloud) == Reading("aws", 812.305)
    assert cloud.asked == [("DescribeBudget", {"AccountId": ACCOUNT, "BudgetName": NAME})]


def test_an_adopted_budget_is_read_by_its_own_name(cloud: Cloud) -> None:
    cloud.tell("budgets.DescribeBudget", told("12.5"))
    assert read(cloud, budget("aws", adopt="Team budget 2026")).spent == 12.5
    assert cloud.asked[0][1]["BudgetName"] == "Team budget 2026"


def test_one_that_is_not_there_is_trouble_in_one_line(cloud: Cloud) -> None:
    assert read(cloud) == Reading("aws", None, f"AWS budget {NAME} does not exist in this account")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (told("1", "EUR"), "counts EUR, not US dollars"),
        (told("1", "GB"), "counts GB, not US dollars"),
        (told(time_unit="QUARTERLY"), "counts quarterly, not monthly"),
        (told(time_unit="CUSTOM"), "counts custom, not monthly"),
        (
            told(HealthStatus={"Status": "UNHEALTHY", "StatusReason": "BILLING_VIEW_NO_ACCESS"}),
            "is not updated by AWS (BILLING_VIEW_NO_ACCESS)",
        ),
        (
            {"Budget": {key: value for key, value in told()["Budget"].items() if key != "CalculatedSpend"}},
            "has no actual spend yet",
        ),
    ],
)
def test_what_does_not_mean_the_policys_budget_is_trouble(cloud: Cloud, answer: Answer, said: str) -> None:
    cloud.tell("budgets.DescribeBudget", answer)
    assert read(cloud) == Reading("aws", None, f"AWS budget {NAME} {said}")


@pytest.mark.parametrize(
    "answer",
    [
        Refusal("AccessDeniedException", "no\nway", 400),
        Refusal("ThrottlingException", "slow down", 400, retries=4),
        ReadTimeoutError(endpoint_url="https://aws.example.com"),
    ],
)
def test_what_aws_refuses_is_trouble(cloud: Cloud, answer: Answer) -> None:
    cloud.tell("budgets.DescribeBudget", answer)
    found = read(cloud)
    assert found.spent is None
    assert found.trouble.startswith(f"AWS budget {NAME}: ")
    assert "\n" not in found.trouble


@pytest.mark.parametrize("period", ["monthly", "quarterly", "annually"])
def test_a_new_period_does_not_begin_with_the_last_ones_sum(cloud: Cloud, period: Period) -> None:
    cloud.tell("budgets.DescribeBudget", told("1500", time_unit=period.upper()))
    of = budget("aws", period=period)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert read(cloud, of, start + timedelta(minutes=3)) == Reading("aws", 0.0)
    assert read(cloud, of, start + timedelta(hours=23, minutes=59)) == Reading("aws", 0.0)
    assert read(cloud, of, start + timedelta(hours=24)).spent == 1500.0
    assert read(cloud, of, start - timedelta(minutes=3)).spent == 1500.0


def test_a_daily_budget_tells_of_yesterday_and_so_of_no_day_that_runs(cloud: Cloud) -> None:
    cloud.tell("budgets.DescribeBudget", told("1500", time_unit="DAILY"))
    found = read(cloud, budget("aws", "meter", period="daily"))
    assert (found.spent, found.trouble) == (0.0, "")


def test_the_life_of_a_budget_is_not_its_period(cloud: Cloud) -> None:
    cloud.tell("budgets.DescribeBudget", told("7"))
    assert MONTH.start != told()["Budget"]["TimePeriod"]["Start"]
    assert read(cloud).spent == 7.0

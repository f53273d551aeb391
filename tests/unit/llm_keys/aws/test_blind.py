"""An AWS budget that sees nothing although money is spent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.llm_keys.sources.blind import blind
from functions.llm_keys.sources.reading import Level, Reading
from tests.unit.llm_keys.aws.budgets import budget

BUDGET = budget("aws", "bedrock_metrics")
WEEK = timedelta(days=7)
SEEN = Reading("bedrock_metrics", 40.0, day=15.5)


def said(*readings: Reading, ran: timedelta = WEEK, billers: tuple[str, ...] = ("aws",)) -> str:
    return blind(BUDGET, Level(readings), ran, billers)


def test_a_budget_at_zero_while_metrics_show_use_is_told_of_in_one_line() -> None:
    text = said(Reading("aws", 0.0), SEEN)
    assert text.startswith(
        "budget Chat bots: its AWS budget reads $0.00 although bedrock_metrics saw $24.50 before today: is its tag"
    )
    assert "\n" not in text


@pytest.mark.parametrize(
    "readings",
    [
        (Reading("aws", 0.4), SEEN),
        (Reading("aws", None, "denied"), SEEN),
        (SEEN,),
        (Reading("aws", 0.0), Reading("bedrock_metrics", 15.5, day=15.5)),
        (Reading("aws", 0.0), Reading("bedrock_metrics", None, "denied")),
        (Reading("aws", 0.0), Reading("bedrock_metrics", 0.0, day=0.0)),
        (Reading("aws", 0.0), Reading("provider_usage", 40.0)),
    ],
    ids=["sees", "unread", "none", "only-today", "metrics-unread", "unused", "a-providers-bill"],
)
def test_nothing_is_said_where_it_may_be_right(readings: tuple[Reading, ...]) -> None:
    assert said(*readings) == ""


def test_a_young_period_may_not_be_billed_yet() -> None:
    assert said(Reading("aws", 0.0), SEEN, ran=timedelta(days=1, hours=23)) == ""
    assert said(Reading("aws", 0.0), SEEN, ran=timedelta(days=2)) != ""


def test_the_meter_counts_where_aws_bills_all_that_it_reports() -> None:
    reported = Reading("meter", 9.0, day=0.0)
    assert "meter saw $9.00" in said(Reading("aws", 0.0), reported)
    assert said(Reading("aws", 0.0), reported, billers=("aws", "openai")) == ""
    assert said(Reading("aws", 0.0), reported, billers=("anyone",)) == ""

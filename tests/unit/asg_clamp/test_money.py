"""What a group costs: by what runs in it, and rather nothing said than too little."""

from __future__ import annotations

from typing import Any

import pytest

from functions.asg_clamp import money
from functions.asg_clamp.facts import Member
from tests.unit.asg_clamp.builders import group, members


def test_a_unit_costs_the_mean_of_what_runs() -> None:
    assert money.unit_price(group(members=(*members(1), *members(1, "m5.large")))) == pytest.approx((1.006 + 0.096) / 2)


def test_a_unit_is_a_weight_where_there_are_weights() -> None:
    assert money.unit_price(group(members=members(3, weight=4))) == pytest.approx(1.006 / 4)


def test_what_leaves_costs_nothing_more() -> None:
    leaving = Member("i-x", "p5.48xlarge", "Terminating")
    assert money.unit_price(group(members=(*members(2), leaving))) == pytest.approx(1.006)


@pytest.mark.parametrize(
    "facts",
    [
        {"members": ()},
        {"members": (*members(4), Member("i-x", "x9.colossal", "InService"))},
        {"members": (Member("i-x", "", "InService"),)},
        {"unit": "vcpu"},
        {"unit": "memory-mib"},
        {"members": (Member("i-x", "g5.xlarge", "InService", weight=0),)},
    ],
)
def test_what_is_not_known_is_none_and_not_zero(facts: dict[str, Any]) -> None:
    facts = {"desired": 5, **facts}
    assert money.unit_price(group(**facts)) is None
    assert money.hourly(group(**facts), 10) is None
    assert money.monthly(group(**facts), 10) is None
    assert money.in_words(group(**facts), 10) == ""
    assert set(money.figures(group(**facts), 10).values()) == {None}


def test_the_hour_and_the_month_now_clamped_and_at_max() -> None:
    assert money.in_words(group(runs=10, maximum=100), 20) == (
        "$10.06 an hour ($7,344 a month) now, up to $100.60 an hour ($73,438 a month) at max 100, "
        "up to $20.12 an hour ($14,688 a month) clamped to 20"
    )


def test_without_a_clamp_there_is_no_clamped_cost() -> None:
    figures = money.figures(group(runs=10), None)
    assert figures == {
        "usd_hour_now": 10.06,
        "usd_hour_at_max": 100.6,
        "usd_month_at_max": 73438.0,
        "usd_month_now": 7343.8,
    }


@pytest.mark.parametrize(("clamped", "after"), [(20, 7343.8), (5, 3671.9)])
def test_a_clamp_costs_what_still_runs_under_it(clamped: int, after: float) -> None:
    assert money.figures(group(runs=10), clamped)["usd_month_after"] == after

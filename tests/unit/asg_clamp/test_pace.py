"""How fast a group grows, how often its instances are replaced or fail to launch, and what it costs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.asg_clamp.decide import decide, is_candidate
from functions.asg_clamp.facts import Launch, Member
from functions.core.types import Decision
from tests.unit.asg_clamp.builders import NOW, change, group, launch, members, policy

GROWTH = policy(growth_instances=20)


def grown(*launches: Launch, runs: int = 30, **limits: Any) -> Decision:
    return decide(group(runs=runs, launches=launches), policy(**(limits or {"growth_instances": 20})), NOW)


# --- growth


def test_growth_is_counted_from_where_the_first_launch_began() -> None:
    decision = grown(launch(20, 5), launch(10, 17), launch(1, 26))
    assert (decision.verdict, decision.rule) == ("runaway", "growth")
    assert "grew from 5 to 30 within 30 min: 25 more, over the limit of 20" in decision.reason
    assert change(decision) == ("cap", {"max": 30}, {"max": 100})
    assert decision.memo == {"grew_from": 5, "at": "2026-11-25T12:00:00.000000Z"}


def test_the_order_of_launches_does_not_matter() -> None:
    ordered = [launch(20, 5), launch(10, 17), launch(1, 26)]
    assert grown(*ordered) == grown(*reversed(ordered))


def test_twenty_more_are_not_over_a_limit_of_twenty() -> None:
    assert grown(launch(20, 10)).verdict == "right"
    assert grown(launch(20, 9)).verdict == "runaway"


def test_launches_before_the_window_do_not_count() -> None:
    assert grown(launch(31, 5), launch(10, 28)).verdict == "right"
    assert grown(launch(30, 5)).verdict == "runaway"


def test_instances_that_replace_others_and_launches_that_failed_are_no_growth() -> None:
    assert grown(launch(5, 5, replaces=True), launch(4, 6, ok=False)).verdict == "right"


def test_a_group_that_came_down_again_did_not_grow() -> None:
    assert grown(launch(20, 5), runs=12).verdict == "right"


def test_where_no_cause_can_be_read_the_launches_are_counted() -> None:
    assert grown(*(launch(at) for at in range(21))).rule == "growth"
    assert grown(*(launch(at) for at in range(20))).verdict == "right"


def test_launches_are_counted_in_the_groups_units() -> None:
    heavy = group(members=members(15, weight=4), desired=60, launches=[launch(at) for at in range(12)])
    assert "grew from 12 to 60" in decide(heavy, GROWTH, NOW).reason


def test_one_cause_that_can_be_read_is_worth_more_than_a_count() -> None:
    assert grown(launch(9, 28), *(launch(at / 10) for at in range(40))).verdict == "right"


@pytest.mark.parametrize(
    ("began", "runs", "verdict"),
    [(10, 30, "right"), (10, 31, "runaway"), (0, 30, "right"), (1, 3, "right"), (1, 4, "runaway")],
)
def test_growth_as_a_share_of_where_it_began_and_nothing_is_a_share_of_zero(
    began: int, runs: int, verdict: str
) -> None:
    assert grown(launch(9, began), runs=runs, growth_percent=200.0).verdict == verdict


def test_a_share_of_zero_percent_still_needs_a_growth() -> None:
    assert grown(launch(9, 30), runs=30, growth_percent=0.0).verdict == "right"


def test_a_growth_stays_one_when_its_window_is_over() -> None:
    facts = group(runs=30, grown_from=5, grown_at=NOW - timedelta(hours=5))
    decision = decide(facts, GROWTH, NOW)
    assert decision.rule == "growth"
    assert "at once lately, and has not come down since" in decision.reason
    assert decision.memo == {"grew_from": 5, "at": "2026-11-25T07:00:00.000000Z"}


def test_a_growth_ends_when_the_group_has_come_down() -> None:
    facts = group(runs=20, grown_from=5, grown_at=NOW - timedelta(hours=5))
    decision = decide(facts, GROWTH, NOW)
    assert (decision.verdict, decision.memo) == ("right", {})


def test_growth_on_growth_is_counted_from_the_first() -> None:
    facts = group(runs=60, launches=[launch(5, 30)], grown_from=5, grown_at=NOW - timedelta(hours=1))
    decision = decide(facts, GROWTH, NOW)
    assert "grew from 5 to 60" in decision.reason


def test_a_lower_start_within_the_window_counts_from_there() -> None:
    facts = group(runs=60, launches=[launch(5, 2)], grown_from=5, grown_at=NOW - timedelta(hours=1))
    assert decide(facts, GROWTH, NOW).memo["grew_from"] == 2


def test_the_lowest_of_several_limits_holds() -> None:
    facts = group(runs=30, desired=50, launches=[launch(5, 5)])
    decision = decide(facts, policy(growth_instances=20, ceiling=40), NOW)
    assert change(decision)[1] == {"max": 30, "desired": 30}
    assert decision.rule == "ceiling"


# --- churn, and launches that fail


CHURN = [launch(at, 5, replaces=True) for at in range(11)]
FAILED = [launch(at, 5, ok=False, message="no capacity") for at in range(11)]


@pytest.mark.parametrize("action", ["cap", "freeze", "shrink"])
@pytest.mark.parametrize(("launches", "kind"), [(CHURN, "churn"), (FAILED, "failing")])
def test_what_no_size_cures_is_told_and_nothing_is_done(action: str, launches: list[Launch], kind: str) -> None:
    settings = policy(churn=10, failed_launches=10, action=action)
    decision = decide(group(launches=launches), settings, NOW)
    assert (decision.verdict, decision.action, decision.report) == (kind, None, True)
    assert decision.reason.endswith("only a person can cure that")
    assert decide(group(launches=launches[1:]), settings, NOW).verdict == "right"


@pytest.mark.parametrize("launches", [CHURN, FAILED])
def test_a_freeze_of_launches_stops_them_on_a_persons_word(launches: list[Launch]) -> None:
    settings = policy(churn=10, failed_launches=10, action="freeze", freeze_launches=True)
    decision = decide(group(launches=launches), settings, NOW)
    kind, written, _ = change(decision)
    assert (kind, set(written)) == (
        "freeze",
        {"AlarmNotification", "ScheduledActions", "Launch", "ReplaceUnhealthy"},
    )
    assert decision.asks == "with launches suspended unhealthy instances are not replaced"


def test_the_last_failure_is_quoted() -> None:
    decision = decide(group(launches=FAILED), policy(failed_launches=10), NOW)
    assert "the last: no capacity" in decision.reason


# --- dollars


def cost(limit: float, **more: Any) -> Decision:
    return decide(group(**more), policy(dollars_per_hour=limit), NOW)


def test_desired_costs_more_than_the_limit() -> None:
    decision = cost(10.0, desired=12, runs=5)
    assert "desired 12 costs $12.07 an hour, over the limit of $10.00" in decision.reason
    assert change(decision)[1] == {"max": 9, "desired": 9}
    assert cost(10.0, desired=9, runs=5).verdict == "right"


def test_the_price_is_that_of_what_runs() -> None:
    mixed = (*members(1, "g5.xlarge"), *members(3, "m5.large"))
    assert cost(10.0, desired=30, members=mixed).verdict == "right"
    assert "desired 30 costs $9.71 an hour" in cost(9.0, desired=30, members=mixed).reason


def test_weights_are_units_of_capacity() -> None:
    assert cost(10.0, desired=24, members=members(5, weight=4)).verdict == "right"
    heavy = cost(6.0, desired=24, members=members(5, weight=4))
    assert "desired 24 costs $6.04 an hour" in heavy.reason


@pytest.mark.parametrize(
    "facts",
    [
        {"members": (*members(4), Member("i-x", "x9.colossal", "InService"))},
        {"members": members(5, "x9.colossal")},
        {"unit": "vcpu"},
    ],
)
def test_what_has_no_known_price_is_unknown_and_never_nothing(facts: dict[str, Any]) -> None:
    decision = cost(1.0, **{"desired": 50, **facts})
    assert (decision.verdict, decision.action, decision.report) == ("unknown", None, True)
    assert not [key for key in decision.evidence if key.startswith("usd")]


def test_what_does_not_run_yet_costs_nothing_yet() -> None:
    assert cost(1.0, desired=50, members=()).verdict == "right"


def test_what_wants_nothing_costs_nothing() -> None:
    assert cost(1.0, desired=0, runs=0).verdict == "right"


@pytest.mark.parametrize(("spot", "asks"), [(True, True), (None, True), (False, False)])
def test_what_is_or_may_be_spot_asks(spot: bool | None, asks: bool) -> None:
    assert bool(cost(1.0, desired=50, spot=spot).asks) is asks


def test_another_limit_that_is_crossed_without_a_doubt_needs_no_question() -> None:
    facts = group(desired=50, spot=None)
    assert decide(facts, policy(dollars_per_hour=1.0, ceiling=40), NOW).asks == ""


def test_a_limit_in_doubt_takes_nothing_further_down_unasked() -> None:
    settings = policy(dollars_per_hour=10.0, ceiling=40)
    first = decide(group(desired=50, runs=5, spot=True), settings, NOW)
    assert (change(first)[1], first.asks) == ({"max": 40, "desired": 40}, "")
    then = decide(group(desired=40, runs=5, maximum=40, spot=True), settings, NOW)
    assert change(then)[1] == {"max": 9, "desired": 9}
    assert then.asks.startswith("members are or may be Spot")


def test_over_its_dollars_it_is_worth_looking_whether_it_is_spot() -> None:
    assert is_candidate(group(desired=50, spot=None), policy(dollars_per_hour=1.0), NOW)
    assert not is_candidate(group(desired=5, spot=None), policy(dollars_per_hour=10.0), NOW)

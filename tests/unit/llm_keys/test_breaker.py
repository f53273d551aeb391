"""What a breaker becomes at a level: by condition, in any order, at every edge of an hour, a day and a period."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from functions.core.types import iso
from functions.llm_keys.breaker import (
    Breaker,
    Override,
    ceiling,
    closed,
    from_note,
    judge,
    present,
    reopened,
    to_note,
)
from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.flows import Flows
from functions.llm_keys.periods import period_at
from functions.llm_keys.sources.reading import Level, Reading
from tests.unit.llm_keys.office import START, budget

ML = budget()
TWO = budget(sources=(Source(kind="meter"), Source(kind="provider_usage")))
MONTHS_END = datetime(2026, 12, 1, tzinfo=UTC)


def level(spent: float | None, *more: float | None, hour: float | None = None, day: float | None = None) -> Level:
    meter = Reading("meter", spent, "" if spent is not None else "not read", hour=hour, day=day)
    return Level((meter, *(Reading("provider_usage", one, "" if one is not None else "not read") for one in more)))


def after(
    before: Breaker | None,
    spent: float | Level | None,
    now: datetime = START,
    of: Budget = ML,
) -> Breaker:
    seen = spent if isinstance(spent, Level) else level(spent)
    return judge(before, of, period_at(of.period, now), seen, now, 0.5)


def override(at: datetime = START, **terms: object) -> Override:
    return Override(iso(at), **{"period": period_at("monthly", at).key, **terms})  # type: ignore[arg-type]


def states(*levels: float | None) -> list[str]:
    breaker: Breaker | None = None
    seen = []
    for at, one in enumerate(levels):
        breaker = after(breaker, one, START + timedelta(minutes=at))
        seen.append(f"{breaker.state} {breaker.percent:g}")
    return seen


def test_it_goes_up_by_level_and_never_down_by_itself() -> None:
    assert states(0, 249.99, 250, 399, 400, 499.99, 500, 0, None) == [
        *["closed 0"] * 2,
        *["warned 50"] * 2,
        *["warned 80"] * 2,
        *["open 80"] * 3,
    ]


def test_what_nobody_could_read_changes_nothing() -> None:
    assert states(None, 260, None, None) == ["closed 0", "warned 50", "warned 50", "warned 50"]


def test_the_order_and_number_of_looks_changes_nothing_about_where_it_ends() -> None:
    chance = random.Random(7)
    looks = [(START + timedelta(seconds=at), spent) for at, spent in enumerate((10.0, 251.0, 300.0, 401.0, 450.0))] * 20
    for _ in range(50):
        chance.shuffle(looks)
        breaker: Breaker | None = None
        for at, spent in looks:
            breaker = after(breaker, spent, at)
        assert breaker is not None
        assert (breaker.state, breaker.percent, breaker.spent) == ("warned", 80, 450.0)


def test_a_source_that_flickers_takes_no_warning_back() -> None:
    breaker = after(None, level(10, 410), of=TWO)
    assert (breaker.state, breaker.percent) == ("warned", 80)
    for _ in range(3):
        breaker = after(breaker, level(10, None), of=TWO)
        assert (breaker.state, breaker.percent) == ("warned", 80)
    breaker = after(breaker, level(10, 270), of=TWO)
    assert (breaker.state, breaker.percent) == ("warned", 50)


def test_a_part_of_the_spend_that_is_enough_opens_it() -> None:
    assert after(None, level(None, 500), of=TWO).state == "open"


def test_a_larger_amount_takes_warnings_back_and_opens_no_breaker_again() -> None:
    warned = after(None, 410.0)
    assert after(warned, 410.0, of=budget(amount=5000.0)).state == "closed"
    opened = after(None, 510.0)
    assert after(opened, 510.0, of=budget(amount=5000.0)).state == "open"


def test_a_smaller_amount_opens_it_by_what_is_spent() -> None:
    assert after(after(None, 100.0), 100.0, of=budget(amount=100.0)).state == "open"


@pytest.mark.parametrize(("spent", "state"), [(599.99, "warned"), (600.0, "open")])
def test_more_than_all_of_it_may_be_the_limit(spent: float, state: str) -> None:
    lenient = budget(stop_percent=120.0, warn_percent=(50.0, 110.0))
    assert after(None, spent, of=lenient).state == state


def test_warnings_beside_a_ceiling_are_parts_of_it() -> None:
    lenient = budget(stop_percent=120.0, warn_percent=(50.0, 110.0))
    opened = after(None, 600.0, of=lenient)
    given = closed(opened, override(ceiling=2000.0), START)
    assert after(given, 999.0, of=lenient).state == "closed"
    assert after(given, 1000.0, of=lenient).percent == 50
    assert after(given, 2000.0, of=lenient).state == "open"


def test_a_late_look_at_an_open_one_makes_no_leak_of_what_was_known() -> None:
    opened = after(None, 600.0)
    for minutes, spent in ((20, 600.0), (19, 590.0), (21, 600.0)):
        opened = after(opened, spent, START + timedelta(minutes=minutes))
    assert (opened.spent, dict(opened.flows.leaks)) == (600.0, {})


# --- overrides ------------------------------------------------------------------------------


def test_a_ceiling_below_what_is_spent_holds_nothing_up() -> None:
    given = closed(after(None, 600.0), override(ceiling=550.0), START)
    assert after(given, 600.0).state == "open"


def test_an_end_alone_sets_no_limit_and_warns_of_nothing() -> None:
    hourly = budget(per_hour=10.0)
    given = closed(after(None, 600.0), override(until=iso(START + timedelta(hours=2))), START)
    later = START + timedelta(minutes=119)
    assert ceiling(given, ML) is None
    assert after(given, level(99999.0, hour=999.0), later, of=hourly).state == "closed"
    assert after(given, 600.0, START + timedelta(hours=2)).state == "open"


def test_a_ceiling_with_an_end_holds_into_the_next_period_and_to_its_end() -> None:
    given = closed(after(None, 600.0), override(ceiling=900.0, until=iso(MONTHS_END + timedelta(hours=1))), START)
    next_month = after(given, 600.0, MONTHS_END + timedelta(minutes=1))
    assert (next_month.state, next_month.period) == ("warned", "2026-12")
    assert after(next_month, 900.0, MONTHS_END + timedelta(minutes=59)).state == "open"
    assert after(next_month, 600.0, MONTHS_END + timedelta(minutes=60)).state == "open"


def test_a_ceiling_alone_ends_with_its_period() -> None:
    given = closed(after(None, 600.0), override(ceiling=900.0), START)
    assert after(given, 899.0, MONTHS_END - timedelta(seconds=1)).state == "warned"
    assert after(given, 600.0, MONTHS_END).state == "open"


def test_an_override_that_was_overtaken_by_the_level_stands_until_a_person_decides_again() -> None:
    given = closed(after(None, 600.0), override(ceiling=900.0), START)
    opened = after(given, 901.0)
    assert (opened.state, opened.why) == ("open", "$901.00 of $900.00 spent in 2026-11")
    assert after(opened, 0.0).state == "open"


def test_it_warns_anew_once_it_was_closed_by_hand() -> None:
    given = closed(after(after(None, 410.0), 600.0), override(ceiling=1200.0), START)
    assert (given.state, given.percent, given.why, given.flows) == ("closed", 0.0, "", Flows())
    assert after(given, 600.0).percent == 50


def test_one_that_is_opened_again_by_hand_keeps_the_override_before() -> None:
    before = override(ceiling=700.0)
    again = reopened(after(None, 10.0), before, START)
    assert (again.state, again.why, again.override) == ("open", "turned back by a person", before)


# --- hours and days -------------------------------------------------------------------------


@pytest.mark.parametrize(("hour", "day", "state"), [(9.99, 99.99, "closed"), (10.0, 0.0, "open"), (0.0, 100.0, "open")])
def test_an_hour_and_a_day_have_limits_of_their_own(hour: float, day: float, state: str) -> None:
    assert after(None, level(1.0, hour=hour, day=day), of=budget(per_hour=10.0, per_day=100.0)).state == state


def test_what_no_source_sees_by_the_hour_opens_nothing() -> None:
    assert after(None, level(1.0), of=budget(per_hour=10.0, per_day=100.0)).state == "closed"


def test_the_hour_in_which_it_was_overridden_is_not_held_against_it_once_more() -> None:
    hourly = budget(per_hour=10.0, per_day=30.0)
    opened = after(None, level(11.0, hour=11.0, day=11.0), of=hourly)
    assert opened.why == "$11.00 of $10.00 spent in the hour from 2026-11-22 12:00 UTC"
    given = closed(opened, override(ceiling=400.0), START)
    assert after(given, level(12.0, hour=12.0, day=12.0), START + timedelta(minutes=29), of=hourly).state == "closed"
    one_oclock = START + timedelta(minutes=30)
    assert after(given, level(12.0, hour=0.0, day=12.0), one_oclock, of=hourly).state == "closed"
    assert after(given, level(22.0, hour=10.0, day=22.0), one_oclock, of=hourly).state == "open"


def test_the_day_in_which_it_was_overridden_is_not_held_against_it_once_more() -> None:
    daily = budget(per_day=30.0)
    opened = after(None, level(31.0, day=31.0), of=daily)
    assert opened.why == "$31.00 of $30.00 spent in the day from 2026-11-22 00:00 UTC"
    given = closed(opened, override(ceiling=400.0), START)
    assert after(given, level(61.0, day=61.0), START + timedelta(hours=11), of=daily).state == "closed"
    assert after(given, level(91.0, day=30.0), START + timedelta(hours=12), of=daily).state == "open"


def test_what_was_read_before_the_hour_was_over_is_of_that_hour() -> None:
    """A source may be read at 12:59:59 and answer at 13:00:05."""
    hourly = budget(per_hour=10.0)
    given = closed(after(None, level(11.0, hour=11.0), of=hourly), override(ceiling=400.0), START)
    read_at = START.replace(minute=59, second=59)
    assert after(given, level(12.0, hour=12.0), read_at, of=hourly).state == "closed"


# --- periods --------------------------------------------------------------------------------


def test_an_open_breaker_goes_on_into_the_next_period_unless_the_policy_says_otherwise() -> None:
    opened = after(None, 600.0)
    by_hand = after(opened, 0.0, MONTHS_END)
    assert (by_hand.state, by_hand.period, by_hand.since, by_hand.spent) == ("open", "2026-12", opened.since, 0.0)
    assert after(opened, 0.0, MONTHS_END, of=budget(closes="next_period")).state == "closed"
    assert after(opened, 0.0, MONTHS_END - timedelta(seconds=1), of=budget(closes="next_period")).state == "open"


def test_what_is_spent_in_a_new_period_while_it_is_open_leaks_from_nothing() -> None:
    opened = after(after(None, 600.0), 600.0, START + timedelta(minutes=20))
    assert after(opened, 601.0, MONTHS_END).flows.leaks == {"meter": 601.0}


def test_what_was_spent_in_the_last_period_is_not_known_of_the_next() -> None:
    assert after(after(None, 600.0), None, MONTHS_END).spent is None


def test_a_look_that_began_in_the_last_period_changes_nothing_in_the_next() -> None:
    """Its sources answered after midnight, when another look had judged the new period already."""
    fresh = after(after(None, 499.0, MONTHS_END - timedelta(minutes=1)), 1.0, MONTHS_END + timedelta(seconds=2))
    assert (fresh.state, fresh.period) == ("closed", "2026-12")
    assert after(fresh, 501.0, MONTHS_END - timedelta(seconds=1)) == fresh


def test_a_clock_that_once_ran_ahead_keeps_no_breaker_from_opening() -> None:
    ahead = after(None, 10.0, MONTHS_END + timedelta(days=2))
    assert after(ahead, 500.0, START).state == "open"
    warned = after(None, 410.0, START + timedelta(hours=1))
    assert (after(warned, 300.0, START).percent, after(warned, 300.0, START).spent) == (50, 300.0)


def test_another_kind_of_period_begins_at_once() -> None:
    daily = budget(period="daily", closes="next_period")
    opened = after(None, 600.0, of=daily)
    assert opened.period == "2026-11-22"
    monthly = after(opened, 10.0, START + timedelta(minutes=1), of=budget(closes="next_period"))
    assert (monthly.period, monthly.state) == ("2026-11", "closed")
    again = after(monthly, 10.0, START + timedelta(minutes=2), of=daily)
    assert (again.period, again.state) == ("2026-11-22", "closed")


@pytest.mark.parametrize(
    ("kind", "last", "first"),
    [
        ("daily", "2026-12-31", "2027-01-01"),
        ("monthly", "2026-12", "2027-01"),
        ("quarterly", "2026-Q4", "2027-Q1"),
        ("annually", "2026", "2027"),
    ],
)
def test_periods_end_at_midnight_utc(kind: str, last: str, first: str) -> None:
    new_year = datetime(2027, 1, 1, tzinfo=UTC)
    of = budget(period=kind)
    before, begun = period_at(of.period, new_year - timedelta(microseconds=1)), period_at(of.period, new_year)
    assert (before.key, begun.key) == (last, first)
    assert before.end == begun.start == new_year


def test_a_leap_day_has_its_place() -> None:
    spans = [period_at("monthly", datetime(2028, 2, 29, 23, tzinfo=UTC)), period_at("quarterly", MONTHS_END)]
    assert [(one.start.date().isoformat(), one.end.date().isoformat()) for one in spans] == [
        ("2028-02-01", "2028-03-01"),
        ("2026-10-01", "2027-01-01"),
    ]


# --- notes ----------------------------------------------------------------------------------


def test_a_note_holds_a_breaker_as_it_is() -> None:
    flowing = Flows({"meter": 3.0}, {"meter": 1.0}, "2026-11-22T12", ("meter",))
    for breaker in (
        Breaker("2026-11", since=iso(START)),
        replace(after(None, 600.0), flows=flowing),
        closed(after(None, 600.0), override(ceiling=900.0, until=iso(MONTHS_END)), START),
    ):
        assert from_note(to_note(breaker)) == breaker
    assert from_note({"wish": {}}) is None


def test_what_is_present_without_a_look_is_what_the_next_look_finds() -> None:
    """At every moment and level that opens nothing new."""
    given = closed(after(None, 600.0), override(ceiling=900.0), START)
    ended = closed(after(None, 600.0), override(until=iso(START + timedelta(hours=1))), START)
    moments = [START + timedelta(hours=step * 13) for step in range(30)]
    for was, now, of in itertools.product(
        (None, after(None, 10.0), after(None, 600.0), given, ended), moments, (ML, budget(closes="next_period"))
    ):
        span = period_at(of.period, now)
        assert present(was, of, span, now).state == after(was, 0.0, now, of=of).state

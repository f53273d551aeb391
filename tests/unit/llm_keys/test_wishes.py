"""A wish to close a breaker: decided on while it makes sense, hiding nothing, and turned back without a trace."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from functions.core import state
from functions.core.answers import NotOpen
from functions.core.evaluating import evaluate
from functions.core.report import RunReport
from functions.core.types import Json, Refused, ResourceChanged, iso
from functions.llm_keys import overriding
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.overriding import Wish
from tests.unit.llm_keys.office import BATCH, CHAT, SCOPE, START, Office, budget, settings, told
from tests.unit.llm_keys.people import ADA, approve, follow, last_action, override, put, reject, undo, wish

ML = budget_arn(SCOPE, "ml")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.sweep()
    return office


def working(office: Office) -> bool:
    return "active" in (office.status(CHAT), office.status(BATCH))


def leaks(report: RunReport) -> int:
    return sum(one["verdict"] == "leaking" for some in report.examples.values() for one in some)


def test_a_ceiling_that_is_spent_by_the_time_of_the_answer_gives_no_key_back(office: Office) -> None:
    request = wish(office, ceiling=900.0)
    office.meter.spent["ml"] = 901.0
    office.clock.forward(days=2)
    assert approve(office, request) == {"changed": 1}
    follow(office)
    office.sweep()
    assert not working(office)
    assert all(one == ("write inactive", name) for one in office.desk.writes for name in [one[1]])


def test_an_end_that_has_passed_by_the_time_of_the_answer_gives_no_key_back(office: Office) -> None:
    request = wish(office, until=iso(office.clock() + timedelta(hours=2)))
    office.clock.forward(hours=3)
    assert approve(office, request) == {"changed": 1}
    follow(office)
    assert not working(office)


def test_a_wish_that_makes_no_sense_any_more_is_not_put(office: Office) -> None:
    request = wish(office, ceiling=900.0)
    reject(office, request)
    office.meter.spent["ml"] = 950.0
    assert office.sweep().requests == []
    assert office.sweep().verdicts["open"] == 1


def test_keys_that_come_back_are_stopped_by_the_same_look_that_sees_too_much(office: Office) -> None:
    override(office, ceiling=900.0)
    follow(office)
    assert working(office)
    office.meter.spent["ml"] = 900.0
    office.message()
    assert not working(office)


def test_a_question_that_is_open_hides_no_leak(office: Office) -> None:
    office.sweep(after=9)
    put(office, wish(office, ceiling=9000.0))
    office.meter.spent["ml"] = 640.0
    assert leaks(office.sweep()) == 1


def test_a_leak_takes_nobody_the_question(office: Office) -> None:
    office.sweep(after=9)
    request = wish(office, ceiling=9000.0)
    put(office, request)
    office.meter.spent["ml"] = 640.0
    office.sweep()
    assert approve(office, request) == {"done": 1}
    follow(office)
    assert working(office)


def test_the_undo_of_an_override_that_ran_out_changes_nothing(office: Office) -> None:
    override(office, ceiling=900.0)
    office.sweep()
    office.meter.spent["ml"] = 950.0
    office.sweep()
    before = office.breaker()
    assert before.state == "open"
    assert undo(office, last_action(office, ML)) == ("changed", "the breaker is open by now")
    assert office.breaker().override == before.override
    assert not working(office)


def test_the_undo_of_an_override_does_not_silence_its_budget(office: Office) -> None:
    override(office, ceiling=900.0)
    office.sweep()
    assert undo(office, last_action(office, ML)) == ("done", "")
    assert state.exemptions(office.table, [ML], office.clock()) == {}
    report = office.sweep()
    assert not working(office)
    assert told(report)["reported"] == 1


def test_an_override_whose_end_has_come_is_turned_back_too(office: Office) -> None:
    override(office, ceiling=900.0, until=iso(office.clock() + timedelta(hours=1)))
    office.meter.spent["ml"] = 100.0
    office.sweep(after=90)
    assert undo(office, last_action(office, ML)) == ("done", "")
    assert office.breaker().state == "open"
    with pytest.raises(Refused, match="already undone"):
        undo(office, last_action(office, ML))


def test_an_answer_that_came_already_takes_no_other(office: Office) -> None:
    first = wish(office, ceiling=900.0)
    assert approve(office, first) == {"done": 1}
    with pytest.raises(NotOpen, match="done"):
        approve(office, first)


def test_a_wish_whose_question_was_never_put_is_put_once_and_not_for_ever(office: Office) -> None:
    now = office.clock()
    overriding.wish(office.memory, ML, Wish(900.0, "", ADA, "launch", iso(now), "a-run-that-died"), now)
    report = office.sweep()
    assert told(report)["needs_approval"] == 1
    (request,) = report.requests
    assert told(office.sweep()) == {}
    reject(office, request)
    for _ in range(3):
        assert "needs_approval" not in told(office.sweep(after=60 * 24 * 12))


def test_a_second_wish_takes_the_place_of_the_first(office: Office) -> None:
    first = wish(office, ceiling=900.0)
    second = wish(office, ceiling=1500.0)
    assert first != second
    assert approve(office, first) == {"changed": 1}
    assert not working(office)
    assert approve(office, second) == {"done": 1}
    breaker = office.breaker()
    assert breaker.override is not None
    assert breaker.override.ceiling == 1500.0


def test_nobody_is_asked_while_the_guardrail_only_observes(office: Office) -> None:
    office.settings = settings(mode="observe")
    run, now = office.run(), office.clock()
    overriding.wish(office.memory, ML, Wish(900.0, "", ADA, "launch", iso(now), run.id), now)
    report = run.new_report()
    evaluate(run, list(run.account.read([ML]).values()), report)
    assert report.requests == []


def test_an_override_of_the_last_minutes_of_a_period_says_nothing_of_the_next(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.clock.now = START.replace(day=30, hour=23, minute=57)
    office.message()
    request = wish(office, ceiling=900.0)
    office.clock.forward(minutes=10)
    office.meter.spent["ml"] = 1.0
    approve(office, request)
    office.sweep()
    office.meter.spent["ml"] = 501.0
    office.sweep(after=60 * 24)
    assert budget().amount == 500.0
    assert office.breaker().period == "2026-12"


def test_a_wish_that_nobody_was_asked_about_yet_is_put_though_money_leaks(office: Office) -> None:
    office.sweep(after=9)
    office.meter.spent["ml"] = 640.0
    now = office.clock()
    overriding.wish(office.memory, ML, Wish(900.0, "", ADA, "launch", iso(now), "a-run-that-died"), now)
    assert told(office.sweep())["needs_approval"] == 1


@pytest.mark.parametrize(("spent", "ended"), [(899.99, "done"), (900.0, "changed")])
def test_a_ceiling_is_of_use_while_it_is_more_than_what_is_spent(office: Office, spent: float, ended: str) -> None:
    request = wish(office, ceiling=900.0)
    office.meter.spent["ml"] = spent
    assert approve(office, request) == {ended: 1}


def test_an_override_uses_up_the_wish(office: Office) -> None:
    override(office, ceiling=900.0)
    assert "wish" not in office.memory.notes([ML])[ML]


@pytest.mark.parametrize("wanted", ["closed", "open"])
def test_a_breaker_that_is_so_already_is_not_closed_or_opened_anew(office: Office, wanted: str) -> None:
    if wanted == "closed":
        override(office, ceiling=900.0)
    before = office.breaker()
    terms: dict[str, Json] = {"breaker": wanted, "ceiling": 7000.0, "until": ""}
    with pytest.raises(ResourceChanged, match=f"the breaker is {wanted} by now"):
        overriding.carry_out(office.memory, ML, terms, office.clock())
    assert office.breaker() == before


def test_what_is_known_of_no_breaker_closes_none(office: Office) -> None:
    terms: dict[str, Json] = {"breaker": "closed", "ceiling": 7000.0, "until": ""}
    with pytest.raises(ResourceChanged, match="not known"):
        overriding.carry_out(office.memory, budget_arn(SCOPE, "other"), terms, office.clock())


def test_giving_back_is_told_once(office: Office) -> None:
    override(office, ceiling=900.0)
    news = [told(office.sweep()) for _ in range(4)]
    assert news == [{"done": 2, "reported": 1}, {}, {}, {}]  # back, and over half of the new ceiling

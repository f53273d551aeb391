"""What only a person known by name may decide, told with lamps that take one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core import answers, approved, engine, evaluating, gates, ledger, requests, state
from functions.core.items import chosen, of_request
from functions.core.report import RunReport
from functions.core.requests import Answer, How, Request
from functions.core.spec import Cap, GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Action, Decision, Disposition, iso
from tests.lamps import LAMPS, START, Clock, House, Lamp, decide, run_of

OBSERVE, APPROVE, ENFORCE = (GuardrailSettings(mode=mode) for mode in ("observe", "approve", "enforce"))
ADA = "arn:aws:sts::123456789012:assumed-role/platform/ada@example.com"
LEFT_ALONE = state.Exemption("vault", "ada", "guests", START + timedelta(days=90))


@pytest.fixture
def table(tmp_path: Path) -> SqliteTable:
    return SqliteTable(tmp_path / "ledger.sqlite3")


@pytest.fixture
def house() -> House:
    """A lamp in a vault: only somebody known by name may have it switched off."""
    house = House(Clock())
    house.add("vault", needs_a_name=True)
    return house


def sweep(house: House, table: SqliteTable, settings: GuardrailSettings = ENFORCE, name: str = "run-1") -> RunReport:
    run = run_of(house, table, settings, name)
    report = run.new_report()
    assert engine.sweep(run, report, "", stop=lambda: False) is None
    return report


def put(house: House, table: SqliteTable, id: str = "run-1") -> Request:
    request = answers.ask(table, requests.existing(table, id), "token", "nonce", house.clock())
    assert request is not None
    return request


def answer(house: House, how: How = "iam", *items: str) -> Answer:
    at = house.clock()
    return Answer(ADA, how, iso(at), items or None, "agreed", "ada", iso(at + timedelta(days=30)))


def approve(house: House, table: SqliteTable, how: How = "iam", id: str = "run-1") -> Request:
    return answers.approve(table, put(house, table, id), answer(house, how), of_request(table, id))


def act(house: House, table: SqliteTable, request: Request, settings: GuardrailSettings = ENFORCE) -> RunReport:
    report = RunReport(request.id, "lamps", settings.mode)
    approved.act_on(run_of(house, table, settings, "act"), request, report, stop=lambda: False)
    return report


# --- it is asked, whatever stands beside it


@pytest.mark.parametrize(
    ("settings", "ends"),
    [
        (OBSERVE, Disposition.OBSERVED),
        (APPROVE, Disposition.NEEDS_APPROVAL),
        (ENFORCE, Disposition.NEEDS_APPROVAL),
        (replace(ENFORCE, allow_irreversible=True), Disposition.NEEDS_APPROVAL),
    ],
)
def test_in_every_mode_that_acts_a_person_is_asked(
    house: House, table: SqliteTable, settings: GuardrailSettings, ends: Disposition
) -> None:
    assert sweep(house, table, settings).counts == {ends: 1}
    assert house.switched == []


def test_an_exemption_does_not_hold_the_question_up(house: House, table: SqliteTable) -> None:
    state.exempt(table, [LEFT_ALONE], START)
    assert sweep(house, table).counts == {Disposition.NEEDS_APPROVAL: 1}
    (item,) = of_request(table, "run-1")
    assert (item.named, item.why) == (True, gates.TAKES_A_NAME)


def test_what_gives_something_back_is_asked_about_all_the_same() -> None:
    decision = replace(decide(Lamp("vault", START, needs_a_name=True), ENFORCE, START), returns=True)
    assert gates.gate(decision, ENFORCE, LEFT_ALONE, "") == (Disposition.NEEDS_APPROVAL, gates.TAKES_A_NAME)


def test_the_graver_reason_is_the_one_that_is_told() -> None:
    gone = Action("switch", {"lit": False}, {"lit": True}, irreversible="it never lights again")
    decision = Decision("vault", "vault", "lit", "off", "is lit", gone, named=True)
    assert gates.gate(decision, ENFORCE, None, "") == (Disposition.NEEDS_APPROVAL, "it never lights again")
    doubted = replace(decision, action=replace(gone, irreversible=""), asks="somebody reads there")
    assert gates.gate(doubted, ENFORCE, None, "") == (Disposition.NEEDS_APPROVAL, "somebody reads there")


def test_a_persons_pause_holds_it_up_and_the_guardrails_own_does_not(house: House, table: SqliteTable) -> None:
    state.pause(table, "lamps", by="bob", reason="paint", now=START)
    assert sweep(house, table).counts == {Disposition.PAUSED: 1}
    state.resume(table, "lamps")
    state.pause_itself(table, "lamps", reason="the cap is used up", now=START)
    assert sweep(house, table, name="run-2").counts == {Disposition.NEEDS_APPROVAL: 1}
    house.clock.forward(minutes=1)
    assert act(house, table, approve(house, table, id="run-2")).counts == {Disposition.DONE: 1}


def test_a_used_up_cap_leaves_it_a_question_of_its_own_kind(house: House, table: SqliteTable) -> None:
    sweep(house, table, replace(ENFORCE, cap=Cap(actions_per_hour=0)))
    (item,) = of_request(table, "run-1")
    assert not item.beyond_cap


# --- who may answer


@pytest.mark.parametrize("how", ["iam", "slack", "local"])
def test_whoever_is_known_by_name_has_it_done(house: House, table: SqliteTable, how: How) -> None:
    sweep(house, table)
    request = approve(house, table, how)
    assert act(house, table, request).counts == {Disposition.DONE: 1}
    assert house.switched == [("vault", False)]
    (intent,) = [one for one in ledger.entries_of_resource(table, "vault") if one["kind"] == "intent"]
    assert (intent["named"], intent["warrant"]) == (True, {"request": "run-1", "approved_by": ADA, "how": how})


def test_a_nameless_answer_approves_nothing_of_it_even_where_it_got_that_far(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table, APPROVE)
    request = approve(house, table, "link")
    assert [one.name for one in chosen(request, of_request(table, "run-1"))] == ["hall"]
    act(house, table, request, APPROVE)
    assert house.switched == [("hall", False)]


@pytest.mark.parametrize("settings", [APPROVE, ENFORCE], ids=["approve", "enforce"])
def test_silence_never_decides_it(house: House, table: SqliteTable, settings: GuardrailSettings) -> None:
    acts = replace(settings, on_timeout="act")
    sweep(house, table, acts)
    request = put(house, table)
    house.clock.forward(hours=73)
    assert answers.time_out(table, request, house.clock()).status == "timed_out"
    assert house.switched == []


def test_what_takes_a_name_by_now_is_not_covered_by_an_answer_to_what_took_none(
    house: House, table: SqliteTable
) -> None:
    house.add("vault")
    sweep(house, table, APPROVE)
    request = approve(house, table, "link")
    house.lamps["vault"] = replace(house.lamps["vault"], needs_a_name=True)
    assert act(house, table, request, APPROVE).counts == {Disposition.CHANGED: 1}
    (again,) = of_request(table, "run-1-again1")
    assert again.named


def test_it_is_not_done_unasked_because_a_second_look_takes_a_name(house: House, table: SqliteTable) -> None:
    house.clock.forward(seconds=61)
    seen = [replace(lamp, needs_a_name=False, read_at=START) for lamp in house.lamps.values()]
    run = run_of(house, table, ENFORCE, "run-1")
    report = run.new_report()
    evaluating.evaluate(run, seen, report)
    assert (report.counts, house.switched) == ({Disposition.CHANGED: 1}, [])


@pytest.mark.parametrize(("how", "ends"), [("iam", Disposition.DONE), ("link", Disposition.NEEDS_APPROVAL)])
def test_the_next_step_goes_by_the_word_of_a_person_known_by_name_only(
    table: SqliteTable, how: How, ends: Disposition
) -> None:
    house = House(Clock())
    house.add("vault")
    sweep(house, table, APPROVE)
    act(house, table, approve(house, table, how), APPROVE)
    (first,) = [one for one in ledger.entries_of_resource(table, "vault") if one["kind"] == "intent"]
    house.add("vault", needs_a_name=True)
    house.clock.forward(minutes=1)

    def goes_on(lamp: Lamp, settings: Any, now: Any) -> Decision:
        return replace(decide(lamp, settings, now), goes_on=str(first["action_id"]))

    run = replace(run_of(house, table, APPROVE, "run-2"), guardrail=replace(LAMPS, decide=goes_on))
    report = run.new_report()
    engine.sweep(run, report, "", stop=lambda: False)
    assert report.counts == {ends: 1}


# --- what an answer leads to


def test_an_exemption_that_stands_at_the_moment_of_acting_does_not_hold_it_up(house: House, table: SqliteTable) -> None:
    sweep(house, table)
    request = approve(house, table)
    state.exempt(table, [LEFT_ALONE], START)
    assert act(house, table, request).counts == {Disposition.DONE: 1}


def test_a_pause_at_the_moment_of_acting_does(house: House, table: SqliteTable) -> None:
    state.exempt(table, [LEFT_ALONE], START)
    sweep(house, table)
    request = approve(house, table)
    state.pause(table, "lamps", by="bob", reason="paint", now=START)
    assert act(house, table, request).counts == {Disposition.PAUSED: 1}


def test_what_changed_is_asked_anew_though_it_is_exempt(house: House, table: SqliteTable) -> None:
    state.exempt(table, [LEFT_ALONE], START)
    sweep(house, table)
    request = approve(house, table)
    run = run_of(house, table, ENFORCE, "act")
    brighter = replace(LAMPS, decide=lambda lamp, settings, now: replace(decide(lamp, settings, now), rule="brighter"))
    step = approved.act_on(
        replace(run, guardrail=brighter), request, RunReport(request.id, "lamps", "enforce"), stop=lambda: False
    )
    assert step.requests == ("run-1-again1",)


def test_who_declines_it_exempts_nothing_and_is_not_asked_again(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table, APPROVE)
    rejected = answers.reject(table, put(house, table), answer(house))
    assert answers.finish(table, rejected, house.clock()).status == "rejected"
    assert list(state.exemptions(table, ["vault", "hall"], house.clock())) == ["hall"]
    for day in range(1, 30):
        house.clock.forward(days=1)
        assert sweep(house, table, replace(APPROVE, remind_days=1), f"day-{day}").new == {}
    assert house.switched == []


def test_nobody_is_asked_twice_for_a_wish_that_nobody_answered(house: House, table: SqliteTable) -> None:
    daily = replace(ENFORCE, remind_days=1)
    sweep(house, table, daily)
    answers.time_out(table, put(house, table), house.clock())
    for day in range(1, 30):
        house.clock.forward(days=1)
        assert sweep(house, table, daily, f"day-{day}").new == {}


def test_it_is_asked_though_what_is_wrong_was_told_of_before(house: House, table: SqliteTable) -> None:
    def told_of(lamp: Lamp, settings: Any, now: Any) -> Decision:
        return replace(decide(lamp, settings, now), told_at="9999")

    remembering = replace(LAMPS, decide=told_of, spec=replace(LAMPS.spec, remembers=True))
    report = engine.look_at(replace(run_of(house, table, ENFORCE), guardrail=remembering), ["vault"])
    assert report.counts == {Disposition.NEEDS_APPROVAL: 1}


def test_what_was_left_unticked_is_not_exempted_either(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    sweep(house, table, APPROVE)
    ids = {one.name: one.id for one in of_request(table, "run-1")}
    request = answers.approve(
        table, put(house, table), answer(house, "iam", ids["hall"]), list(of_request(table, "run-1"))
    )
    act(house, table, request, APPROVE)
    answers.finish(table, request, house.clock())
    assert list(state.exemptions(table, ["vault", "attic", "hall"], house.clock())) == ["attic"]


def test_an_approved_wish_may_be_made_again_later(house: House, table: SqliteTable) -> None:
    sweep(house, table)
    request = approve(house, table)
    act(house, table, request)
    answers.finish(table, request, house.clock())
    house.add("vault", needs_a_name=True)
    house.clock.forward(hours=1)
    assert sweep(house, table, name="run-2").requests == ["run-2"]

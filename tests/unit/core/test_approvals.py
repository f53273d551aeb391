"""Questions, answers and what follows from them, told with lamps that should be off."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core import answers, approved, engine, items, ledger, requests, state
from functions.core.approved import Step
from functions.core.guardrail import Guardrail
from functions.core.items import of_request
from functions.core.report import RunReport
from functions.core.requests import Answer, Request
from functions.core.spec import Cap, GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.types import ActionFailed, Disposition, Refused, iso
from tests.lamps import LAMPS, Clock, House, Lamp, decide, run_of

APPROVE = GuardrailSettings(mode="approve")
ENFORCE = GuardrailSettings(mode="enforce")
ADA = "arn:aws:sts::123456789012:assumed-role/platform/ada@example.com"


def brighter() -> Guardrail[Lamp, GuardrailSettings]:
    """The same guardrail by another rule, which makes another plan of the same switch."""
    return replace(LAMPS, decide=lambda lamp, settings, now: replace(decide(lamp, settings, now), rule="brighter"))


@pytest.fixture
def table(tmp_path: Path) -> SqliteTable:
    return SqliteTable(tmp_path / "ledger.sqlite3")


@pytest.fixture
def house() -> House:
    return House(Clock())


def sweep(house: House, table: SqliteTable, settings: GuardrailSettings = APPROVE, name: str = "run-1") -> RunReport:
    run = run_of(house, table, settings, name)
    report = run.new_report()
    assert engine.sweep(run, report, "", stop=lambda: False) is None
    return report


def event(house: House, table: SqliteTable, lamp: str, name: str) -> RunReport:
    return engine.look_at(run_of(house, table, APPROVE, name), [lamp])


def put(house: House, table: SqliteTable, id: str = "run-1") -> Request:
    """The question as the workflow puts it to people."""
    request = answers.ask(table, requests.existing(table, id), "token", "nonce", house.clock())
    assert request is not None
    return request


def by_ada(house: House, *items: str, reason: str = "") -> Answer:
    until = iso(house.clock() + timedelta(days=30))
    return Answer(ADA, "iam", iso(house.clock()), items or None, reason, "ada@example.com", until)


def approve(house: House, table: SqliteTable, request: Request, *names: str) -> Request:
    held = of_request(table, request.id)
    return answers.approve(table, request, by_ada(house, *(one.id for one in held if one.name in names)), held)


def act(
    house: House,
    table: SqliteTable,
    request: Request,
    settings: GuardrailSettings = APPROVE,
    *,
    stops: bool = False,
) -> tuple[Step, RunReport]:
    report = RunReport(request.id, "lamps", settings.mode)
    step = approved.act_on(run_of(house, table, settings, "any"), request, report, stop=lambda: stops)
    return step, report


def results(table: SqliteTable, id: str = "run-1") -> dict[str, str]:
    return {one.name: one.result for one in of_request(table, id)}


# --- asking


def test_three_thousand_findings_make_one_question(house: House, table: SqliteTable) -> None:
    house.add(*(f"lamp-{number:04}" for number in range(3000)))
    report = sweep(house, table)
    assert report.requests == ["run-1"]
    (head,) = requests.listed(table)
    assert (head.id, head.count, head.saving, head.status) == ("run-1", 3000, 30_000.0, "gathering")
    assert len(of_request(table, "run-1")) == 3000
    assert not report.has_news  # the question is the message


def test_a_second_sweep_does_not_ask_again_while_the_question_is_open(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    put(house, table)
    house.clock.forward(hours=24)
    later = sweep(house, table, name="run-2")
    assert later.new == {}
    assert requests.read(table, "run-2") is None


def test_a_burst_of_events_becomes_one_question(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic", "porch")
    assert event(house, table, "hall", "run-1").requests == ["run-1"]
    house.clock.forward(seconds=30)
    assert event(house, table, "attic", "run-2").requests == ["run-1"]
    house.clock.forward(seconds=31)
    assert event(house, table, "porch", "run-3").requests == ["run-3"]
    assert requests.existing(table, "run-1").count == 2


def test_an_event_that_comes_as_the_question_is_put_opens_another(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    event(house, table, "hall", "run-1")
    put(house, table)
    assert event(house, table, "attic", "run-2").requests == ["run-2"]


def test_a_repeated_event_names_the_request_whose_workflow_may_never_have_started(
    house: House, table: SqliteTable
) -> None:
    house.add("hall")
    event(house, table, "hall", "run-1")
    again = event(house, table, "hall", "run-2")
    assert (again.requests, again.new) == (["run-1"], {})


def test_a_question_that_a_crash_left_behind_is_put_by_the_next_sweep(house: House, table: SqliteTable) -> None:
    house.add("hall")
    event(house, table, "hall", "run-1")
    house.clock.forward(hours=1)
    assert sweep(house, table, name="run-2").requests == ["run-1"]


def test_what_an_exemption_or_a_pause_holds_back_is_not_asked(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    until = house.clock() + timedelta(days=1)
    state.exempt(table, [state.Exemption("hall", "ada", "guests", until)], house.clock())
    state.pause(table, "lamps", by="ada", reason="party", now=house.clock())
    assert sweep(house, table).requests == []


# --- answering


def test_an_approval_is_carried_out_and_the_ledger_says_on_whose_word(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    step, report = act(house, table, request)
    assert (step.done, report.counts) == (True, {Disposition.DONE: 2})
    assert sorted(house.switched) == [("attic", False), ("hall", False)]
    (intent,) = [one for one in ledger.entries_of_resource(table, "hall") if one["kind"] == "intent"]
    assert intent["warrant"] == {"request": "run-1", "approved_by": ADA, "how": "iam"}
    ended = answers.finish(table, request, house.clock())
    assert (ended.status, ended.counts) == ("done", {"done": 2})
    kinds = [str(one["kind"]) for one in ledger.entries_of_resource(table, "request/run-1")]
    assert sorted(kinds) == ["answer", "question"]


def test_some_are_approved_and_the_rest_is_exempt(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic", "porch")
    sweep(house, table)
    request = approve(house, table, put(house, table), "hall")
    act(house, table, request)
    answers.finish(table, request, house.clock())
    assert house.switched == [("hall", False)]
    exempt = state.exemptions(table, ["attic", "hall", "porch"], house.clock())
    assert sorted(exempt) == ["attic", "porch"]
    assert exempt["attic"].owner == "ada@example.com"


def test_a_rejection_exempts_with_owner_reason_and_end(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    rejected = answers.reject(table, put(house, table), by_ada(house, reason="the guests stay"))
    ended = answers.finish(table, rejected, house.clock())
    (one,) = state.exemptions(table, ["hall"], house.clock()).values()
    assert (ended.status, house.switched) == ("rejected", [])
    assert one.reason.startswith("the guests stay")
    assert one.until == house.clock() + timedelta(days=30)
    assert sweep(house, table, name="run-2").counts == {Disposition.EXEMPT: 1}


@pytest.mark.parametrize("missing", ["reason", "owner", "until"])
def test_a_rejection_without_reason_owner_or_end_is_refused(house: House, table: SqliteTable, missing: str) -> None:
    house.add("hall")
    sweep(house, table)
    blank: dict[str, Any] = {missing: ""}
    with pytest.raises(Refused, match="needs a reason, an owner and an end"):
        answers.reject(table, put(house, table), replace(by_ada(house, reason="no"), **blank))


def test_of_two_answers_at_the_same_time_one_wins(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    request = put(house, table)
    answers.reject(table, request, by_ada(house, reason="no"))
    with pytest.raises(answers.NotOpen, match="answered by somebody else just now: rejected"):
        approve(house, table, request)


def test_nobody_answers_before_it_is_asked_or_after_it_ran_out(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    with pytest.raises(answers.NotOpen, match="still being gathered"):
        approve(house, table, requests.existing(table, "run-1"))
    request = put(house, table)
    house.clock.forward(hours=72)
    with pytest.raises(answers.NotOpen, match="ran out"):
        approve(house, table, request)


def test_an_item_of_another_request_is_refused(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    request = put(house, table)
    with pytest.raises(Refused, match="holds no item"):
        answers.approve(table, request, by_ada(house, "0123456789"), of_request(table, "run-1"))


def test_a_clock_that_is_behind_refuses_to_answer(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    request = put(house, table)
    house.clock.forward(minutes=-10)
    with pytest.raises(Refused, match="no action until they agree"):
        approve(house, table, request)


# --- silence


def test_silence_does_nothing(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    request = put(house, table)
    house.clock.forward(hours=72)
    ended = answers.time_out(table, request, house.clock())
    assert (ended.status, house.switched) == ("timed_out", [])
    assert sweep(house, table, name="run-2").new == {}  # not asked again before the reminder


def test_silence_acts_where_the_policy_says_so_but_never_on_what_cannot_be_undone(
    house: House, table: SqliteTable
) -> None:
    house.add("hall")
    house.add("chandelier", precious=True)
    acts = replace(APPROVE, on_timeout="act")
    sweep(house, table, acts)
    request = put(house, table)
    house.clock.forward(hours=72)
    request = answers.time_out(table, request, house.clock())
    assert request.status == "approved"
    act(house, table, request, acts)
    assert house.switched == [("hall", False)]
    assert answers.finish(table, request, house.clock()).status == "done"
    assert state.exemptions(table, ["chandelier"], house.clock()) == {}


def test_silence_never_acts_where_all_is_irreversible(house: House, table: SqliteTable) -> None:
    house.add("chandelier", precious=True)
    sweep(house, table, replace(APPROVE, on_timeout="act"))
    request = put(house, table)
    assert answers.time_out(table, request, house.clock()).status == "timed_out"


def test_silence_never_decides_what_only_a_person_can_judge(house: House, table: SqliteTable) -> None:
    house.add("study", somebody_reads="somebody may be reading there")
    acts = replace(ENFORCE, on_timeout="act")
    sweep(house, table, acts)
    request = put(house, table)
    assert answers.time_out(table, request, house.clock()).status == "timed_out"


def test_an_approval_is_about_the_doubt_that_was_told(house: House, table: SqliteTable) -> None:
    house.add("hall")
    house.add("study", somebody_reads="somebody may be reading there")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    house.lamps["hall"] = replace(house.lamps["hall"], somebody_reads="a party")
    step, _ = act(house, table, request)
    assert (house.switched, results(table)) == ([("study", False)], {"hall": "changed", "study": "done"})
    assert step.requests == ("run-1-again1",)


def test_a_policy_that_lets_silence_do_what_cannot_be_undone_is_refused() -> None:
    with pytest.raises(ValueError, match="a time-out never makes a change that cannot be undone"):
        GuardrailSettings(mode="enforce", allow_irreversible=True, on_timeout="act")


def test_an_answer_in_time_counts_though_the_workflow_timed_out(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    asked = put(house, table)
    approve(house, table, asked)
    house.clock.forward(hours=73)
    assert answers.time_out(table, asked, house.clock()).status == "approved"


# --- acting on an approval


def test_what_changed_meanwhile_is_superseded(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    house.lamps["hall"] = replace(house.lamps["hall"], lit=False)
    del house.lamps["attic"]
    act(house, table, request)
    assert (house.switched, results(table)) == ([], {"hall": "changed", "attic": "gone"})
    assert answers.finish(table, request, house.clock()).status == "superseded"


def test_a_resource_of_the_same_name_made_anew_is_not_what_was_approved(house: House, table: SqliteTable) -> None:
    house.add("hall", made="2025")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    house.lamps["hall"] = replace(house.lamps["hall"], made="2026")
    step, _ = act(house, table, request)
    assert house.switched == []
    assert step.requests == ("run-1-again1",)


def test_what_became_irreversible_since_is_asked_again_twice_at_the_most(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    asked = "run-1"
    rounds = []
    for year in ("2026", "2027", "2028"):
        request = approve(house, table, put(house, table, asked))
        house.lamps["hall"] = replace(house.lamps["hall"], made=year)
        step, _ = act(house, table, request)
        rounds.append(step.requests)
        assert answers.finish(table, request, house.clock()).status == "superseded"
        asked = step.requests[0] if step.requests else asked
    assert rounds == [("run-1-again1",), ("run-1-again2",), ()]
    assert house.switched == []


@pytest.mark.parametrize("how", ["pause", "exemption", "observe"])
def test_what_stands_in_the_way_at_the_moment_of_acting_holds_it_back(
    house: House, table: SqliteTable, how: str
) -> None:
    house.add("hall")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    settings = APPROVE
    if how == "pause":
        state.pause(table, state.EVERYTHING, by="bob", reason="wait", now=house.clock())
    elif how == "exemption":
        house.lamps["hall"] = replace(house.lamps["hall"], tags={"fusebox:exempt-until": "2027-01-01"})
    else:
        settings = GuardrailSettings()
    act(house, table, request, settings)
    assert house.switched == []
    assert answers.finish(table, request, house.clock()).status == "held_back"


def test_a_failure_is_a_failure_and_stops_no_other(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")

    def refuse(lamp: Lamp) -> None:
        if lamp.arn == "hall":
            raise ActionFailed("AccessDenied")

    house.before_act = refuse
    sweep(house, table)
    request = approve(house, table, put(house, table))
    act(house, table, request)
    assert results(table) == {"hall": "failed", "attic": "done"}
    assert answers.finish(table, request, house.clock()).status == "failed"
    house.before_act = lambda lamp: None
    assert sweep(house, table, name="run-2").requests == ["run-2"]  # the failed one is asked about anew


def test_acting_goes_on_in_the_next_step_and_acts_on_each_once(house: House, table: SqliteTable) -> None:
    house.add(*(f"lamp-{number:03}" for number in range(100)))
    sweep(house, table)
    request = approve(house, table, put(house, table))
    steps = 0
    while True:
        steps += 1
        house.clock.forward(seconds=1)
        step, _ = act(house, table, request, stops=True)
        if step.done:
            break
    assert steps > 2
    assert Counter(name for name, _ in house.switched) == Counter(f"lamp-{number:03}" for number in range(100))
    assert answers.finish(table, request, house.clock()).counts == {"done": 100}


def test_a_repeated_step_acts_on_nothing_twice(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    act(house, table, request)
    act(house, table, request)
    assert house.switched == [("hall", False)]
    assert results(table) == {"hall": "done"}


# --- the cap


def test_the_remainder_beyond_the_cap_is_one_question_and_its_approval_lets_the_guardrail_go_on(
    house: House, table: SqliteTable
) -> None:
    house.page_size = 4
    house.add(*"abcdefghij")
    settings = replace(ENFORCE, cap=Cap(actions_per_hour=3))
    report = sweep(house, table, settings)
    assert report.counts == {Disposition.DONE: 3, Disposition.CAPPED: 7}
    assert report.requests == ["run-1"]
    request = approve(house, table, put(house, table))
    act(house, table, request, settings)
    assert len(house.switched) == 10
    assert state.paused(table, "lamps") == ""


def test_a_pause_by_a_person_outlives_the_approval_of_a_capped_remainder(house: House, table: SqliteTable) -> None:
    house.add(*"abcde")
    settings = replace(ENFORCE, cap=Cap(actions_per_hour=3))
    sweep(house, table, settings)
    request = approve(house, table, put(house, table))
    state.pause(table, "lamps", by="ada", reason="look first", now=house.clock())
    act(house, table, request, settings)
    assert len(house.switched) == 3
    assert "ada" in state.paused(table, "lamps")


def test_what_somebody_might_not_approve_is_not_theirs_to_decline(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    house.add("chandelier", precious=True)
    sweep(house, table)
    request, held = put(house, table), of_request(table, "run-1")
    ids = {one.name: one.id for one in held}
    until = iso(house.clock() + timedelta(days=30))
    answer = Answer("link holder", "link", iso(house.clock()), (ids["hall"],), until=until, beyond=(ids["chandelier"],))
    request = answers.approve(table, request, answer, held)
    act(house, table, request)
    answers.finish(table, request, house.clock())
    assert sorted(state.exemptions(table, list(house.lamps), house.clock())) == ["attic"]
    (again,) = of_request(table, sweep(house, table, name="run-2").requests[0])
    assert again.name == "chandelier"


# --- what went wrong once


def test_silence_neither_lifts_the_caps_pause_nor_acts_beyond_the_cap(house: House, table: SqliteTable) -> None:
    house.add(*(f"lamp-{number:02}" for number in range(30)))
    settings = replace(ENFORCE, on_timeout="act", cap=Cap(actions_per_hour=5))
    sweep(house, table, settings)
    request = put(house, table)
    house.clock.forward(hours=73)
    assert answers.time_out(table, request, house.clock()).status == "timed_out"
    assert len(house.switched) == 5
    assert "cap" in state.paused(table, "lamps")


def test_what_silence_does_counts_against_the_cap(house: House, table: SqliteTable) -> None:
    house.add(*"abcde")
    acts = replace(APPROVE, on_timeout="act", cap=Cap(actions_per_hour=2))
    sweep(house, table, acts)
    asked = put(house, table)
    house.clock.forward(hours=73)
    request = answers.time_out(table, asked, house.clock())
    act(house, table, request, acts)
    assert len(house.switched) == 2
    assert answers.finish(table, request, house.clock()).status == "partly_done"


def test_silence_does_nothing_once_the_policy_says_so(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table, replace(APPROVE, on_timeout="act"))
    asked = put(house, table)
    house.clock.forward(hours=73)
    request = answers.time_out(table, asked, house.clock())
    act(house, table, request, APPROVE)
    assert house.switched == []
    assert answers.finish(table, request, house.clock()).status == "held_back"


def test_approving_part_of_the_remainder_does_that_part_and_leaves_the_guardrail_paused(
    house: House, table: SqliteTable
) -> None:
    house.add(*"abcde")
    settings = replace(ENFORCE, cap=Cap(actions_per_hour=3))
    sweep(house, table, settings)
    request = approve(house, table, put(house, table), "d")
    act(house, table, request, settings)
    assert [name for name, _ in house.switched] == ["a", "b", "c", "d"]
    assert "cap" in state.paused(table, "lamps")


def test_the_caps_own_pause_does_not_replace_a_persons(house: House, table: SqliteTable) -> None:
    house.add(*"abcde")

    def ada_pauses(_: Lamp) -> None:
        state.pause(table, "lamps", by="ada", reason="stop", now=house.clock())

    house.before_act = ada_pauses
    settings = replace(ENFORCE, cap=Cap(actions_per_hour=3))
    sweep(house, table, settings)
    request = approve(house, table, put(house, table))
    done = len(house.switched)
    act(house, table, request, settings)
    assert len(house.switched) == done
    assert "ada" in state.paused(table, "lamps")


def test_done_in_part_is_not_done(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    house.lamps["attic"] = replace(house.lamps["attic"], lit=False)
    act(house, table, request)
    ended = answers.finish(table, request, house.clock())
    assert (ended.status, ended.counts) == ("partly_done", {"done": 1, "changed": 1})


def test_what_a_step_did_before_it_was_killed_is_adopted_by_the_next(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    before = [one.row() for one in items.of_request(table, "run-1")]
    act(house, table, request)
    for row in before:  # as if it had died before it noted the results
        (now,) = table.get([row.key]).values()
        table.write([(replace(row, version=now.version + 1),)])
    house.clock.forward(minutes=1)
    step, _ = act(house, table, request)
    assert (step.done, results(table)) == (True, {"hall": "done", "attic": "done"})
    assert len(house.switched) == 2
    assert answers.finish(table, request, house.clock()).status == "done"


def test_a_step_beside_another_of_the_same_request_waits_for_it(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table)
    request = approve(house, table, put(house, table))
    beside: list[Step] = []
    house.before_act = lambda _: beside.append(act(house, table, request)[0])
    step, _ = act(house, table, request)
    assert [one.done for one in beside] == [False]
    assert (step.done, results(table), len(house.switched)) == (True, {"hall": "done"}, 1)


@pytest.mark.parametrize("status", ["gathering", "asked", "approved"])
def test_a_request_whose_workflow_died_is_taken_up_by_a_later_sweep(
    house: House, table: SqliteTable, status: str
) -> None:
    house.add("hall")
    sweep(house, table)
    if status != "gathering":
        asked = put(house, table)
    if status == "approved":
        approve(house, table, asked)
    assert sweep(house, table, name="run-2").requests == ["run-1"]  # named, but the first workflow may still live
    assert not requests.existing(table, "run-1").overdue(house.clock())
    house.clock.forward(hours=74)
    assert "run-1" in sweep(house, table, name="run-3").requests
    assert requests.existing(table, "run-1").overdue(house.clock())


def test_a_resource_that_changes_while_events_gather_is_one_item(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    event(house, table, "hall", "run-1")
    house.lamps["hall"] = replace(house.lamps["hall"], watts=99.0, precious=True)
    engine.look_at(
        replace(run_of(house, table, replace(APPROVE, remind_days=30), "run-2"), guardrail=brighter()), ["hall"]
    )
    head = requests.existing(table, "run-1")
    (only,) = items.of_request(table, "run-1")
    assert (head.count, head.saving, only.saving) == (1, 99.0, 99.0)


def test_a_change_that_swings_is_not_asked_about_at_every_swing(house: House, table: SqliteTable) -> None:
    house.add("hall")
    asked = []
    for number in range(6):
        it = run_of(house, table, APPROVE, f"run-{number}")
        if number % 2:
            it = replace(it, guardrail=brighter())
        asked.append(bool(engine.look_at(it, ["hall"]).new))
        house.clock.forward(hours=1)
    assert asked == [True, True, False, False, False, False]

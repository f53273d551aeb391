"""The engine's promises, told with lamps that should be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.core import engine, evaluating, ledger, state
from functions.core.report import RunReport
from functions.core.settings import from_plain, to_plain
from functions.core.spec import Cap, GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Row
from functions.core.types import ActionFailed, Busy, Disposition, Refused
from tests.lamps import START, Clock, House, Lamp, refuse, run_of

OBSERVE = GuardrailSettings()
APPROVE = GuardrailSettings(mode="approve")
ENFORCE = GuardrailSettings(mode="enforce")


@pytest.fixture
def table(tmp_path: Path) -> SqliteTable:
    return SqliteTable(tmp_path / "ledger.sqlite3")


@pytest.fixture
def house() -> House:
    return House(Clock())


def sweep(house: House, table: SqliteTable, settings: GuardrailSettings, name: str = "run-1") -> RunReport:
    run = run_of(house, table, settings, name)
    report = run.new_report()
    assert engine.sweep(run, report, "", stop=lambda: False) is None
    return report


def entries(table: SqliteTable, resource: str) -> list[tuple[str, str]]:
    return [(str(one["kind"]), str(one.get("result", ""))) for one in ledger.entries_of_resource(table, resource)]


# --- modes


def test_observe_mode_changes_nothing_and_says_what_it_would_do(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic", watts=25.0)
    report = sweep(house, table, OBSERVE)
    assert house.switched == []
    assert report.counts == {Disposition.OBSERVED: 2}
    assert report.saving == {Disposition.OBSERVED: 50.0}
    assert entries(table, "hall") == [("finding", "observed")]


def test_enforce_mode_acts_and_records_intent_and_outcome(house: House, table: SqliteTable) -> None:
    house.add("hall")
    report = sweep(house, table, ENFORCE)
    assert house.switched == [("hall", False)]
    assert report.counts == {Disposition.DONE: 1}
    assert entries(table, "hall") == [("intent", ""), ("outcome", "done")]
    intent = next(iter(ledger.entries_of_resource(table, "hall")))
    assert intent["action"] == {
        "kind": "switch",
        "parameters": {"lit": False},
        "prior": {"lit": True},
        "irreversible": "",
    }


def test_approve_mode_asks_about_everything(house: House, table: SqliteTable) -> None:
    house.add("hall")
    assert sweep(house, table, APPROVE).counts == {Disposition.NEEDS_APPROVAL: 1}
    assert house.switched == []


def test_what_cannot_be_undone_asks_first_even_in_enforce_mode(house: House, table: SqliteTable) -> None:
    house.add("heirloom", precious=True)
    house.add("hall")
    report = sweep(house, table, ENFORCE)
    assert house.switched == [("hall", False)]
    assert report.counts == {Disposition.DONE: 1, Disposition.NEEDS_APPROVAL: 1}
    assert entries(table, "heirloom") == [("finding", "needs_approval")]


def test_what_only_a_person_can_judge_asks_first_whatever_the_policy_allows(house: House, table: SqliteTable) -> None:
    house.add("hall")
    house.add("study", somebody_reads="somebody may be reading there")
    report = sweep(house, table, replace(ENFORCE, allow_irreversible=True))
    assert house.switched == [("hall", False)]
    assert report.counts[Disposition.NEEDS_APPROVAL] == 1
    (asked,) = report.examples[Disposition.NEEDS_APPROVAL]
    assert (asked["name"], asked["detail"]) == ("study", "somebody may be reading there")


def test_what_a_second_look_would_ask_about_is_not_done_unasked(house: House, table: SqliteTable) -> None:
    house.add("hall", "study")
    house.clock.forward(seconds=61)
    house.lamps["study"] = replace(house.lamps["study"], somebody_reads="somebody may be reading there")
    seen = [replace(lamp, somebody_reads="", read_at=START) for lamp in house.lamps.values()]
    run = run_of(house, table, ENFORCE, "run-1")
    report = run.new_report()
    evaluating.evaluate(run, seen, report)
    assert house.switched == [("hall", False)]
    assert report.counts[Disposition.CHANGED] == 1


def test_the_owner_may_allow_what_cannot_be_undone(house: House, table: SqliteTable) -> None:
    house.add("heirloom", precious=True)
    sweep(house, table, replace(ENFORCE, allow_irreversible=True))
    assert house.switched == [("heirloom", False)]


def test_unknown_never_acts(house: House, table: SqliteTable) -> None:
    house.add("hall", tags=None)
    assert sweep(house, table, ENFORCE).counts == {Disposition.REPORTED: 1}
    assert house.switched == []


# --- repeats


def test_a_second_run_has_nothing_to_do_and_nothing_to_tell(house: House, table: SqliteTable) -> None:
    house.add("hall", "attic")
    house.add("heirloom", precious=True)
    sweep(house, table, ENFORCE)
    before = entries(table, "hall") + entries(table, "heirloom")
    house.clock.forward(hours=2)
    again = sweep(house, table, ENFORCE, "run-2")
    assert len(house.switched) == 2
    assert not again.has_news
    assert entries(table, "hall") + entries(table, "heirloom") == before


def test_an_open_question_is_put_again_after_the_reminder_period(house: House, table: SqliteTable) -> None:
    house.add("hall")
    assert sweep(house, table, APPROVE).requests == ["run-1"]
    house.clock.forward(days=29)
    assert not sweep(house, table, APPROVE, "run-2").new
    house.clock.forward(days=2)
    again = sweep(house, table, APPROVE, "run-3")
    assert (again.new, "run-3" in again.requests) == ({Disposition.NEEDS_APPROVAL: 1}, True)
    assert len(entries(table, "hall")) == 2


def test_a_change_of_state_is_told_though_the_period_is_not_over(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table, OBSERVE)
    assert sweep(house, table, APPROVE, "run-2").new == {Disposition.NEEDS_APPROVAL: 1}


# --- exemptions, pause, own resources


def test_an_exempt_resource_is_left_alone_until_the_exemption_ends(house: House, table: SqliteTable) -> None:
    house.add("hall")
    state.exempt(table, [state.Exemption("hall", "ada", "guests", START + timedelta(days=1))], START)
    assert sweep(house, table, ENFORCE).counts == {Disposition.EXEMPT: 1}
    house.clock.forward(days=2)
    assert sweep(house, table, ENFORCE, "run-2").counts == {Disposition.DONE: 1}


@pytest.mark.parametrize(
    ("until", "exempt"),
    [
        ("9999-12-31", True),
        ("0001-01-01T00:00:00+14:00", True),
        ("2026-11-22", True),
        ("2026-11-21", False),
        ("2026-11-22T11:59:00Z", False),
        ("2026-11-22T13:00:00+00:00", True),
        ("next tuesday", True),
    ],
)
def test_an_exemption_by_tag(house: House, table: SqliteTable, until: str, exempt: bool) -> None:
    house.add("hall", tags={"fusebox:exempt-until": until, "fusebox:exempt-owner": "ada"})
    expected = Disposition.EXEMPT if exempt else Disposition.DONE
    assert sweep(house, table, ENFORCE).counts == {expected: 1}


def test_an_exemption_that_comes_while_the_batch_runs_still_counts(house: House, table: SqliteTable) -> None:
    house.add("attic", "hall")

    def exempt_the_next(lamp: Lamp) -> None:
        state.exempt(table, [state.Exemption("hall", "ada", "wait!", START + timedelta(days=1))], START)

    house.before_act = exempt_the_next
    report = sweep(house, table, ENFORCE)
    assert house.switched == [("attic", False)]
    assert report.counts == {Disposition.DONE: 1, Disposition.EXEMPT: 1}
    assert entries(table, "hall") == [("intent", ""), ("outcome", "exempt")]


@pytest.mark.parametrize("scope", ["lamps", state.EVERYTHING])
def test_a_pause_stops_every_action_from_the_next_one_on(house: House, table: SqliteTable, scope: str) -> None:
    house.add("attic", "hall")
    house.before_act = lambda lamp: state.pause(table, scope, by="ada", reason="stop!", now=START)
    report = sweep(house, table, ENFORCE)
    assert house.switched == [("attic", False)]
    assert report.counts == {Disposition.DONE: 1, Disposition.PAUSED: 1}
    house.before_act = lambda lamp: None
    assert sweep(house, table, ENFORCE, "run-2").counts[Disposition.PAUSED] == 1
    assert state.resume(table, scope)
    assert not state.resume(table, scope)
    house.clock.forward(seconds=1)
    assert sweep(house, table, ENFORCE, "run-3").counts[Disposition.DONE] == 1


def test_a_pause_that_cannot_be_read_is_a_pause(house: House, table: SqliteTable) -> None:
    house.add("hall")
    table.write([(Row(*state.PAUSE, {"lamps": True}),)])
    assert sweep(house, table, ENFORCE).counts == {Disposition.PAUSED: 1}


def test_a_pause_of_another_guardrail_changes_nothing(house: House, table: SqliteTable) -> None:
    house.add("hall")
    state.pause(table, "doors", by="ada", reason="paint", now=START)
    assert sweep(house, table, ENFORCE).counts == {Disposition.DONE: 1}


@pytest.mark.parametrize(
    ("name", "tags"),
    [("hall", {"fusebox:component": "store"}), ("arn:x:log-group:/aws/lambda/fusebox-us-east-1-lamps", {})],
)
def test_it_never_acts_on_its_own_resources(house: House, table: SqliteTable, name: str, tags: dict[str, str]) -> None:
    house.add(name, tags=tags)
    assert sweep(house, table, replace(ENFORCE, allow_irreversible=True)).verdicts == {"own": 1}
    assert house.switched == []


# --- cap


def test_the_cap_stops_the_run_pauses_the_guardrail_and_asks_once(house: House, table: SqliteTable) -> None:
    house.add(*"abcde")
    settings = replace(ENFORCE, cap=Cap(actions_per_hour=3))
    report = sweep(house, table, settings)
    assert len(house.switched) == 3
    assert report.counts == {Disposition.DONE: 3, Disposition.CAPPED: 2}
    assert "fusebox resume lamps" in report.notes[0]
    house.clock.forward(hours=2)
    later = sweep(house, table, settings, "run-2")
    assert len(house.switched) == 3
    assert later.counts[Disposition.CAPPED] == 2
    assert (report.requests, later.new) == (["run-1"], {})


def test_the_cap_counts_dollars_too(house: House, table: SqliteTable) -> None:
    house.add("a", "b", "c", watts=400.0)
    report = sweep(house, table, replace(ENFORCE, cap=Cap(dollars_per_hour=1000.0)))
    assert report.counts == {Disposition.DONE: 2, Disposition.CAPPED: 1}


def test_the_cap_counts_over_runs_within_a_rolling_hour(house: House, table: SqliteTable) -> None:
    settings = replace(ENFORCE, cap=Cap(actions_per_hour=2))
    house.add("a", "b")
    sweep(house, table, settings)
    house.clock.forward(minutes=59)
    house.add("c")
    assert sweep(house, table, settings, "run-2").counts[Disposition.CAPPED] == 1
    state.resume(table, "lamps")
    house.clock.forward(minutes=3)
    assert sweep(house, table, settings, "run-3").counts[Disposition.DONE] == 1


# --- failures


def test_one_that_fails_stops_no_other(house: House, table: SqliteTable) -> None:
    house.add("a", "b", "c")

    def fail_for_b(lamp: Lamp) -> None:
        if lamp.arn == "b":
            raise ActionFailed("AccessDenied")

    house.before_act = fail_for_b
    report = sweep(house, table, ENFORCE)
    assert [name for name, _ in house.switched] == ["a", "c"]
    assert report.partial
    assert report.counts == {Disposition.DONE: 2, Disposition.FAILED: 1}
    assert entries(table, "b") == [("intent", ""), ("outcome", "failed")]


def test_a_resource_that_is_gone_is_no_failure(house: House, table: SqliteTable) -> None:
    house.add("hall")
    house.before_act = lambda lamp: house.lamps.clear()
    report = sweep(house, table, ENFORCE)
    assert report.counts == {Disposition.GONE: 1}
    assert not report.partial


def crash(lamp: Lamp) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(("lit_afterwards", "result"), [(False, "done"), (True, "failed")])
def test_a_crash_between_intent_and_outcome_is_settled_by_the_next_sweep(
    house: House, table: SqliteTable, lit_afterwards: bool, result: str
) -> None:
    house.add("hall")
    house.before_act = crash
    with pytest.raises(KeyboardInterrupt):
        sweep(house, table, ENFORCE)
    assert entries(table, "hall") == [("intent", "")]
    house.lamps["hall"] = replace(house.lamps["hall"], lit=lit_afterwards)
    house.before_act = lambda lamp: None
    house.clock.forward(minutes=30)
    report = sweep(house, table, ENFORCE, "run-2")
    assert report.settled == 1
    assert entries(table, "hall")[:2] == [("intent", ""), ("outcome", result)]
    house.clock.forward(minutes=30)
    assert sweep(house, table, ENFORCE, "run-3").settled == 0


def test_an_answer_that_never_came_is_settled_by_looking(house: House, table: SqliteTable) -> None:
    house.add("hall")
    house.before_act = refuse("read timed out", certain=False)
    report = sweep(house, table, ENFORCE)
    assert report.counts == {Disposition.UNSETTLED: 1}
    assert report.partial
    assert entries(table, "hall") == [("intent", "")]
    house.before_act = lambda lamp: None
    house.clock.forward(minutes=30)
    assert sweep(house, table, ENFORCE, "run-2").settled == 1


def test_a_look_that_fails_stops_no_other(house: House, table: SqliteTable) -> None:
    house.add("a", "b", "c")
    seen = list(house.read_lamps(["a", "b", "c"]).values())
    house.clock.forward(seconds=61)
    run = run_of(house, table, ENFORCE)
    read = run.account.read

    def read_but_b(arns: Sequence[str]) -> dict[str, Lamp]:
        if "b" in arns:
            raise EndpointConnectionError(endpoint_url="https://lamps.example.com")
        return read(arns)

    run.account.read = read_but_b  # type: ignore[method-assign]
    report = run.new_report()
    evaluating.evaluate(run, seen, report)
    assert report.counts == {Disposition.DONE: 2, Disposition.FAILED: 1}


def test_a_machine_that_slept_after_its_claim_does_not_act(house: House, table: SqliteTable) -> None:
    house.add("a", "b")

    def sleep(lamp: Lamp) -> None:
        house.clock.forward(minutes=25)

    house.before_act = sleep
    report = sweep(house, table, ENFORCE)
    assert [name for name, _ in house.switched] == ["a"]
    assert report.counts == {Disposition.DONE: 1, Disposition.UNSETTLED: 1}
    house.before_act = lambda lamp: None
    house.clock.forward(minutes=25)
    assert sweep(house, table, ENFORCE, "run-2").settled == 1
    house.clock.forward(seconds=1)
    assert sweep(house, table, ENFORCE, "run-3").counts[Disposition.DONE] == 1


# --- races


def test_duplicates_end_in_one_action(house: House, table: SqliteTable) -> None:
    house.add("hall")
    first, second = run_of(house, table, ENFORCE, "run-1"), run_of(house, table, ENFORCE, "run-2")
    seen = list(house.read_lamps(["hall"]).values())
    house.clock.forward(seconds=1)
    reports = [first.new_report(), second.new_report()]
    evaluating.evaluate(first, seen, reports[0])
    evaluating.evaluate(second, seen, reports[1])
    assert house.switched == [("hall", False)]
    assert reports[1].counts == {Disposition.CHANGED: 1}
    assert entries(table, "hall") == [("intent", ""), ("outcome", "done")]


def test_two_runs_at_the_same_moment_end_in_one_action(house: House, table: SqliteTable) -> None:
    house.add("hall")
    rival = run_of(house, table, ENFORCE, "run-2")
    rivals = rival.new_report()

    def overtaken(lamp: Lamp) -> None:
        house.before_act = lambda lamp: None
        evaluating.evaluate(rival, [lamp], rivals)

    house.before_act = overtaken
    sweep(house, table, ENFORCE)
    assert house.switched == [("hall", False)]
    assert rivals.counts == {Disposition.IN_FLIGHT: 1}


def test_somebody_lights_it_again_and_it_is_switched_off_again(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table, ENFORCE)
    house.clock.forward(seconds=5)
    house.add("hall")
    engine.look_at(run_of(house, table, ENFORCE, "run-2"), ["hall"])
    assert len(house.switched) == 2


@pytest.mark.parametrize(
    "now",
    [
        pytest.param({"lit": False, "made": "monday"}, id="somebody switched it off"),
        pytest.param({"lit": True, "made": "tuesday"}, id="a successor of the same name"),
    ],
)
def test_what_was_seen_too_long_ago_is_looked_at_again(
    house: House, table: SqliteTable, now: dict[str, object]
) -> None:
    house.add("hall", made="monday")
    seen = list(house.read_lamps(["hall"]).values())
    house.add("hall", **now)
    house.clock.forward(seconds=61)
    run = run_of(house, table, ENFORCE)
    report = run.new_report()
    evaluating.evaluate(run, seen, report)
    assert house.switched == []
    assert report.counts == {Disposition.CHANGED: 1}


def test_what_was_seen_just_now_costs_no_second_look(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table, ENFORCE)
    assert house.read == []


def test_a_second_sweep_at_the_same_time_is_refused(house: House, table: SqliteTable) -> None:
    house.add("hall")
    run = run_of(house, table, OBSERVE)
    house.page_size = 1
    house.add("attic")
    assert engine.sweep(run, run.new_report(), "", stop=lambda: True) == "1"
    with pytest.raises(Busy, match="run-1"):
        sweep(house, table, OBSERVE, "run-2")
    assert engine.sweep(run, run.new_report(), "1", stop=lambda: True) is None
    sweep(house, table, OBSERVE, "run-3")


def in_steps(house: House, table: SqliteTable, settings: GuardrailSettings) -> tuple[RunReport, int]:
    """A sweep each of whose steps is told to stop as soon as it asks; with how many steps it took."""
    run = run_of(house, table, settings)
    report, cursor, steps = run.new_report(), "", 0
    while True:
        steps += 1
        after = engine.sweep(run, report, cursor, stop=lambda: True)
        report = RunReport.from_json(report.to_json())
        if after is None:
            return report, steps
        cursor = after
        house.clock.forward(seconds=1)


def test_a_sweep_that_was_interrupted_goes_on_where_it_stopped(house: House, table: SqliteTable) -> None:
    house.add(*"abcdef")
    house.page_size = 1
    report, steps = in_steps(house, table, ENFORCE)
    assert steps == 6
    assert report.counts == {"done": 6}


def test_a_step_that_runs_out_of_time_within_a_page_puts_the_rest_off(house: House, table: SqliteTable) -> None:
    house.add(*"abcdef")
    house.page_size = 3
    report, _ = in_steps(house, table, ENFORCE)
    assert [name for name, _ in house.switched] == list("abcdef")
    assert report.counts["done"] == 6
    assert ("outcome", "put_off") in entries(table, "b")


# --- fails closed


def test_a_clock_that_runs_behind_the_table_stops_everything(house: House, table: SqliteTable) -> None:
    house.add("hall")
    sweep(house, table, OBSERVE)
    run = run_of(house, table, OBSERVE)
    state.acquire_lease(table, "lamps", "run-1", START, timedelta(minutes=20))
    house.clock.forward(hours=-1)
    with pytest.raises(Refused, match="clock"):
        engine.sweep(run, run.new_report(), "", stop=lambda: False)
    assert house.switched == []


def test_settings_survive_the_way_into_a_function() -> None:
    settings = GuardrailSettings(mode="approve", cap=Cap(actions_per_hour=7))
    assert from_plain(GuardrailSettings, to_plain(settings)) == settings
    with pytest.raises(TypeError):
        from_plain(GuardrailSettings, {"mod": "approve"})

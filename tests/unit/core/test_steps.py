"""What follows from an action that was agreed to: its terms, its next steps, its end, its undo, and its crash."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from functions.core import engine, ledger, state
from functions.core.spec import Cap, GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Action, ActionFailed, Decision, Disposition, Refused, plan_hash
from tests.lamps import START
from tests.unit.core.plant import APPROVE, ENFORCE, OBSERVE, Plant, Tank, Values, drain


@pytest.fixture
def plant(tmp_path: Path) -> Plant:
    return Plant(SqliteTable(tmp_path / "ledger.sqlite3"))


# --- terms


def test_a_plan_is_its_values_or_its_terms() -> None:
    assert plan_hash("lamps", drain(40)) != plan_hash("lamps", drain(41))
    terms = {"to": "what is in it"}
    assert plan_hash("lamps", drain(40, terms)) == plan_hash("lamps", drain(41, terms))
    assert plan_hash("lamps", drain(40, terms)) != plan_hash("lamps", drain(40, {"to": 40}))
    assert plan_hash("lamps", drain(40, terms)) != plan_hash("lamps", drain(40, terms, rule="smell"))


@pytest.mark.parametrize(("terms", "counts"), [({"to": "what is in it"}, {"done": 1}), ({}, {"changed": 1})])
def test_an_approval_counts_for_other_values_under_the_same_terms(
    plant: Plant, terms: Values, counts: dict[str, int]
) -> None:
    plant.settings, plant.says = APPROVE, drain(40, terms)
    (request,) = plant.sweep().requests
    plant.says = drain(45, terms)
    assert plant.approve(request).counts == counts
    assert plant.tank.level == (45 if terms else 50)


def test_values_that_move_under_the_same_terms_are_one_finding(plant: Plant) -> None:
    plant.settings = OBSERVE
    told = []
    for level in (40, 41, 42):
        plant.says = drain(level, {"to": "what is in it"})
        told.append(dict(plant.sweep().new))
    assert told == [{"observed": 1}, {}, {}]


# --- returns


def test_what_is_given_back_is_given_back_though_exempt_capped_or_asked_about(plant: Plant) -> None:
    plant.settings = replace(APPROVE, cap=Cap(actions_per_hour=0))
    plant.says = drain(returns=True)
    state.exempt(plant.table, [state.Exemption("tank", "ada", "x", START + timedelta(days=9))], START)
    state.pause_itself(plant.table, "lamps", reason="used up", now=START)
    assert plant.sweep().counts == {"done": 1}


def test_what_is_given_back_takes_no_place_under_the_cap(plant: Plant) -> None:
    plant.settings = replace(ENFORCE, cap=Cap(actions_per_hour=1))
    plant.says = drain(45, returns=True)
    plant.sweep()
    plant.says = drain(40)
    assert plant.sweep().counts == {"done": 1}


@pytest.mark.parametrize(("mode", "end"), [("observe", "observed"), ("enforce", "paused")])
def test_observe_mode_and_a_persons_pause_hold_it_up(plant: Plant, mode: str, end: str) -> None:
    plant.settings, plant.says = GuardrailSettings(mode=mode), drain(returns=True)  # type: ignore[arg-type]
    state.pause(plant.table, "lamps", by="ada", reason="wait", now=START)
    assert plant.sweep().counts == {end: 1}
    assert plant.acted == []


# --- goes_on


def agreed(plant: Plant) -> str:
    """A first step that a person approved."""
    plant.settings, plant.says = APPROVE, drain(40, {"to": 10})
    (request,) = plant.sweep().requests
    plant.approve(request)
    return plant.actions()[0]


def test_what_a_person_agreed_to_is_carried_on_step_by_step(plant: Plant) -> None:
    first = agreed(plant)
    for level in (30, 20, 10):
        plant.says = drain(level, {"to": 10}, goes_on=plant.actions()[-1])
        assert plant.sweep(hours=7).counts == {"done": 1}
    assert plant.actions()[0] == first
    warrants = [one["warrant"] for one in ledger.entries_of_resource(plant.table, "tank") if "warrant" in one]
    assert len(warrants) == 4
    assert all(isinstance(one, dict) and one["approved_by"] == "ada" for one in warrants)


def test_a_step_stays_within_a_day_of_the_first_one(plant: Plant) -> None:
    agreed(plant)
    plant.says = drain(30, {"to": 10}, goes_on=plant.actions()[-1])
    assert plant.sweep(hours=23).counts == {"done": 1}
    plant.says = drain(20, {"to": 10}, goes_on=plant.actions()[-1])
    assert plant.sweep(hours=2).counts == {"needs_approval": 1}


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(lambda first: drain(30, {"to": 5}, goes_on=first), id="other terms"),
        pytest.param(lambda first: drain(30, {"to": 10}, goes_on=first, rule="smell"), id="another rule"),
        pytest.param(lambda first: drain(30, {"to": 10}, goes_on=first[:-1] + "x"), id="an unknown first step"),
        pytest.param(lambda first: drain(30, {"to": 5}), id="a first step of its own"),
    ],
)
def test_anything_else_asks_anew(plant: Plant, step: Callable[[str], Decision]) -> None:
    plant.says = step(agreed(plant))
    assert plant.sweep().counts == {"needs_approval": 1}


def test_what_fusebox_did_unasked_is_no_warrant_for_a_next_step(plant: Plant) -> None:
    plant.says = drain(40, {"to": 10})
    plant.sweep()
    plant.settings = APPROVE
    plant.says = drain(30, {"to": 10}, goes_on=plant.actions()[-1])
    assert plant.sweep().counts == {"needs_approval": 1}


def test_silence_is_no_warrant_for_a_next_step(plant: Plant) -> None:
    plant.settings, plant.says = replace(APPROVE, on_timeout="act"), drain(40, {"to": 10})
    (request,) = plant.sweep().requests
    assert plant.time_out(request).counts == {"done": 1}
    plant.says = drain(30, {"to": 10}, goes_on=plant.actions()[-1])
    assert plant.sweep().counts == {"needs_approval": 1}


def test_a_step_that_cannot_be_undone_is_not_made_on_a_word_about_one_that_can(plant: Plant) -> None:
    step = drain(30, {"to": 10}, goes_on=(agreed(plant)))
    assert step.action is not None
    plant.says = replace(step, action=replace(step.action, irreversible="the fish die"))
    assert plant.sweep().counts == {"needs_approval": 1}


def test_a_persons_pause_and_an_exemption_hold_a_step_up(plant: Plant) -> None:
    agreed(plant)
    plant.says = drain(30, {"to": 10}, goes_on=plant.actions()[-1])
    state.pause(plant.table, "lamps", by="ada", reason="wait", now=plant.clock())
    assert plant.sweep().counts == {"paused": 1}
    state.resume(plant.table, "lamps")
    state.exempt(plant.table, [state.Exemption("tank", "ada", "x", START + timedelta(days=9))], plant.clock())
    assert plant.sweep().counts == {"exempt": 1}


# --- what came out otherwise, and what moves


def test_an_undo_turns_back_what_was_written_in_the_end(plant: Plant) -> None:
    plant.says, plant.wrote = drain(40), {"level": 43}
    plant.sweep()
    plant.wrote = None
    assert plant.undo(plant.actions()[0]) is Disposition.DONE
    assert plant.acted[-1] == Action("drain", {"level": 50}, {"level": 43})


def test_drift_is_measured_against_what_was_written_in_the_end(plant: Plant) -> None:
    plant.says, plant.wrote = drain(40), {"level": 43}
    plant.sweep()
    plant.tank = replace(plant.tank, level=40)
    with pytest.raises(Refused, match="was changed since"):
        plant.undo(plant.actions()[0])


def both() -> Decision:
    action = Action("drain", {"level": 40, "valve": 0}, {"level": 50, "valve": 10})
    return Decision("tank", "tank", "high", "level", "is high", action)


def test_what_moves_by_itself_is_no_drift_and_is_left_where_it_is(plant: Plant) -> None:
    plant.says, plant.moving = both(), ("level",)
    plant.sweep()
    plant.tank = replace(plant.tank, level=33)
    assert plant.undo(plant.actions()[0]) is Disposition.DONE
    assert plant.acted[-1].parameters == {"valve": 10}
    assert (plant.tank.level, plant.tank.valve) == (33, 10)


def test_what_moves_by_itself_and_has_not_is_turned_back(plant: Plant) -> None:
    plant.says, plant.moving = both(), ("level",)
    plant.sweep()
    plant.undo(plant.actions()[0])
    assert (plant.tank.level, plant.tank.valve) == (50, 10)


def test_what_moved_away_wholly_leaves_nothing_to_turn_back(plant: Plant) -> None:
    plant.says, plant.moving = drain(), ("level",)
    plant.sweep()
    plant.tank = replace(plant.tank, level=33)
    with pytest.raises(Refused, match="changed nothing that is still as it left it"):
        plant.undo(plant.actions()[0])


# --- recovery


def crashed(plant: Plant, recovers: Callable[[Tank, Action], Values | None]) -> None:
    plant.says, plant.crashes, plant.recovers = drain(40), True, recovers
    with pytest.raises(KeyboardInterrupt):
        plant.sweep()
    plant.says, plant.crashes = None, False


def test_what_a_crash_left_is_finished_with_the_values_that_it_came_to(plant: Plant) -> None:
    crashed(plant, lambda tank, action: {"level": 44})
    plant.tank = replace(plant.tank, level=44)
    assert plant.sweep(minutes=30).settled == 1
    assert plant.results() == ["done"]
    assert plant.undo(plant.actions()[0]) is Disposition.DONE
    assert plant.tank.level == 50


def test_what_was_never_made_is_said_so(plant: Plant) -> None:
    crashed(plant, lambda tank, action: None)
    assert plant.sweep(minutes=30).settled == 1
    assert plant.results() == ["failed"]


def test_what_cannot_be_recovered_now_stays_open_and_nobody_else_acts_on_it(plant: Plant) -> None:
    def fails(tank: Tank, action: Action) -> Values | None:
        raise ActionFailed("throttled")

    crashed(plant, fails)
    plant.says = drain(40)
    report = plant.sweep(minutes=30)
    assert (report.settled, report.partial) == (0, True)
    assert report.trouble == ["tank: what a crash left could not be settled: throttled"]
    assert (report.counts, plant.results(), plant.acted) == ({"in_flight": 1}, [], [])
    plant.recovers = lambda tank, action: None
    assert plant.sweep(minutes=30).settled == 1
    plant.sweep()
    assert plant.tank.level == 40


def test_what_may_still_be_at_work_is_not_taken_for_a_crash(plant: Plant) -> None:
    looked: list[Action] = []

    def recovers(tank: Tank, action: Action) -> Values | None:
        looked.append(action)
        return None

    crashed(plant, recovers)
    plant.clock.forward(minutes=19)
    engine.look_at(plant.run(), ["tank"])
    assert looked == []
    plant.clock.forward(minutes=2)
    engine.look_at(plant.run(), ["tank"])
    assert len(looked) == 1

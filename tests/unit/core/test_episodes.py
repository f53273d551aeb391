"""What comes and goes: each change between "over" and "right" is told once, told with lamps that go on and off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from functions.core import engine, evaluating, state
from functions.core.guardrail import Guardrail
from functions.core.memory import Memory
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.spec import GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Decision, Json, iso
from tests.lamps import LAMPS, START, Clock, House, Lamp, decide, run_of

OBSERVE, APPROVE, ENFORCE = (GuardrailSettings(mode=mode) for mode in ("observe", "approve", "enforce"))
Decide = Callable[[Lamp, GuardrailSettings, datetime], Decision]


def remembering(how: Decide = decide) -> Guardrail[Lamp, GuardrailSettings]:
    return replace(LAMPS, spec=replace(LAMPS.spec, remembers=True), decide=how)


class Home:
    """A house with one lamp, watched by a guardrail that remembers."""

    def __init__(self, folder: Path, settings: GuardrailSettings = OBSERVE, how: Decide = decide) -> None:
        self.house = House(Clock())
        self.table = SqliteTable(folder / "ledger.sqlite3")
        self.settings = settings
        self.how = how
        self.heard: list[str] = []
        self.runs = 0

    def run(self) -> Run[Lamp, GuardrailSettings]:
        self.runs += 1
        run = run_of(self.house, self.table, self.settings, f"run-{self.runs}")
        return replace(run, guardrail=remembering(self.how))

    def look(self, **lamp: object) -> RunReport:
        """Some minutes later the lamp is as given, and is looked at."""
        self.house.clock.forward(minutes=5)
        self.house.add("hall", **lamp)
        report = engine.look_at(self.run(), ["hall"])
        self.heard += sorted(report.new.elements())
        return report

    def memo(self) -> dict[str, Json]:
        return Memory(self.table, "lamps").memos(["hall"]).get("hall", {})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_each_change_of_state_is_told_once(home: Home) -> None:
    for lit in (True, True, False, False, True, True, False):
        home.look(lit=lit)
    assert home.heard == ["observed", "ended", "observed", "ended"]


def test_what_was_never_over_has_not_ended(home: Home) -> None:
    home.look(lit=False)
    home.look(lit=False)
    assert home.heard == []


def test_a_guardrail_that_remembers_nothing_tells_no_end(tmp_path: Path) -> None:
    house, table = House(Clock()), SqliteTable(tmp_path / "ledger.sqlite3")
    for lit in (True, False, True):
        house.add("hall", lit=lit)
        run = run_of(house, table, OBSERVE)
        report = engine.look_at(run, ["hall"])
    assert report.new == {}, "the same finding of the same period"


def test_what_is_unknown_neither_begins_nor_ends_anything(home: Home) -> None:
    home.look(lit=True)
    home.look(tags=None)
    home.look(lit=True)
    home.look(tags=None)
    home.look(lit=False)
    assert home.heard == ["observed", "reported", "ended"]


def test_of_two_looks_at_the_same_moment_one_tells(home: Home) -> None:
    home.look(lit=True)
    home.house.clock.forward(minutes=5)
    home.house.add("hall", lit=False)
    runs = [home.run(), home.run()]
    seen = [list(run.account.read(["hall"]).values()) for run in runs]
    reports = [run.new_report() for run in runs]
    for run, facts, report in zip(runs, seen, reports, strict=True):
        evaluating.evaluate(run, facts, report)
    assert [dict(report.new) for report in reports] == [{"ended": 1}, {}]


def test_a_remainder_is_told_again_after_the_reminder_period(home: Home) -> None:
    home.look(lit=True)
    home.house.clock.forward(days=31)
    home.look(lit=True)
    assert home.heard == ["observed", "observed"]


def test_what_was_done_and_came_back_is_done_again(tmp_path: Path) -> None:
    home = Home(tmp_path, ENFORCE)
    for _ in range(2):
        home.look(lit=True)
        home.look(lit=False)
    assert home.heard == ["done", "ended", "done", "ended"]


def test_an_exempt_lamp_begins_nothing_and_ends_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path, ENFORCE)
    until = START + timedelta(days=1)
    state.exempt(home.table, [state.Exemption("hall", "ada", "guests", until)], START)
    for lit in (True, False, True, False):
        home.look(lit=lit)
    assert home.heard == []


def test_an_exemption_by_tag_counts_as_much(home: Home) -> None:
    home.look(lit=True, tags={"fusebox:exempt-until": "2099-01-01"})
    home.look(lit=False)
    assert home.heard == []


def test_what_was_over_before_an_exemption_is_not_told_anew_after_it(home: Home) -> None:
    home.look(lit=True)
    until = home.house.clock() + timedelta(minutes=7)
    state.exempt(home.table, [state.Exemption("hall", "ada", "guests", until)], home.house.clock())
    home.look(lit=True)
    home.look(lit=True)
    assert home.heard == ["observed"]


# --- what was told of with an action


def held(told_at: Callable[[Lamp], str]) -> Decide:
    """A lamp that cannot be switched off any further: only told."""

    def how(lamp: Lamp, settings: GuardrailSettings, now: datetime) -> Decision:
        if not lamp.lit:
            return decide(lamp, settings, now)
        return Decision(lamp.arn, lamp.arn, "held", "off", "is dimmed", report=True, told_at=told_at(lamp))

    return how


def test_what_was_under_way_when_an_action_was_told_of_is_not_told_again(tmp_path: Path) -> None:
    home = Home(tmp_path, how=held(lambda lamp: iso(START + timedelta(hours=1))))
    home.look(lit=True)
    assert home.heard == []


def test_what_began_after_that_action_is_told(tmp_path: Path) -> None:
    home = Home(tmp_path, how=held(lambda lamp: iso(START)))
    home.look(lit=True)
    assert home.heard == ["reported"]


# --- memos


def noted(lamp: Lamp, settings: GuardrailSettings, now: datetime) -> Decision:
    return replace(decide(lamp, settings, now), memo={"watts": lamp.watts})


def test_a_memo_lasts_as_long_as_what_it_is_about(tmp_path: Path) -> None:
    home = Home(tmp_path, how=noted)
    assert home.memo() == {}
    home.look(lit=True, watts=40.0)
    assert home.memo() == {"watts": 40.0}
    home.look(lit=True, watts=60.0)
    assert home.memo() == {"watts": 60.0}
    home.look(tags=None)
    assert home.memo() == {"watts": 60.0}, "what could not be seen changes nothing"
    home.look(lit=False)
    assert home.memo() == {}
    assert home.heard == ["observed", "reported", "ended"]

"""A key that somebody has taken back into his hands is his: Fusebox gives back only what it has itself stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core import state
from tests.unit.llm_keys.office import BATCH, CHAT, REFUSES, Office, budget, settings
from tests.unit.llm_keys.people import last_action, override, undo


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "inactive")
    return office


def test_a_key_given_back_by_hand_and_stopped_by_hand_later_stays_stopped(office: Office) -> None:
    state.pause(office.table, "llm_keys", by="ada", reason="an incident", now=office.clock())
    office.settings = settings(budget(amount=9000.0, keys=("batch",)))
    office.desk.status[CHAT.id] = "active"
    office.sweep()
    state.resume(office.table, "llm_keys")
    office.desk.status[CHAT.id] = "inactive"
    for _ in range(3):
        office.sweep()
    assert office.status(CHAT) == "inactive"


def test_what_was_given_back_by_hand_counts_no_more_when_a_later_stop_fails(office: Office) -> None:
    office.desk.faults["write", CHAT.id] = [REFUSES] * 99
    assert override(office, ceiling=900.0) == {"done": 1}
    office.sweep()
    office.desk.status[CHAT.id] = "active"
    office.sweep()
    office.meter.spent["ml"] = 900.0
    office.sweep()
    office.desk.status[CHAT.id] = "inactive"  # by hand, because Fusebox cannot
    office.desk.faults.clear()
    override(office, ceiling=5000.0)
    for _ in range(3):
        office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "active")


def test_a_key_stopped_by_hand_because_fusebox_could_not_stays_stopped(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.desk.faults["write", CHAT.id] = [REFUSES] * 3
    office.sweep()
    office.desk.status[CHAT.id] = "inactive"
    office.desk.faults.clear()
    override(office, ceiling=900.0)
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "active")


def test_a_key_that_works_again_while_held_is_still_given_back_in_the_end(office: Office) -> None:
    office.desk.status[CHAT.id] = "active"
    office.sweep()
    override(office, ceiling=900.0)
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "active")


def test_a_key_that_shows_as_stopped_only_later_is_given_back_too(tmp_path: Path) -> None:
    """IAM shows a change a while after it was made; a stop that shows too late is Fusebox's all the same."""
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    shown = office.desk.write
    office.desk.write = lambda key, values: None  # type: ignore[method-assign]
    assert office.message().partial
    office.desk.write = shown  # type: ignore[method-assign]
    office.desk.status |= {CHAT.id: "inactive", BATCH.id: "inactive"}
    office.sweep()
    assert len(office.desk.writes) == 0
    override(office, ceiling=900.0)
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "active")


def test_a_crash_after_the_stop_forgets_no_key_that_the_policy_drops_next(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.desk.applies_though_failing = True
    office.desk.faults["write", CHAT.id] = [SystemExit("the function died")]  # type: ignore[list-item]
    with pytest.raises(SystemExit):
        office.message()
    office.settings = settings(budget(keys=("batch",)), keys=(BATCH,))
    assert any("key chat was stopped by Fusebox" in text for text in office.sweep().trouble)
    office.settings = settings(budget(keys=("batch",)))
    office.sweep()
    office.sweep()
    assert office.status(CHAT) == "active"


def test_a_key_that_was_put_back_into_the_policy_and_given_back_is_told_of_no_more(office: Office) -> None:
    without = settings(budget(keys=("batch",)), keys=(BATCH,))
    office.settings = without
    office.desk.status[CHAT.id] = "active"
    assert len(office.sweep().trouble) == 1
    office.settings = settings(budget(keys=("batch",)))
    office.sweep()
    office.settings = without
    assert office.sweep().trouble == []


def test_the_undo_of_giving_back_stops_the_key_for_good(office: Office) -> None:
    override(office, ceiling=900.0)
    office.sweep()
    assert office.status(CHAT) == "active"
    assert undo(office, last_action(office, office.arn(CHAT))) == ("done", "")
    office.sweep()
    office.sweep()
    assert office.status(CHAT) == "inactive"

"""What a guardrail remembers: the change that stands, and notes that many may write at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from functions.core import ledger
from functions.core.memory import TRIES, Memory, Note
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Group, Row
from functions.core.types import Action, Decision, Disposition, Json, Refused
from tests.lamps import START

UNTIL = START + timedelta(days=1)
OFF, DIM = Action("switch", {"lit": False}, {"lit": True}), Action("dim", {"watts": 5}, {"watts": 60})


@dataclass
class Past:
    """A ledger that is written an action at a time, each a minute after the one before."""

    table: SqliteTable
    now: datetime = START
    ids: list[str] = field(default_factory=list)

    def add(
        self,
        action: Action,
        end: Disposition | None = Disposition.DONE,
        *,
        undoes: str = "",
        wrote: Mapping[str, Json] | None = None,
        made: str = "monday",
        guardrail: str = "lamps",
    ) -> str:
        self.now += timedelta(minutes=1)
        decision = Decision("hall", "hall", "lit", "off", "is lit", action, identity=made)
        intent = ledger.intent_row("run-1", guardrail, "enforce", decision, self.now, undoes=undoes)
        rows: Group = (intent,)
        if end is not None:
            rows += (ledger.outcome_row(intent.body, end, "", self.now, wrote),)
        self.table.write([rows])
        self.ids.append(str(intent.body["action_id"]))
        return self.ids[-1]

    @property
    def memory(self) -> Memory:
        return Memory(self.table, "lamps")


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(SqliteTable(tmp_path / "ledger.sqlite3"))


# --- what stands


def test_the_last_change_stands_with_the_values_that_it_wrote(past: Past) -> None:
    past.add(OFF)
    last = past.add(DIM, wrote={"watts": 7})
    standing = past.memory.standing("hall", "monday")
    assert standing is not None
    assert (standing.action_id, standing.kind, standing.at) == (last, "dim", past.now)
    assert (standing.wrote, standing.prior) == ({"watts": 7}, {"watts": 60})


@pytest.mark.parametrize("end", [None, Disposition.FAILED, Disposition.GONE, Disposition.CHANGED])
def test_what_was_not_done_or_is_not_known_does_not_stand(past: Past, end: Disposition | None) -> None:
    first = past.add(OFF)
    past.add(DIM, end)
    standing = past.memory.standing("hall", "monday")
    assert standing is not None
    assert standing.action_id == first


def test_what_was_turned_back_does_not_stand_and_what_comes_after_does(past: Past) -> None:
    first = past.add(OFF)
    past.add(Action("switch", {"lit": True}, {"lit": False}), undoes=first)
    assert past.memory.standing("hall", "monday") is None
    past.add(DIM)
    standing = past.memory.standing("hall", "monday")
    assert standing is not None
    assert standing.kind == "dim"


def test_an_undo_that_failed_leaves_it_standing(past: Past) -> None:
    first = past.add(OFF)
    past.add(Action("switch", {"lit": True}, {"lit": False}), Disposition.FAILED, undoes=first)
    assert past.memory.standing("hall", "monday") is not None


def test_changes_of_a_predecessor_or_of_another_guardrail_do_not_stand(past: Past) -> None:
    past.add(OFF, made="sunday")
    past.add(OFF, guardrail="doors")
    assert past.memory.standing("hall", "monday") is None
    assert past.memory.standing("attic", "monday") is None


def test_since_when_each_value_stands(past: Past) -> None:
    past.add(OFF)
    first = past.now
    past.add(Action("dim", {"lit": False, "watts": 5}, {"lit": True, "watts": 60}))
    standing = past.memory.standing("hall", "monday")
    assert standing is not None
    assert standing.since == {"lit": first, "watts": past.now}


def test_a_value_that_a_later_change_set_otherwise_stands_from_then(past: Past) -> None:
    past.add(DIM)
    past.add(Action("dim", {"watts": 4}, {"watts": 60}))
    standing = past.memory.standing("hall", "monday")
    assert standing is not None
    assert standing.since == {"watts": past.now}


# --- notes


def more(note: Note) -> Note:
    count = note.get("count", 0)
    assert isinstance(count, int)
    return {**note, "count": count + 1}


def test_notes_are_kept_by_resource_and_guardrail(past: Past) -> None:
    past.memory.note("hall", more, UNTIL)
    past.memory.note("hall", more, UNTIL)
    Memory(past.table, "doors").note("hall", more, UNTIL)
    assert past.memory.notes(["hall", "attic"]) == {"hall": {"count": 2}}


class Contended(SqliteTable):
    """A table on which somebody else always writes first, so many times."""

    rivals = 0
    writes = 0

    def write(self, groups: Sequence[Group]) -> list[int]:
        self.writes += 1
        if self.rivals:
            self.rivals -= 1
            ((row,),) = groups
            super().write([(Row(*row.key, {"count": row.version}, row.version),)])
        return super().write(groups)


@pytest.mark.parametrize("rivals", [1, TRIES - 1])
def test_no_note_is_lost_to_another_that_is_written_at_once(tmp_path: Path, rivals: int) -> None:
    table = Contended(tmp_path / "ledger.sqlite3")
    table.rivals = rivals
    waits: list[float] = []
    memory = Memory(table, "lamps", waits.append)
    memory.note("hall", more, UNTIL)
    assert len(waits) == rivals
    assert memory.notes(["hall"]) == {"hall": {"count": rivals + 1}}


def test_too_many_at_once_are_refused_so_that_the_event_comes_again(tmp_path: Path) -> None:
    table = Contended(tmp_path / "ledger.sqlite3")
    table.rivals = TRIES
    with pytest.raises(Refused, match="to be tried again"):
        Memory(table, "lamps", lambda seconds: None).note("hall", more, UNTIL)


def test_the_same_note_is_not_written(tmp_path: Path) -> None:
    table = Contended(tmp_path / "ledger.sqlite3")
    memory = Memory(table, "lamps")
    memory.note("hall", more, UNTIL)
    memory.note("hall", lambda note: note, UNTIL)
    assert table.writes == 1


def test_a_key_is_as_its_last_change_left_it_an_undo_being_one_too(past: Past) -> None:
    first = past.add(OFF)
    past.add(DIM, wrote={"watts": 7})
    assert past.memory.last_written("hall", "monday", "lit") is False
    assert past.memory.last_written("hall", "monday", "watts") == 7
    past.add(Action("switch", {"lit": True}, {"lit": False}), undoes=first)
    assert past.memory.last_written("hall", "monday", "lit") is True
    assert past.memory.last_written("hall", "tuesday", "lit") is None

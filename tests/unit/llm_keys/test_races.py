"""What happens between two looks of the same moment: no key comes back to a budget that is just about to hold it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from functions.core import engine
from functions.core.memory import Memory
from functions.core.table import Key as TableKey
from functions.core.table import Row
from functions.core.types import Json
from functions.llm_keys import overriding
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.budgets import Budget
from functions.llm_keys.facts import KeyFacts
from functions.llm_keys.keys import Key
from functions.llm_keys.periods import Span
from functions.llm_keys.providers.provider import Values
from functions.llm_keys.sources.reading import Reading
from functions.llm_keys.stopped_keys import StoppedKeys
from tests.unit.llm_keys.brittle import BrittleTable
from tests.unit.llm_keys.office import CHAT, REFUSES, SCOPE, Office, budget, settings
from tests.unit.llm_keys.people import follow, last_action, override, undo

A, B = budget("a", keys=("chat",)), budget("b", keys=("chat",))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Budget a is spent, and budget b, which covers the same key, is not."""
    office = Office(tmp_path, settings(A, B))
    office.meter.spent |= {"a": 600.0, "b": 100.0}
    office.sweep()
    assert office.status() == "inactive"
    return office


def once(what: Callable[[], Any]) -> Callable[[], None]:
    left = [what]

    def do() -> None:
        if left:
            left.pop()()

    return do


def before_write(office: Office, monkeypatch: pytest.MonkeyPatch, what: Callable[[], None]) -> None:
    """Something that happens right before a key is given back, after all has been checked."""
    write = office.desk.write

    def hooked(key: Key, values: Any) -> None:
        if values["status"] == "active":
            what()
        write(key, values)

    monkeypatch.setattr(office.desk, "write", hooked)


def judge(office: Office, name: str) -> None:
    """Another run judges a budget: it sees its keys as they are at this moment."""
    office.account.read([budget_arn(SCOPE, name), office.arn(CHAT)])


def test_a_budget_that_opens_while_a_key_is_given_back_has_it_stopped_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    override(office, "a", ceiling=900.0)
    office.meter.spent["b"] = 600.0
    before_write(office, monkeypatch, once(lambda: judge(office, "b")))
    run = office.run()
    report = engine.look_at(run, [office.arn(CHAT)])
    assert office.status() == "inactive"
    assert report.counts["changed"] == 1
    assert office.desk.writes[-2:] == [("write active", "chat"), ("write inactive", "chat")]
    office.sweep()
    override(office, "b", ceiling=900.0)
    office.sweep()
    assert office.status() == "active"


def test_where_stopping_it_again_fails_that_is_loud_and_tried_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    override(office, "a", ceiling=900.0)
    office.meter.spent["b"] = 600.0
    office.desk.faults["write", CHAT.id] = [None, REFUSES]
    before_write(office, monkeypatch, once(lambda: judge(office, "b")))
    report = engine.look_at(office.run(), [office.arn(CHAT)])
    assert report.partial
    assert office.status() == "active"
    office.sweep()
    assert office.status() == "inactive"


def test_a_budget_that_opens_after_a_key_was_given_back_stops_it_though_it_saw_it_stopped(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources and keys are read at once: the key is seen before the budget is known to be spent."""
    override(office, "a", ceiling=900.0)
    give_back = once(lambda: follow(office, "a"))
    look, read, seen = office.desk.read, office.meter.read, Event()

    def seeing(key: Key) -> Values:
        values = look(key)
        seen.set()
        return values

    def late(of: Budget, span: Span) -> Reading:
        if of.name == "b":
            assert seen.wait(5)
            give_back()
        return read(of, span)

    office.meter.spent["b"] = 600.0
    monkeypatch.setattr(office.meter, "read", late)
    monkeypatch.setattr(office.desk, "read", seeing)
    office.message("b")
    assert office.status() == "inactive"


def test_two_budgets_that_open_at_once_both_hold_the_key(office: Office) -> None:
    override(office, "a", ceiling=900.0)
    follow(office, "a")
    office.meter.spent |= {"a": 900.0, "b": 600.0}
    office.sweep()
    for name in ("a", "b"):
        assert office.status() == "inactive"
        override(office, name, ceiling=2000.0)
        follow(office, name)
    assert office.status() == "active"


def test_a_message_between_override_and_giving_back_changes_neither(office: Office) -> None:
    override(office, "a", ceiling=900.0)
    for _ in range(3):
        office.message("a")
    assert office.breaker("a").state == "warned"
    assert office.status() == "active"
    assert len(office.desk.writes) == 2


def test_a_stop_that_is_turned_back_while_a_budget_opens_is_made_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    override(office, "a", ceiling=900.0)
    office.meter.spent["b"] = 600.0
    before_write(office, monkeypatch, once(lambda: judge(office, "b")))
    assert undo(office, last_action(office, office.arn(CHAT))) == ("changed", "budget b holds it by now")
    assert office.status() == "inactive"


def test_giving_back_that_is_turned_back_while_a_budget_opens_stays_turned_back(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    override(office, "a", ceiling=900.0)
    follow(office, "a")
    office.meter.spent["b"] = 600.0
    write = office.desk.write

    def hooked(key: Key, values: Any) -> None:
        judge(office, "b")
        write(key, values)

    monkeypatch.setattr(office.desk, "write", hooked)
    assert undo(office, last_action(office, office.arn(CHAT))) == ("done", "")
    assert office.desk.writes[-1] == ("write inactive", "chat")


def test_an_override_between_a_look_and_its_note_is_not_overwritten(office: Office) -> None:
    """The look had found the breaker open, and is about to say so."""
    ours = office.memory
    asked: list[str] = []

    class Meanwhile(BrittleTable):
        def get(self, keys: Sequence[TableKey]) -> dict[TableKey, Row]:
            found = super().get(keys)
            if keys == [("state#notes#llm_keys", budget_arn(SCOPE, "a"))] and not asked:
                asked.append("once")
                terms: dict[str, Json] = {"breaker": "closed", "ceiling": 900.0, "until": ""}
                overriding.carry_out(ours, budget_arn(SCOPE, "a"), terms, office.clock())
            return found

    before, office.table = office.table, Meanwhile(office.table)
    office.memory = Memory(office.table, "llm_keys", sleep=lambda _: None)
    office.message("a")
    office.table, office.memory = before, ours
    assert asked
    assert office.breaker("a").state == "warned"
    assert office.status() == "active"


def test_a_key_that_another_run_is_just_about_to_stop_is_not_released(office: Office) -> None:
    """This run saw the key free and working; meanwhile another one has stopped it."""
    override(office, "a", ceiling=900.0)
    follow(office, "a")
    (seen,) = office.account.read([office.arn(CHAT)]).values()
    assert isinstance(seen, KeyFacts)
    office.meter.spent["b"] = 600.0
    office.message("b")
    stopped = StoppedKeys(office.memory, SCOPE, office.clock)
    stopped.release([replace(seen, noted=True)])
    assert stopped.names() == {office.arn(CHAT): "chat"}
    override(office, "b", ceiling=900.0)
    office.sweep()
    assert office.status() == "active"

"""Several functions at work at the same time, and many keys: each key is stopped once, each state told once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier, Event
from typing import Any

import pytest

from functions.core import ledger
from functions.core.report import RunReport
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Group
from functions.core.types import Disposition
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.crew import Crew
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.providers.provider import ProviderFailed, Values
from tests.unit.llm_keys.brittle import BrittleTable
from tests.unit.llm_keys.office import BATCH, CHAT, HANGS, SCOPE, Clock, Desk, Office, anthropic, budget, settings
from tests.unit.llm_keys.people import follow, override

MANY = tuple(Key(name=f"k{at}", kind="anthropic", id=f"apikey_{at:08}", provider="claude") for at in range(50))
HOLDS = budget("a", keys=tuple(one.name for one in MANY))


def together(works: Sequence[Callable[[], Any]]) -> list[Any]:
    """All of them at once, as nearly as threads can."""
    gate = Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        gate.wait(10)
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result(30) for one in [pool.submit(begin, work) for work in works]]


def two(folder: Path, *budgets: Any, **more: Any) -> tuple[Office, Office]:
    """Two functions that share a clock, a table and a provider."""
    clock = Clock()
    first, second = (Office(folder, settings(*budgets, **more), clock) for _ in range(2))
    second.desk, second.tills, second.runs = first.desk, first.tills, 500
    return first, second


def opened(reports: Sequence[RunReport]) -> int:
    return sum(one.new["reported"] for one in reports)


@pytest.mark.parametrize("turn", range(3))
def test_a_message_and_a_sweep_at_once_stop_each_key_once_and_tell_once(tmp_path: Path, turn: int) -> None:
    first, second = two(tmp_path)
    first.meter.spent["ml"] = 600.0
    reports = together([first.message, lambda: second.sweep(after=0), first.message])
    assert sorted(first.desk.writes) == [("write inactive", "batch"), ("write inactive", "chat")]
    assert opened(reports) == 1
    assert sum(one.counts["done"] for one in reports) == 2


def test_what_two_looks_find_at_the_same_moment_is_told_by_one(tmp_path: Path) -> None:
    """The other one finds and tells it between this one's look at what was told and its own word."""
    first, second = two(tmp_path)
    first.meter.spent["ml"] = 260.0
    others: list[RunReport] = []

    class Meanwhile(BrittleTable):
        def write(self, groups: Sequence[Group]) -> list[int]:
            if not others and any(row.sk.startswith("finding#") for group in groups for row in group):
                others.append(RunReport("", "", ""))
                others.append(second.message())
            return super().write(groups)

    first.table = Meanwhile(first.table)
    mine = first.message()
    assert (mine.new["reported"], others[1].new["reported"]) == (0, 1)


def test_two_functions_that_trip_and_close_at_once_lose_no_key(tmp_path: Path) -> None:
    first, second = two(tmp_path, budget("a", keys=("chat",)), budget("b", keys=("chat", "batch")))
    first.meter.spent |= {"a": 600.0, "b": 600.0}
    together([lambda: first.message("a"), lambda: second.message("b")])
    first.sweep()
    assert (first.status(CHAT), first.status(BATCH)) == ("inactive", "inactive")
    override(first, "a", ceiling=900.0)
    override(second, "b", ceiling=900.0)
    first.meter.spent["a"] = 950.0
    together([lambda: first.message("a"), lambda: follow(second, "b"), lambda: follow(second, "a")])
    second.sweep()
    first.sweep()
    assert (first.status(CHAT), first.status(BATCH)) == ("inactive", "active")
    _all_told(first)


def test_a_hundred_of_each_message_in_any_order_change_nothing_more(tmp_path: Path) -> None:
    some = (budget("a", keys=("chat",)), budget("b", keys=("chat", "batch")), budget("c", keys=("lone",)))
    keys = (CHAT, BATCH, anthropic("lone", 3))
    office = Office(tmp_path, settings(*some, keys=keys), table=SqliteTable(Path(":memory:")))
    chance = random.Random(11)
    messages = ["a", "b", "c"] * 100
    chance.shuffle(messages)
    news: Counter[str] = Counter()
    for at, name in enumerate(messages):
        if at == 100:
            office.meter.spent |= {"a": 600.0, "b": 260.0}
        if at == 200:
            office.meter.spent |= {"b": 700.0, "c": 420.0}
        news.update(office.message(name).new)
        if at % 30 == 0:
            news.update(office.sweep(after=1).new)
    assert sorted(office.desk.writes) == [("write inactive", "batch"), ("write inactive", "chat")]
    assert news == {"done": 2, "reported": 4}  # a and b opened, b and c warned


def test_the_keys_of_fifty_stop_though_ten_hang(tmp_path: Path) -> None:
    """Those that hang answer only once all others are stopped: none waits for them."""
    others_stopped, stopped = Event(), set[str]()
    hanging = {one.id for one in MANY[5:15]}

    class Slow(Desk):
        def write(self, key: Key, values: Values) -> None:
            if key.id in hanging:
                assert others_stopped.wait(5), "a key that hangs held up another"
                raise HANGS
            super().write(key, values)
            with self.lock:
                stopped.add(key.id)
                if len(stopped) == 40:
                    others_stopped.set()

    office = Office(tmp_path, settings(HOLDS, keys=MANY), table=SqliteTable(Path(":memory:")))
    office.desk = Slow(office.desk.status)
    office.meter.spent["a"] = 600.0
    report = office.message("a")
    assert report.counts["done"] == 40
    assert report.counts["unsettled"] == 10
    hanging.clear()
    assert office.sweep().counts["done"] == 10
    assert set(office.desk.status.values()) == {"inactive"}
    _all_told(office)


@pytest.mark.parametrize("what", ["read", "write"])
def test_an_account_that_hangs_holds_up_no_key_of_another(tmp_path: Path, what: str) -> None:
    """More keys hang than one crew has threads, and they come first; the others are stopped before one answers."""
    accounts = tuple(ProviderAccount(name=name, kind="anthropic") for name in ("slow", "quick"))
    keys = tuple(replace(one, provider="slow" if at < 40 else "quick") for at, one in enumerate(MANY))
    done, seen = Event(), Counter[str]()

    class Slow(Desk):
        def read(self, key: Key) -> Values:
            self._waits("read", key)
            return super().read(key)

        def write(self, key: Key, values: Values) -> None:
            self._waits("write", key)
            super().write(key, values)

        def _waits(self, doing: str, key: Key) -> None:
            if doing == what and key.provider == "slow":
                assert done.wait(5), "a key that hangs held up another"
                raise HANGS
            with self.lock:
                seen[doing] += key.provider == "quick"
                if seen[what] >= 10:
                    done.set()

    office = Office(tmp_path, settings(HOLDS, keys=keys, providers=accounts), table=SqliteTable(Path(":memory:")))
    office.desk = Slow(office.desk.status)
    office.meter.spent["a"] = 600.0
    report = office.message("a")
    assert report.counts["done"] == 10
    assert report.verdicts["unknown"] == (40 if what == "read" else 0)


def test_what_is_late_is_waited_for_no_longer_and_what_has_not_begun_never_begins() -> None:
    now, go = [0.0], Event()
    begun: list[int] = []

    def hang(one: int) -> int:
        begun.append(one)
        assert go.wait(5)
        return one

    with Crew(30.0, lambda: now[0], at_once=1) as crew:
        late = [crew.submit("slow", hang, one) for one in range(3)]
        assert crew.answer(crew.submit("quick", int, "9"), "the others") == 9
        now[0] = 31.0
        for one in late:
            with pytest.raises(ProviderFailed, match="no answer in time"):
                crew.answer(one, "the slow ones")
    go.set()
    assert late[0].result(5) == 0
    assert [one.cancelled() for one in late[1:]] == [True, True]
    assert begun == [0]


def test_a_function_that_dies_between_stops_and_record_is_picked_up(tmp_path: Path) -> None:
    table = BrittleTable(SqliteTable(Path(":memory:")))
    for at in range(1, 14):
        for after in (False, True):
            office = Office(tmp_path, settings(), table=BrittleTable(SqliteTable(Path(":memory:"))))
            table = office.table  # type: ignore[assignment]
            office.meter.spent["ml"] = 600.0
            table.breaks(at, after=after)
            try:
                office.message()
            except SystemExit:
                pass
            else:
                assert at > 5
            table.mends()
            for _ in range(2):
                office.sweep()
            assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "inactive"), (at, after)
            assert len(office.desk.writes) == 2, (at, after)
            override(office, ceiling=900.0)
            office.sweep()
            assert (office.status(CHAT), office.status(BATCH)) == ("active", "active"), (at, after)
            _all_told(office)


def _all_told(office: Office) -> None:
    """Every action that began has ended in the ledger."""
    arns = [*map(office.arn, office.settings.keys), *(budget_arn(SCOPE, one) for one in office.settings.budgets)]
    for arn in arns:
        entries = list(ledger.entries_of_resource(office.table, arn))
        begun = {one["action_id"] for one in entries if one["kind"] == ledger.INTENT}
        ended = {one["action_id"] for one in entries if one["kind"] == ledger.OUTCOME}
        assert begun == ended, arn
        done = [one for one in entries if one.get("result") == Disposition.DONE]
        assert len(done) <= len(begun)

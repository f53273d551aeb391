"""Accounts that change several resources in one call, say what they could not read, or keep things of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.core import claims, engine, evaluating, ledger, state
from functions.core.guardrail import Page
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.spec import GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Key, Row
from functions.core.types import Action, ActionFailed, Disposition, ResourceGone
from tests.lamps import START, Clock, House, HouseAccount, Lamp, run_of

OBSERVE = GuardrailSettings()
ENFORCE = GuardrailSettings(mode="enforce")
Ended = ActionFailed | ResourceGone | None


@dataclass
class Fuse(HouseAccount):
    """A house with a switch for several lamps at once. `ends` lets a story decide how it ends for some."""

    house: House
    thrown: list[list[str]] = field(default_factory=list)
    ends: dict[str, Ended] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None

    def __post_init__(self) -> None:
        super().__init__(self.house)

    def act_together(self, batch: Sequence[tuple[Lamp, Action]]) -> list[Ended]:
        self.before()
        self.thrown.append([lamp.arn for lamp, _ in batch])
        for lamp, action in batch:
            if self.ends.get(lamp.arn) is None:
                self.house.act(lamp, action)
        return [self.ends.get(lamp.arn) for lamp, _ in batch]


@pytest.fixture
def table(tmp_path: Path) -> SqliteTable:
    return SqliteTable(tmp_path / "ledger.sqlite3")


@pytest.fixture
def fuse() -> Fuse:
    return Fuse(House(Clock()))


def run_with(fuse: HouseAccount, table: SqliteTable, settings: GuardrailSettings = ENFORCE, name: str = "run-1") -> Run:  # type: ignore[type-arg]
    house = fuse.house if isinstance(fuse, Fuse) else House(Clock())
    return replace(run_of(house, table, settings, name), account=fuse)


def sweep(
    fuse: HouseAccount, table: SqliteTable, settings: GuardrailSettings = ENFORCE, name: str = "run-1"
) -> RunReport:
    run = run_with(fuse, table, settings, name)
    report = run.new_report()
    assert engine.sweep(run, report, "", stop=lambda: False) is None
    return report


def results(table: SqliteTable, resource: str) -> list[str]:
    return [str(one.get("result", one["kind"])) for one in ledger.entries_of_resource(table, resource)]


# --- several changes in one call


def test_several_are_done_in_one_call_each_with_its_intent_and_outcome(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add(*"abc")
    report = sweep(fuse, table)
    assert fuse.thrown == [["a", "b", "c"]]
    assert report.counts == {Disposition.DONE: 3}
    assert all(results(table, lamp) == ["intent", "done"] for lamp in "abc")


def test_one_alone_is_done_alone(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add("hall")
    assert sweep(fuse, table).counts == {Disposition.DONE: 1}
    assert (fuse.thrown, fuse.house.switched) == ([], [("hall", False)])


def test_each_ends_as_the_account_says(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add(*"abcd")
    fuse.ends = {
        "b": ActionFailed("protected"),
        "c": ResourceGone("c"),
        "d": ActionFailed("read timed out", certain=False),
    }
    report = sweep(fuse, table)
    assert report.counts == {
        Disposition.DONE: 1,
        Disposition.FAILED: 1,
        Disposition.GONE: 1,
        Disposition.UNSETTLED: 1,
    }
    assert report.partial
    assert [results(table, lamp) for lamp in "abcd"] == [
        ["intent", "done"],
        ["intent", "failed"],
        ["intent", "gone"],
        ["intent"],
    ]
    fuse.ends = {}
    fuse.house.clock.forward(minutes=30)
    assert sweep(fuse, table, name="run-2").settled == 1


class Counting(SqliteTable):
    """A table that counts the reads of the pause switch."""

    looks = 0

    def get(self, keys: Sequence[Key]) -> dict[Key, Row]:
        self.looks += state.PAUSE in keys
        return super().get(keys)


def test_the_switches_are_looked_at_once_for_all_right_before_the_call(fuse: Fuse, tmp_path: Path) -> None:
    table = Counting(tmp_path / "ledger.sqlite3")
    fuse.house.add(*"abcdef")
    sweep(fuse, table)
    assert table.looks == 2


@pytest.mark.parametrize(
    ("switch", "end"),
    [
        (lambda table, now: state.pause(table, "lamps", by="ada", reason="wait", now=now), Disposition.PAUSED),
        (
            lambda table, now: state.exempt(
                table, [state.Exemption("b", "ada", "reading", START + timedelta(days=1))], now
            ),
            Disposition.EXEMPT,
        ),
    ],
    ids=["pause", "exemption"],
)
def test_a_switch_thrown_after_the_claim_still_counts(
    fuse: Fuse, table: SqliteTable, switch: Callable[[SqliteTable, object], None], end: Disposition
) -> None:
    fuse.house.add("a", "b")
    fuse.house.clock.forward(seconds=61)
    seen = [replace(lamp, read_at=START) for lamp in fuse.house.lamps.values()]
    run = run_with(fuse, table)
    read = run.account.read

    def throw(arns: Sequence[str]) -> dict[str, Lamp]:
        switch(table, fuse.house.clock())
        return read(arns)

    run.account.read = throw  # type: ignore[method-assign]
    report = run.new_report()
    evaluating.evaluate(run, seen, report)
    assert ("b", False) not in fuse.house.switched
    assert results(table, "b") == ["intent", end.value]


def test_what_has_aged_is_read_again_in_one_go_and_what_changed_is_left(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add(*"abcd")
    fuse.house.clock.forward(seconds=61)
    seen = [replace(lamp, read_at=START) for lamp in fuse.house.lamps.values()]
    fuse.house.lamps["b"] = replace(fuse.house.lamps["b"], lit=False)
    del fuse.house.lamps["c"]
    seen[3] = replace(seen[3], read_at=fuse.house.clock())
    run = run_with(fuse, table)
    report = run.new_report()
    evaluating.evaluate(run, seen, report)
    assert fuse.house.read == ["a", "b", "c"]
    assert fuse.thrown == [["a", "d"]]
    assert report.counts == {Disposition.DONE: 2, Disposition.CHANGED: 1, Disposition.GONE: 1}


def test_a_look_that_fails_stops_only_what_had_aged(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add("a", "b", "c")
    fuse.house.clock.forward(seconds=61)
    seen = [replace(lamp, read_at=fuse.house.clock()) for lamp in fuse.house.lamps.values()]
    seen[0] = replace(seen[0], read_at=START)
    run = run_with(fuse, table)

    def unreachable(arns: Sequence[str]) -> dict[str, Lamp]:
        raise EndpointConnectionError(endpoint_url="https://lamps.example.com")

    run.account.read = unreachable  # type: ignore[method-assign]
    report = run.new_report()
    evaluating.evaluate(run, seen, report)
    assert fuse.thrown == [["b", "c"]]
    assert report.counts == {Disposition.DONE: 2, Disposition.FAILED: 1}


def test_a_crash_in_the_call_is_settled_for_each_by_looking(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add("a", "b")

    def crash() -> None:
        raise KeyboardInterrupt

    fuse.before = crash
    with pytest.raises(KeyboardInterrupt):
        sweep(fuse, table)
    assert [results(table, lamp) for lamp in "ab"] == [["intent"], ["intent"]]
    fuse.before = lambda: None
    fuse.house.lamps["a"] = replace(fuse.house.lamps["a"], lit=False)
    fuse.house.clock.forward(minutes=30)
    assert sweep(fuse, table, name="run-2").settled == 2
    assert results(table, "a") == ["intent", "done"]
    assert results(table, "b")[:2] == ["intent", "failed"]


def test_two_runs_at_the_same_moment_share_the_batch_out_and_do_nothing_twice(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add(*"abc")
    seen = list(fuse.house.read_lamps("abc").values())
    other = run_with(fuse, table, name="run-2")

    def meanwhile() -> None:
        fuse.before = lambda: None
        evaluating.evaluate(other, seen, other.new_report())

    fuse.before = meanwhile
    run = run_with(fuse, table)
    evaluating.evaluate(run, seen, run.new_report())
    assert sorted(fuse.house.switched) == [("a", False), ("b", False), ("c", False)]


def test_a_machine_that_slept_after_its_claims_does_not_act(fuse: Fuse, table: SqliteTable) -> None:
    fuse.house.add("a", "b")
    run = run_with(fuse, table)
    write = table.write

    def write_and_sleep(groups: Sequence[tuple[Row, ...]]) -> list[int]:
        lost = write(groups)
        if any(row.pk == claims.claim_key("lamps", "a")[0] for group in groups for row in group):
            fuse.house.clock.forward(minutes=25)
        return lost

    table.write = write_and_sleep  # type: ignore[method-assign]
    report = run.new_report()
    evaluating.evaluate(run, list(fuse.house.read_lamps("ab").values()), report)
    assert fuse.house.switched == []
    assert report.counts == {Disposition.UNSETTLED: 2}


# --- what could not be read


def test_a_page_that_could_not_be_read_wholly_makes_the_run_partial(table: SqliteTable) -> None:
    house = House(Clock())
    house.add("hall")
    account = HouseAccount(house)
    pages = account.pages

    def in_the_dark(cursor: str) -> Iterator[Page[Lamp]]:
        for page in pages(cursor):
            yield replace(page, trouble=("the meter in the cellar does not answer",))

    account.pages = in_the_dark
    report = sweep(account, table, OBSERVE)
    assert report.partial
    assert report.trouble == ["the meter in the cellar does not answer"]
    assert RunReport.from_json(report.to_json()).partial


# --- what a guardrail keeps of its own


class Tended(HouseAccount):
    """A house whose guardrail keeps something of its own in it."""

    tended = 0

    def tend(self, stop: Callable[[], bool]) -> list[str]:
        self.tended += 1
        return ["the ladder is missing"]


def test_a_sweep_that_ends_tends_what_is_the_guardrails_own(table: SqliteTable) -> None:
    account = Tended(House(Clock()))
    report = sweep(account, table)
    assert (account.tended, report.trouble, report.partial) == (1, ["the ladder is missing"], True)


def test_nothing_is_tended_in_observe_mode_or_under_a_pause(table: SqliteTable) -> None:
    account = Tended(House(Clock()))
    sweep(account, table, OBSERVE)
    state.pause(table, state.EVERYTHING, by="ada", reason="wait", now=START)
    sweep(account, table, name="run-2")
    assert account.tended == 0

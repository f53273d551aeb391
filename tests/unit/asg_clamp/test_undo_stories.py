"""What was clamped is turned back, whatever moved meanwhile; and a crash anywhere is settled by the sweep."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from functions.core import ledger
from functions.core.types import Disposition, Refused
from tests.unit.asg_clamp.cloud import Group
from tests.unit.asg_clamp.heard import Crash, Heard, at_call, crash, on, prior_of
from tests.unit.asg_clamp.stage import START, enforce

CEILING: dict[str, Any] = {"ceiling": 20, "growth_instances": None}
FROZEN = frozenset({"AlarmNotification", "ScheduledActions"})


def last(stage: Heard) -> str:
    return str(stage.done()[-1]["action_id"])


def capped(**group: Any) -> Heard:
    stage = on(enforce(**CEILING), Group("train", **group))
    stage.sweep()
    stage.later(minutes=1)
    return stage


# --- undo


def test_an_undo_gives_max_back_and_exempts_the_group() -> None:
    stage = capped()
    assert stage.undo(last(stage)).disposition is Disposition.DONE
    assert stage.group.sizes == (0, 100, 5)
    stage.sweeps(4)
    assert stage.group.sizes == (0, 100, 5)


def test_an_undo_overwrites_no_later_change() -> None:
    stage = capped()
    stage.person_sets(max=15)
    with pytest.raises(Refused, match="was changed since"):
        stage.undo(last(stage))
    assert stage.group.sizes == (0, 15, 5)


@pytest.mark.parametrize("desired", [0, 3, 19, 20])
def test_an_undo_leaves_desired_where_it_has_moved_on(desired: int) -> None:
    stage = capped()
    stage.person_sets(desired=desired)
    stage.undo(last(stage))
    assert stage.group.sizes == (0, 100, desired)


def test_an_undo_of_a_cap_on_what_was_wanted_and_not_launched_wants_it_again() -> None:
    group = Group("train", desired=12, suspended={"Launch"})
    stage = on(enforce(ceiling=8, growth_instances=None), group)
    stage.sweep()
    assert stage.group.sizes == (0, 8, 8)
    stage.undo(last(stage))
    assert stage.group.sizes == (0, 100, 12)


def test_an_undo_wants_no_more_than_the_max_that_the_owner_set_in_between() -> None:
    group = Group("train", desired=12, suspended={"Launch"})
    stage = on(enforce(ceiling=8, growth_instances=None), group)
    stage.sweep()
    stage.person_sets(max=10)
    stage.sweeps(1)
    stage.approve(stage.requests[0])
    assert stage.group.sizes == (0, 8, 8)
    assert stage.undo(last(stage)).disposition is Disposition.DONE
    assert stage.group.sizes == (0, 10, 10)


def test_an_undo_twice_is_refused() -> None:
    stage = capped()
    first = last(stage)
    stage.undo(first)
    with pytest.raises(Refused, match="already undone"):
        stage.undo(first)


def test_only_the_last_of_two_clamps_can_be_turned_back_and_brings_all_back() -> None:
    stage = capped(desired=32)
    stage.group.desired = 25
    stage.group.reconcile()
    stage.sweep()
    first, second = (str(one["action_id"]) for one in stage.done())
    with pytest.raises(Refused, match="later action"):
        stage.undo(first)
    stage.undo(second)
    assert stage.group.sizes == (0, 100, 25)


def test_after_an_undo_and_its_exemption_a_clamp_starts_from_the_owners_values() -> None:
    stage = capped()
    stage.undo(last(stage))
    stage.person_sets(max=70)
    stage.sweeps(1, days=31)
    intent = stage.done()[-1]
    assert prior_of(intent) == {"max": 70}
    assert stage.group.sizes == (0, 20, 5)


# --- a crash at every call


def a_cap() -> Heard:
    return on(enforce(**CEILING), Group("train", desired=32))


def a_freeze() -> Heard:
    return on(enforce(action="freeze", **CEILING))


def a_shrink() -> Heard:
    return on(enforce(action="shrink", allow_irreversible=True, **CEILING), Group("train", minimum=2, desired=32))


def a_thaw() -> Heard:
    stage = a_freeze()
    stage.sweep()
    stage.later(hours=3)
    return stage


CHANGES: dict[str, tuple[Callable[[], Heard], tuple[int, int, frozenset[str]]]] = {
    "cap": (a_cap, (32, 32, frozenset())),
    "freeze": (a_freeze, (100, 5, FROZEN)),
    "shrink": (a_shrink, (20, 20, frozenset())),
    "thaw": (a_thaw, (100, 5, frozenset())),
}
EVERY_CALL = [
    pytest.param(change, at, first, id=f"{name} at call {at}")
    for name, (change, first) in CHANGES.items()
    for at in range(9)
]


def state_of(stage: Heard) -> tuple[int, int, frozenset[str]]:
    _, maximum, desired, suspended = stage.group.state
    return maximum, desired, suspended


def open_actions(stage: Heard) -> set[str]:
    entries = list(ledger.entries_since(stage.table, START - timedelta(days=1), stage.now))
    begun = {str(one["action_id"]) for one in entries if one["kind"] in (ledger.INTENT, ledger.UNDO)}
    return begun - {str(one["action_id"]) for one in entries if one["kind"] == ledger.OUTCOME}


@pytest.mark.parametrize(("change", "at", "after"), EVERY_CALL)
def test_a_crash_is_settled_by_the_sweeps_and_the_change_is_made_once(
    change: Callable[[], Heard], at: int, after: tuple[int, int, frozenset[str]]
) -> None:
    stage = change()
    earlier = len(stage.done())
    stage.cloud.between = at_call(at, crash)
    try:
        stage.sweep()
    except Crash:
        stage.later(minutes=21)
    stage.cloud.between = lambda call: None
    if len(stage.done()) == earlier:
        stage.sweep()
    stage.later(minutes=1)
    stage.sweep()
    assert state_of(stage) == after
    assert open_actions(stage) == set()
    assert len(stage.done()) == earlier + 1
    stage.undo(last(stage)) if change is not a_thaw else None
    assert stage.group.maximum == 100
    assert stage.group.suspended == set()


def both() -> Heard:
    """Capped and frozen."""
    stage = on(enforce(ceiling=40, growth_instances=20))
    stage.sweep()
    stage.with_settings(action="freeze", ceiling=None)
    stage.deliver(stage.climb(25))
    assert stage.group.state == (0, 40, 30, FROZEN)
    stage.later(minutes=1)
    return stage


@pytest.mark.parametrize("at", range(6))
@pytest.mark.parametrize("change", [a_cap, a_freeze, a_shrink, both])
def test_an_undo_that_crashed_can_be_repeated(change: Callable[[], Heard], at: int) -> None:
    stage = change()
    stage.sweep()
    action = last(stage)
    stage.later(minutes=1)
    stage.cloud.between = at_call(at, crash)
    crashed = False
    try:
        stage.undo(action)
    except Crash:
        crashed = True
    stage.cloud.between = lambda call: None
    stage.later(minutes=21)
    stage.sweep()
    assert open_actions(stage) == set()
    if crashed:
        with suppress(Refused):
            stage.undo(action)
    assert stage.group.maximum == 100
    assert stage.group.suspended == set()

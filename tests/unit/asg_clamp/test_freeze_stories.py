"""A group that is frozen for a while: what is suspended, by whom it is resumed, and what comes then."""

from __future__ import annotations

from typing import Any

from functions.asg_clamp.settings import AsgClampSettings
from functions.core.spec import Cap
from functions.core.types import Disposition
from tests.unit.asg_clamp.cloud import Group
from tests.unit.asg_clamp.heard import Heard, on, prior_of
from tests.unit.asg_clamp.stage import enforce

FREEZE: dict[str, Any] = {"action": "freeze", "growth_instances": 20}
FROZEN = {"AlarmNotification", "ScheduledActions"}


def frozen(settings: AsgClampSettings | None = None, **group: Any) -> Heard:
    """It has grown from 5 to 30, and was frozen there."""
    stage = on(settings or enforce(**FREEZE), Group("train", **group))
    stage.deliver(stage.climb(25))
    return stage


def test_a_group_that_runs_away_is_frozen_and_keeps_its_sizes() -> None:
    stage = frozen()
    assert stage.group.suspended == FROZEN
    assert stage.group.sizes == (0, 100, 30)
    assert stage.climb(5) == [], "its alarm wants more, and gets nothing"
    assert stage.heard == ["done"]


def test_a_freeze_ends_by_itself() -> None:
    stage = frozen()
    stage.sweeps(3)
    assert stage.group.suspended == FROZEN
    stage.sweeps(2)
    assert stage.group.suspended == set()
    assert stage.heard[:2] == ["done", "done"]


def test_a_group_that_runs_away_again_after_its_freeze_is_asked_about() -> None:
    stage = frozen()
    stage.sweeps(4, minutes=31)
    stage.deliver(stage.climb(25))
    stage.sweeps(2)
    assert stage.group.suspended == set()
    assert stage.heard == ["done", "done", "needs_approval"]
    stage.approve(stage.requests[0])
    assert stage.group.suspended == FROZEN


def test_a_freeze_ends_though_the_group_is_exempt_now() -> None:
    stage = frozen()
    stage.exempt()
    stage.sweeps(5)
    assert stage.group.suspended == set()


def test_a_freeze_ends_without_a_question_in_approve_mode() -> None:
    stage = frozen(AsgClampSettings(mode="approve", **FREEZE))
    assert stage.group.suspended == set()
    stage.approve(stage.requests[0])
    assert stage.group.suspended == FROZEN
    stage.sweeps(4, minutes=31)
    assert stage.group.suspended == set()
    assert stage.heard[:2] == ["needs_approval", "done"]


def test_observe_mode_ends_no_freeze_and_says_so_once() -> None:
    stage = frozen()
    stage.with_settings(mode="observe")
    stage.sweeps(8)
    assert stage.group.suspended == FROZEN
    assert stage.heard == ["done", "observed"]


def test_a_freeze_waits_while_a_person_has_paused() -> None:
    stage = frozen()
    stage.pause()
    stage.sweeps(6)
    assert stage.group.suspended == FROZEN
    stage.resume()
    stage.sweeps(1)
    assert stage.group.suspended == set()


def test_a_freeze_ends_though_the_cap_is_used_up() -> None:
    stage = frozen(enforce(cap=Cap(actions_per_hour=1), **FREEZE))
    stage.sweeps(5)
    assert stage.group.suspended == set()


def test_an_owners_own_suspension_stays() -> None:
    stage = frozen(suspended={"AZRebalance"})
    stage.sweeps(5)
    assert stage.group.suspended == {"AZRebalance"}


def test_what_the_owner_had_suspended_is_not_resumed_with_the_rest() -> None:
    stage = frozen(suspended={"ScheduledActions"})
    assert stage.group.suspended == FROZEN
    stage.sweeps(5)
    assert stage.group.suspended == {"ScheduledActions"}


def test_a_process_that_the_owner_resumed_meanwhile_is_not_touched() -> None:
    stage = frozen()
    stage.group.suspended.discard("ScheduledActions")
    stage.with_settings(growth_instances=None)
    stage.sweeps(5)
    assert stage.group.suspended == set()
    assert prior_of(stage.done()[-1]) == {"AlarmNotification": "active"}, "the other is not Fusebox's any more"


def test_what_the_owner_resumed_is_not_suspended_again_and_again() -> None:
    stage = frozen()
    stage.later(minutes=20)
    stage.group.suspended.clear()
    stage.sweeps(3, minutes=10)
    assert stage.group.suspended == set(), "the owner has had the last word"
    assert stage.heard == ["done", "needs_approval"]


def test_a_freeze_of_launches_always_asks() -> None:
    stage = frozen(enforce(freeze_launches=True, **FREEZE))
    assert stage.group.suspended == set()
    assert stage.heard == ["needs_approval"]
    stage.approve(stage.requests[0])
    assert stage.group.suspended == FROZEN | {"Launch", "ReplaceUnhealthy"}
    stage.sweeps(5)
    assert stage.group.suspended == set()


def test_a_growth_that_is_over_is_not_called_a_new_one_when_its_freeze_ends() -> None:
    stage = frozen()
    stage.sweeps(10)
    assert stage.heard == ["done", "done", "ended"], "frozen, and let go; nothing has been launched since"


def test_cap_and_freeze_are_turned_back_together() -> None:
    stage = on(enforce(ceiling=40, growth_instances=20))
    stage.sweep()
    stage.with_settings(action="freeze", ceiling=None)
    stage.deliver(stage.climb(25))
    assert stage.group.state == (0, 40, 30, frozenset(FROZEN))
    undone = stage.undo(str(stage.done()[-1]["action_id"]))
    assert undone.disposition is Disposition.DONE
    assert stage.group.state == (0, 100, 30, frozenset())


def test_a_cap_stands_on_when_the_freeze_on_top_of_it_ends_and_is_then_turned_back() -> None:
    stage = on(enforce(ceiling=40, growth_instances=20))
    stage.sweep()
    stage.with_settings(action="freeze", ceiling=None)
    stage.deliver(stage.climb(25))
    stage.sweeps(4, minutes=31)
    assert stage.group.state == (0, 40, 30, frozenset())
    stage.undo(str(stage.done()[-1]["action_id"]))
    assert stage.group.state == (0, 100, 30, frozenset())


def test_a_group_protected_after_its_freeze_is_left_and_told_of() -> None:
    stage = frozen()
    stage.group.tags = {"fusebox:protect": ""}
    stage.sweeps(6)
    assert stage.group.suspended == FROZEN
    assert stage.heard == ["done", "reported"]

"""A group that runs away, from the launch that crosses the limit to the max that holds it."""

from __future__ import annotations

from typing import Any

import pytest

from functions.asg_clamp.settings import AsgClampSettings
from functions.core import ledger
from functions.core.types import Disposition
from tests.unit.asg_clamp.cloud import Group
from tests.unit.asg_clamp.heard import Heard, on, prior_of
from tests.unit.asg_clamp.stage import enforce

GROWTH: dict[str, Any] = {"growth_instances": 20}
CEILING: dict[str, Any] = {"ceiling": 20, "growth_instances": None}


def approve(**more: Any) -> AsgClampSettings:
    return AsgClampSettings(mode="approve", **more)


# --- enforce: caught at once


def test_a_climb_is_caught_at_the_event_that_crosses_the_limit() -> None:
    stage = on(enforce(**GROWTH))
    for _ in range(9):
        stage.later(seconds=30)
        stage.deliver(stage.climb(5))
    group = stage.group
    assert group.sizes == (0, 30, 30), "5 and 20 more are allowed; the step to 30 crosses, and is held"
    assert (group.ended, group.suspended) == ([], set())
    assert stage.heard == ["done"]


def test_what_is_held_stays_held_and_is_not_told_again() -> None:
    stage = on(enforce(**GROWTH))
    stage.deliver(stage.climb(25))
    writes = list(stage.cloud.writes)
    stage.sweeps(10)
    stage.deliver(stage.climb(10))
    assert stage.group.sizes == (0, 30, 30)
    assert (stage.cloud.writes, stage.heard) == (writes, ["done"])


def test_a_max_over_the_ceiling_goes_down_before_anything_runs() -> None:
    stage = on(enforce(**CEILING))
    stage.sweep()
    assert stage.group.sizes == (0, 20, 5)
    stage.sweeps(3)
    assert stage.heard == ["done"], "that it is over by that is no news"


def test_a_group_that_runs_over_the_ceiling_is_held_where_it_runs() -> None:
    stage = on(enforce(**CEILING), Group("train", desired=32))
    (report,) = [stage.sweep()]
    assert stage.group.sizes == (0, 32, 32)
    (told,) = report.examples[Disposition.DONE]
    assert "12 over the limit" in str(told["reason"])
    stage.sweeps(3)
    assert (stage.heard, stage.group.ended) == (["done"], [])


def test_the_second_clamp_remembers_what_was_before_the_first() -> None:
    stage = on(enforce(**CEILING), Group("train", desired=32))
    stage.sweep()
    group = stage.group
    group.desired = 25
    group.reconcile()
    stage.sweeps(1)
    assert group.sizes == (0, 25, 25)
    first, second = stage.done()
    assert prior_of(second)["max"] == 100, "the max of the owner, not the one that was clamped"
    undone = stage.undo(str(second["action_id"]))
    assert undone.disposition is Disposition.DONE
    assert group.maximum == 100
    assert first["action_id"] != second["action_id"]


# --- approve: asked once, though it climbs on


def climbing(stage: Heard, times: int, by: int = 3) -> None:
    for _ in range(times):
        stage.later(minutes=1)
        stage.deliver(stage.climb(by))


def test_a_cap_is_asked_once_while_the_group_climbs_on_and_the_answer_still_counts() -> None:
    stage = on(approve(**GROWTH))
    stage.deliver(stage.climb(22))
    climbing(stage, 8)
    assert stage.heard == ["needs_approval"]
    assert stage.group.sizes == (0, 100, 51)
    (request,) = stage.requests
    report = stage.approve(request)
    assert report.counts == {"done": 1}
    assert stage.group.sizes == (0, 51, 51)
    assert stage.group.ended == []


def test_an_approval_does_not_count_for_another_max() -> None:
    stage = on(approve(**GROWTH))
    stage.deliver(stage.climb(22))
    stage.person_sets(max=200)
    report = stage.approve(stage.requests[0])
    assert report.counts == {"changed": 1}
    assert stage.group.sizes == (0, 200, 27)
    assert report.requests == [] or stage.group.maximum == 200


def test_a_ceiling_that_is_asked_about_is_asked_once_by_sweeps_and_events() -> None:
    stage = on(approve(**CEILING))
    stage.sweeps(3)
    climbing(stage, 4, by=2)
    assert stage.heard == ["needs_approval"]
    stage.approve(stage.requests[0])
    assert stage.group.sizes == (0, 20, 13)


# --- a successor of the same name


def made_anew(stage: Heard, **sizes: Any) -> None:
    old = stage.group
    stage.later(minutes=1)
    new = Group(old.name, more={"CreatedTime": stage.now}, **sizes)
    stage.cloud.groups[old.name] = new
    new.reconcile()


def test_a_successor_of_the_same_name_inherits_no_launches() -> None:
    stage = on(enforce(**GROWTH))
    stage.deliver(stage.climb(10))
    made_anew(stage, maximum=100, desired=40)
    stage.sweep()
    assert stage.group.sizes == (0, 100, 40), "what its predecessor launched says nothing about it"


def test_a_successor_of_the_same_name_inherits_no_growth() -> None:
    stage = on(enforce(**GROWTH))
    stage.deliver(stage.climb(25))
    stage.later(hours=2)
    made_anew(stage, maximum=100, desired=40)
    stage.sweep()
    assert stage.group.sizes == (0, 100, 40)


def test_a_successor_of_the_same_name_inherits_no_clamp() -> None:
    stage = on(enforce(**CEILING), Group("train", desired=32))
    stage.sweep()
    made_anew(stage, maximum=60, desired=5)
    stage.later(minutes=30)
    stage.sweep()
    last = stage.done()[-1]
    assert prior_of(last) == {"max": 60}
    assert stage.group.sizes == (0, 20, 5)


def test_what_was_done_to_a_predecessor_is_not_undone_to_its_successor() -> None:
    stage = on(enforce(**CEILING))
    stage.sweep()
    made_anew(stage, maximum=20, desired=5)
    with pytest.raises(Exception, match="made anew"):
        stage.undo(str(stage.done()[0]["action_id"]))
    assert stage.group.sizes == (0, 20, 5)


def test_the_ledger_holds_the_capacity_over_time_and_who_drove_it() -> None:
    stage = on(enforce(**GROWTH))
    for _ in range(5):
        stage.later(minutes=1)
        stage.deliver(stage.climb(6))
    intent = next(one for one in stage.done() if one["kind"] == ledger.INTENT)
    assert isinstance(intent["evidence"], dict)
    assert intent["evidence"]["driven_by"] == "policy leak-out (19)"
    assert intent["evidence"]["capacity"] == "12:01 5 · 12:02 11 · 12:03 17 · 12:04 23 · now 29"

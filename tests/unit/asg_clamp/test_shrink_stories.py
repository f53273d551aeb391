"""A group that is to be smaller: held at once, and taken down on a person's word, step by step."""

from __future__ import annotations

from typing import Any

import pytest

from functions.asg_clamp.settings import AsgClampSettings
from functions.core.types import Disposition
from tests.unit.asg_clamp.cloud import Group
from tests.unit.asg_clamp.heard import Heard, on
from tests.unit.asg_clamp.stage import enforce

STEPS: dict[str, Any] = {"action": "shrink", "shrink_step": 10, "step_minutes": 15}
CEILING: dict[str, Any] = {"ceiling": 10, "growth_instances": None, **STEPS}


def large(**more: Any) -> Group:
    return Group("train", **{"desired": 45, **more})


def agreed(stage: Heard) -> None:
    """It is capped, a shrink is asked about, and a person agrees."""
    stage.sweeps(2)
    stage.approve(stage.requests[0])


def test_it_is_held_at_once_and_then_a_person_is_asked() -> None:
    stage = on(enforce(**CEILING), large())
    stage.sweep()
    assert stage.group.sizes == (0, 45, 45)
    stage.sweeps(3)
    assert (stage.heard, stage.group.ended) == (["done", "needs_approval"], [])


def test_an_approved_shrink_goes_on_in_steps_and_asks_nothing_more() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    sizes = [stage.group.sizes]
    for _ in range(5):
        stage.sweeps(1)
        sizes.append(stage.group.sizes)
    assert sizes == [(0, 35, 35), (0, 25, 25), (0, 15, 15), (0, 10, 10), (0, 10, 10), (0, 10, 10)]
    assert len(stage.requests) == 1
    assert stage.heard == ["done", "needs_approval", "done", "done", "done"]
    assert len(stage.group.ended) == 35


def test_no_step_comes_before_its_time() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.sweeps(2, minutes=5)
    assert stage.group.sizes == (0, 35, 35)
    stage.sweeps(1, minutes=6)
    assert stage.group.sizes == (0, 25, 25)


def test_the_same_in_approve_mode() -> None:
    stage = on(AsgClampSettings(mode="approve", **CEILING), large())
    stage.sweep()
    assert stage.group.sizes == (0, 100, 45)
    stage.approve(stage.requests[0])
    stage.sweeps(5)
    assert stage.group.sizes == (0, 10, 10)
    assert stage.heard == ["needs_approval", "done", "done", "done"]


def test_a_growth_is_taken_back_whole_though_its_rest_would_be_within_the_limit() -> None:
    stage = on(enforce(growth_instances=20, **STEPS))
    stage.deliver(stage.climb(40))
    stage.later(minutes=30)
    stage.sweep()
    assert stage.group.sizes == (0, 26 + 19, 45)
    stage.approve(stage.requests[0])
    stage.sweeps(6)
    assert stage.group.sizes == (0, 5, 5), "what was agreed to: down to where it began"
    assert len(stage.requests) == 1
    assert stage.heard[-1] == "done"


@pytest.mark.parametrize("suspended", [set(), {"AZRebalance"}])
def test_a_ceiling_that_the_policy_raises_on_the_way_ends_the_steps(suspended: set[str]) -> None:
    stage = on(enforce(**CEILING), large(suspended=suspended))
    agreed(stage)
    stage.with_settings(ceiling=40)
    stage.sweeps(5)
    assert stage.group.sizes == (0, 35, 35)


def test_somebody_who_raises_max_meanwhile_is_asked_anew() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.person_sets(max=60)
    stage.sweeps(2)
    assert len(stage.group.ended) == 10, "nothing more without being asked"
    assert stage.group.sizes == (0, 60, 35), "nor is their max overruled"
    assert len(stage.requests) == 2
    stage.approve(stage.requests[1])
    assert stage.group.sizes == (0, 25, 25)


def test_after_a_day_it_asks_anew() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.sweeps(1, hours=25)
    assert stage.group.sizes == (0, 35, 35)


def test_a_pause_by_a_person_stops_the_steps_and_its_end_lets_them_go_on() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.pause()
    stage.sweeps(2)
    assert stage.group.sizes == (0, 35, 35)
    stage.resume()
    stage.sweeps(4)
    assert stage.group.sizes == (0, 10, 10)


def test_an_exemption_stops_the_steps() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.exempt()
    stage.sweeps(3)
    assert stage.group.sizes == (0, 35, 35)


def test_an_instance_refresh_stops_the_steps_and_is_told() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.group.more = {"Tags": [{"Key": "eks:nodegroup-name", "Value": "x"}]}
    stage.sweeps(3)
    assert stage.group.sizes == (0, 35, 35)
    assert stage.heard == ["done", "needs_approval", "reported"]


def test_with_allow_irreversible_it_is_shrunk_unasked() -> None:
    stage = on(enforce(allow_irreversible=True, **CEILING), large())
    stage.sweeps(6)
    assert stage.group.sizes == (0, 10, 10)
    assert stage.requests == []


def test_what_is_protected_from_scaling_in_stays() -> None:
    group = large()
    stage = on(enforce(allow_irreversible=True, ceiling=10, growth_instances=None, action="shrink"), group)
    group.protected = set(group.members[:18])
    stage.sweep()
    assert group.sizes == (0, 18, 18)
    assert set(group.members) == group.protected


@pytest.mark.parametrize(("lowers", "sizes"), [(False, (15, 15, 15)), (True, (10, 10, 10))])
def test_a_min_over_the_ceiling_goes_down_only_where_the_policy_says_so(
    lowers: bool, sizes: tuple[int, int, int]
) -> None:
    settings = enforce(allow_irreversible=True, ceiling=10, growth_instances=None, action="shrink", lower_min=lowers)
    stage = on(settings, large(minimum=15))
    stage.sweeps(3)
    assert stage.group.sizes == sizes


def test_a_shrink_in_steps_is_turned_back_as_one() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.sweeps(2)
    assert stage.group.sizes == (0, 15, 15)
    undone = stage.undo(str(stage.done()[-1]["action_id"]))
    assert undone.disposition is Disposition.DONE
    assert stage.group.sizes == (0, 100, 45)
    stage.sweeps(4)
    assert stage.group.sizes == (0, 100, 45), "the undo exempts it"


def test_a_shrink_of_what_no_longer_runs_is_done_without_a_question() -> None:
    stage = on(enforce(**CEILING), large())
    stage.sweeps(2)
    stage.person_sets(desired=6)
    stage.sweeps(1)
    assert stage.group.sizes == (0, 10, 6)


def test_a_shrink_that_the_policy_gives_up_is_not_carried_on() -> None:
    stage = on(enforce(**CEILING), large())
    agreed(stage)
    stage.with_settings(action="cap")
    stage.sweeps(3)
    assert stage.group.sizes == (0, 35, 35)

"""AWS refuses a call in the middle of a cap: nobody is terminated, and Terminate does not stay suspended."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.unit.asg_clamp.cloud import Cloud, Group, refusal
from tests.unit.asg_clamp.stage import Stage, enforce


def refusing(call: str, times: int) -> Callable[[str], None]:
    """AWS refuses a call so many times, surely and without having done anything."""
    left = [times]

    def between(made: str) -> None:
        if made == call and left[0]:
            left[0] -= 1
            raise refusal("You may not", "AccessDenied", 403)

    return between


@pytest.mark.parametrize("call", ["suspend_processes", "update_auto_scaling_group", "resume_processes"])
def test_terminate_goes_on_though_a_call_of_a_cap_was_refused(call: str) -> None:
    group = Group("train", maximum=50, desired=5)
    cloud = Cloud(group)
    stage = Stage(cloud, enforce(ceiling=8))
    cloud.between = refusing(call, times=1)
    stage.sweep()
    stage.later(minutes=30)
    stage.sweep()
    assert (group.maximum, group.suspended, group.ended) == (8, set(), [])


def test_what_a_person_suspended_stays_suspended_though_a_call_of_a_cap_was_refused() -> None:
    group = Group("train", maximum=50, desired=5, suspended={"Terminate"})
    cloud = Cloud(group)
    stage = Stage(cloud, enforce(ceiling=8))
    cloud.between = refusing("update_auto_scaling_group", times=1)
    stage.sweep()
    stage.later(minutes=30)
    stage.sweep()
    assert (group.maximum, group.suspended, group.ended) == (8, {"Terminate"}, [])

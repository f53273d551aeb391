"""Many groups at once: one that AWS refuses, one that is gone, hundreds, and the alarms that are kept for them."""

from __future__ import annotations

from typing import Any

import pytest

from functions.asg_clamp.settings import AsgClampSettings
from functions.core.spec import Cap
from functions.core.types import Disposition
from tests.unit.asg_clamp.cloud import Group, refusal
from tests.unit.asg_clamp.heard import Heard, at_call, on, refuse
from tests.unit.asg_clamp.stage import enforce

CEILING: dict[str, Any] = {"ceiling": 20, "growth_instances": None}
METRICS = {"EnabledMetrics": [{"Metric": "GroupDesiredCapacity", "Granularity": "1Minute"}]}


def three(**settings: Any) -> Heard:
    return on(enforce(**{**CEILING, **settings}), *(Group(name) for name in ("a", "b", "c")))


def sizes(stage: Heard) -> dict[str, int]:
    return {name: group.maximum for name, group in stage.cloud.groups.items()}


@pytest.mark.parametrize("action", ["cap", "freeze", "shrink"])
def test_one_group_whose_change_aws_refuses_stops_no_other(action: str) -> None:
    stage = three(action=action, allow_irreversible=action == "shrink")
    stubborn = stage.cloud.groups["b"]
    call = "suspend_processes" if action == "freeze" else "update_auto_scaling_group"
    original = getattr(stage.cloud, call)

    def refused(AutoScalingGroupName: str, **request: Any) -> None:
        if AutoScalingGroupName == "b":
            refuse("b")
        original(AutoScalingGroupName=AutoScalingGroupName, **request)

    setattr(stage.cloud, call, refused)
    report = stage.sweep()
    assert report.counts == {"done": 2, "failed": 1}
    assert report.partial
    assert stubborn.sizes == (0, 100, 5)


def test_a_group_that_aws_refuses_uses_up_nobodys_cap_however_it_climbs() -> None:
    stage = on(enforce(growth_instances=20), Group("a"), Group("b"))
    original = stage.cloud.update_auto_scaling_group

    def refused(AutoScalingGroupName: str, **sizes: int) -> None:
        if AutoScalingGroupName == "a":
            refuse("a")
        original(AutoScalingGroupName=AutoScalingGroupName, **sizes)

    stage.cloud.update_auto_scaling_group = refused  # type: ignore[method-assign]
    for _ in range(30):
        stage.later(seconds=20)
        stage.deliver(stage.climb(3, name="a"))
    assert stage.heard == ["failed"], "told once, and tried again by the next sweep"
    tries = len(stage.cloud.calls)
    stage.sweeps(2)
    assert len(stage.cloud.calls) > tries
    assert stage.heard == ["failed"], "tried by each sweep, and told once a day"
    stage.sweeps(1, hours=13)
    assert stage.heard == ["failed", "failed"]
    stage.deliver(stage.climb(25, name="b"))
    assert stage.cloud.groups["b"].maximum == 30


def test_a_cap_that_aws_refuses_leaves_terminate_as_it_was() -> None:
    stage = three()

    def refused(AutoScalingGroupName: str, **sizes: int) -> None:
        refuse(AutoScalingGroupName)

    stage.cloud.update_auto_scaling_group = refused  # type: ignore[method-assign]
    stage.sweep()
    assert [group.suspended for group in stage.cloud.groups.values()] == [set(), set(), set()]


@pytest.mark.parametrize("at", range(2, 7))
def test_a_cap_that_aws_does_not_answer_is_settled_with_terminate_as_it_was(at: int) -> None:
    stage = on(enforce(**CEILING))

    def no_answer() -> None:
        raise refusal("internal", "InternalFailure", 500)

    stage.cloud.between = at_call(at, no_answer)
    report = stage.sweep()
    stage.cloud.between = lambda call: None
    assert report.counts == {"unsettled": 1}
    stage.sweeps(2)
    assert stage.group.state == (0, 20, 5, frozenset())
    assert stage.group.ended == []


@pytest.mark.parametrize("at", range(2, 9))
def test_a_group_that_goes_between_look_and_act_is_no_failure(at: int) -> None:
    stage = three()
    stage.cloud.between = at_call(at, lambda: stage.cloud.groups.pop("b", None))
    report = stage.sweep()
    stage.cloud.between = lambda call: None
    assert not report.partial
    assert report.counts[Disposition.DONE] + report.counts[Disposition.GONE] == 3
    assert sizes(stage) == {"a": 20, "c": 20}


def test_hundreds_whose_facts_have_aged_are_looked_at_again_in_batches() -> None:
    roomy = enforce(action="freeze", cap=Cap(actions_per_hour=500), **CEILING)
    stage = on(roomy, *(Group(f"g{number:03}") for number in range(150)))
    stage.cloud.between = lambda call: stage.later(seconds=5) if call == "suspend_processes" else None
    report = stage.sweep()
    assert report.counts == {"done": 150}
    looks = [one for one in stage.cloud.calls if one == "describe_auto_scaling_groups"]
    # Two pages; and what a batch of fifty looks at again ages within a minute, or twelve changes.
    assert len(looks) <= 2 + 150 // 12 + 2


def test_a_second_sweep_writes_nothing_and_says_nothing() -> None:
    stage = on(enforce(**CEILING), *(Group(name, desired=30) for name in ("a", "b", "c")))
    stage.sweep()
    stage.heard.clear()
    writes, told = list(stage.cloud.writes), len(stage.told)
    stage.sweeps(3)
    assert (stage.cloud.writes, len(stage.told), stage.heard) == (writes, told, [])


def test_a_second_sweep_in_observe_mode_says_nothing_though_the_group_goes_on_growing() -> None:
    stage = on(AsgClampSettings(**CEILING), Group("train", desired=30))
    stage.sweep()
    for _ in range(5):
        stage.deliver(stage.climb(7))
        stage.sweeps(1)
    assert stage.heard == ["observed"]
    assert stage.cloud.writes == []


def test_activities_that_cannot_be_read_make_the_run_partial_and_stop_nothing() -> None:
    stage = three()

    def throttled(**request: Any) -> dict[str, Any]:
        raise refusal("Rate exceeded", "Throttling")

    stage.cloud.describe_scaling_activities = throttled  # type: ignore[method-assign]
    report = stage.sweep()
    assert (report.partial, sizes(stage)) == (True, {"a": 20, "b": 20, "c": 20})
    assert "only events tell of launches" in report.trouble[0]


# --- alarms


def alarmed(**settings: Any) -> Heard:
    stage = on(
        enforce(**{"ceiling": 120, "growth_instances": None, "alarms": True, **settings}),
        Group("a", more=METRICS),
        Group("b", more=METRICS),
        Group("dark"),
    )
    stage.sweep()
    return stage


def thresholds(stage: Heard) -> dict[str, float]:
    return {name: alarm["Threshold"] for name, alarm in stage.watch.alarms.items()}


def test_alarms_are_made_for_groups_whose_metrics_are_collected_and_the_others_are_named() -> None:
    stage = alarmed()
    assert thresholds(stage) == {"fusebox-asg-clamp-a": 120.0, "fusebox-asg-clamp-b": 120.0}
    assert stage.heard == ["reported"]
    stage.watch.calls.clear()
    stage.sweeps(2)
    assert stage.watch.calls == ["describe_alarms"] * 2
    assert stage.heard == ["reported"]


def test_alarms_follow_the_ceiling_and_the_groups() -> None:
    stage = alarmed()
    stage.with_settings(ceiling=150)
    del stage.cloud.groups["b"]
    stage.sweeps(1)
    assert thresholds(stage) == {"fusebox-asg-clamp-a": 150.0}


def test_alarms_go_when_they_are_no_longer_wanted_and_are_then_not_even_listed() -> None:
    stage = alarmed()
    stage.with_settings(alarms=False)
    stage.sweeps(1)
    assert stage.watch.alarms == {}
    stage.watch.calls.clear()
    stage.sweeps(3)
    assert stage.watch.calls == []


def test_alarms_that_were_never_made_are_never_listed() -> None:
    stage = three()
    stage.sweeps(3)
    assert stage.watch.calls == []


def test_alarms_are_kept_in_no_pause_and_not_in_observe_mode() -> None:
    stage = on(AsgClampSettings(ceiling=120, alarms=True), Group("a", more=METRICS))
    stage.sweep()
    stage.with_settings(mode="enforce")
    stage.pause()
    stage.sweeps(1)
    assert stage.watch.alarms == {}


def test_a_protected_group_gets_no_alarm() -> None:
    stage = alarmed(protect=("a",))
    assert set(thresholds(stage)) == {"fusebox-asg-clamp-b"}

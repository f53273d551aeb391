"""A group that swings over and under its limit: each change of its state is told once, and nothing is written twice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from functions.asg_clamp.guardrail import GUARDRAIL
from functions.asg_clamp.settings import AsgClampSettings
from functions.core import evaluating
from functions.core.events import read_event
from tests.unit.asg_clamp.cloud import Group
from tests.unit.asg_clamp.heard import Heard, at_call, on
from tests.unit.asg_clamp.stage import SCOPE, enforce, launch_event

DOLLARS: dict[str, Any] = {"dollars_per_hour": 20.0, "growth_instances": None}
CEILING: dict[str, Any] = {"ceiling": 20, "growth_instances": None}
Look = Callable[[Heard], None]


def an_event(stage: Heard) -> dict[str, Any]:
    stage.launches += 1
    return launch_event("train", f"a{stage.launches}", stage.now, before=stage.group.desired, after=stage.group.desired)


def by_sweep(stage: Heard) -> None:
    stage.sweep()


def by_two_sweeps(stage: Heard) -> None:
    stage.sweep()
    stage.later(minutes=30)
    stage.sweep()


def by_events(stage: Heard) -> None:
    for _ in range(3):
        stage.later(seconds=1)
        stage.event(an_event(stage))


def by_duplicates(stage: Heard) -> None:
    raw = an_event(stage)
    for _ in range(3):
        stage.event(raw)


def by_two_handlers(stage: Heard) -> None:
    """A second handler works while the first one looks."""
    first, second = an_event(stage), an_event(stage)
    stage.cloud.between = at_call(0, lambda: stage.event(second))
    stage.event(first)
    stage.cloud.between = lambda call: None


def by_two_handlers_that_saw_the_same(stage: Heard) -> None:
    """Both have read before either tells."""
    run, other = stage.run(), stage.run()
    (arn,) = stage_arns(stage)
    seen, also = (list(one.account.read([arn]).values()) for one in (run, other))
    for one, facts in ((run, seen), (other, also)):
        report = one.new_report()
        evaluating.evaluate(one, facts, report, joins=True)
        stage._tell(report)


def stage_arns(stage: Heard) -> list[str]:
    named: Any = GUARDRAIL.subjects(read_event(an_event(stage)), SCOPE)
    return list(named)


LOOKS = pytest.mark.parametrize(
    "look", [by_sweep, by_two_sweeps, by_events, by_duplicates, by_two_handlers, by_two_handlers_that_saw_the_same]
)


@LOOKS
def test_dollars_in_observe_mode(look: Look) -> None:
    stage = on(AsgClampSettings(**DOLLARS))
    look(stage)
    for desired in (30, 5, 30, 5, 30):
        stage.later(minutes=7)
        stage.person_sets(desired=desired)
        look(stage)
    assert stage.heard == ["observed", "ended", "observed", "ended", "observed"]
    assert stage.cloud.writes == []


@LOOKS
def test_a_ceiling_by_a_persons_hand_in_observe_mode(look: Look) -> None:
    stage = on(AsgClampSettings(**CEILING), Group("train", maximum=20))
    for maximum in (30, 20, 30, 20):
        stage.later(minutes=7)
        stage.person_sets(max=maximum)
        look(stage)
    assert stage.heard == ["observed", "ended", "observed", "ended"]
    assert stage.cloud.writes == []


@LOOKS
def test_a_ceiling_by_a_persons_hand_in_enforce_mode(look: Look) -> None:
    """Whoever raises max after it was capped is asked, once; what a cap has cured is not told to have ended."""
    stage = on(enforce(**CEILING), Group("train", maximum=20))
    for maximum in (30, 40, 20, 40):
        stage.later(minutes=7)
        stage.person_sets(max=maximum)
        look(stage)
        stage.later(minutes=7)
        look(stage)
    assert stage.heard == ["done", "needs_approval", "ended"]
    assert stage.group.maximum == 40
    assert stage.cloud.writes == ["suspend_processes", "update_auto_scaling_group", "resume_processes"]


@LOOKS
def test_dollars_in_enforce_mode(look: Look) -> None:
    stage = on(enforce(**DOLLARS))
    stage.person_sets(desired=30)
    look(stage)
    for desired in (5, 25, 5, 30, 10):
        stage.later(minutes=7)
        stage.person_sets(desired=desired)
        look(stage)
    # Held at what ran; what comes back under that max is told and cannot be capped further.
    assert stage.heard == ["done", "ended", "done", "ended", "reported", "ended"][: len(stage.heard)]
    assert stage.cloud.writes.count("update_auto_scaling_group") == len([one for one in stage.heard if one == "done"])
    assert stage.group.ended == [] or stage.group.maximum <= 30


@LOOKS
def test_growth_that_comes_and_goes_in_observe_mode(look: Look) -> None:
    stage = on(AsgClampSettings(growth_instances=20))
    for _ in range(2):
        stage.later(minutes=45)
        stage.deliver(stage.climb(25))
        stage.later(minutes=45)
        look(stage)
        stage.person_sets(desired=5)
        look(stage)
    assert stage.heard == ["observed", "ended", "observed", "ended"]


def asked_and_swinging(look: Look) -> list[str]:
    stage = on(AsgClampSettings(mode="approve", **DOLLARS))
    for desired in (30, 5, 30, 5):
        stage.later(minutes=7)
        stage.person_sets(desired=desired)
        look(stage)
    return stage.heard


@LOOKS
def test_a_limit_that_is_asked_about_is_asked_once_however_it_swings(look: Look) -> None:
    assert asked_and_swinging(look).count("needs_approval") == 1


@LOOKS
def test_what_was_not_asked_again_has_not_ended_again(look: Look) -> None:
    assert asked_and_swinging(look) == ["needs_approval", "ended"]


@LOOKS
def test_an_exempt_group_is_not_told_of_however_it_swings(look: Look) -> None:
    stage = on(enforce(**DOLLARS))
    stage.exempt()
    for desired in (30, 5, 30, 5):
        stage.later(minutes=7)
        stage.person_sets(desired=desired)
        look(stage)
    assert (stage.heard, stage.cloud.writes) == ([], [])


@LOOKS
def test_what_was_told_before_an_exemption_ends_once(look: Look) -> None:
    stage = on(AsgClampSettings(**DOLLARS))
    stage.person_sets(desired=30)
    look(stage)
    stage.exempt()
    for desired in (31, 5, 30, 5):
        stage.later(minutes=7)
        stage.person_sets(desired=desired)
        look(stage)
    assert stage.heard == ["observed", "ended"]


@LOOKS
def test_an_exempt_group_that_is_held_is_not_told_of(look: Look) -> None:
    stage = on(enforce(**CEILING), Group("train", minimum=25, maximum=25, desired=25))
    stage.exempt()
    look(stage)
    assert stage.heard == []

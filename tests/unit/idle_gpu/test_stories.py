"""Every story ends in its verdict, and nothing that works is stopped, whatever happens to its datapoints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.idle_gpu.decide import decide
from functions.idle_gpu.facts import Instance, Series
from tests.unit.idle_gpu.stories import STORIES, Story, stops

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=300, database=None)
WHOLE = tuple(story for story in STORIES if not story.extra and story.seen.series)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_the_verdict_and_whether_it_may_be_stopped(story: Story) -> None:
    decision = decide(story.seen, story.settings, story.now)
    assert (decision.verdict, stops(decision)) == (story.verdict, story.stopped), decision.reason


def test_the_stories_are_many_and_each_is_told_once() -> None:
    assert len(STORIES) >= 40
    assert len({story.name for story in STORIES}) == len(STORIES)


@REPEATABLE
@given(story=st.sampled_from(STORIES), chance=st.randoms(use_true_random=False), copies=st.integers(1, 3))
def test_repeated_and_reordered_datapoints_change_nothing(story: Story, chance: Random, copies: int) -> None:
    mangled = _each(story.seen, lambda one: _shuffled(one, chance, copies))
    assert decide(mangled, story.settings, story.now) == decide(story.seen, story.settings, story.now)


@REPEATABLE
@given(story=st.sampled_from(WHOLE), chance=st.randoms(use_true_random=False), lost=st.integers(1, 60))
def test_lost_datapoints_never_lead_to_a_stop(story: Story, chance: Random, lost: int) -> None:
    gone = _some_periods(story.seen, chance, lost)
    mangled = _lacking(_each(story.seen, lambda one: _shuffled(one, chance, 2)), gone)
    assert not stops(decide(mangled, story.settings, story.now))


@pytest.mark.parametrize("story", [one for one in WHOLE if not one.stopped], ids=lambda story: story.name)
def test_no_single_lost_datapoint_of_a_gpu_leads_to_a_stop(story: Story) -> None:
    for series in story.seen.of_kind("utilisation"):
        for point in series.points:
            lacks = _lacking(story.seen, {(series.name, point.at)})
            assert not stops(decide(lacks, story.settings, story.now)), point


def _each(seen: Instance, change: Callable[[Series], Series]) -> Instance:
    return seen if seen.series is None else replace(seen, series=tuple(change(one) for one in seen.series))


def _shuffled(series: Series, chance: Random, copies: int) -> Series:
    points = [*series.points, *(chance.choice(series.points) for _ in range(copies) if series.points)]
    chance.shuffle(points)
    return replace(series, points=tuple(points))


def _some_periods(seen: Instance, chance: Random, count: int) -> set[tuple[str, int]]:
    """Periods of some series, within the window: as CloudWatch would lose them."""
    assert seen.window is not None
    within = [(one.name, point.at) for one in seen.series or () for point in one.points if point.at < seen.window.end]
    return set(chance.sample(within, min(count, len(within))))


def _lacking(seen: Instance, gone: set[tuple[str, int]]) -> Instance:
    def without(series: Series) -> Series:
        return replace(series, points=tuple(one for one in series.points if (series.name, one.at) not in gone))

    return _each(seen, without)

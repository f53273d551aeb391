"""Launches from events and from scaling activities lead to the same history, in whatever order they are heard of."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.asg_clamp import causes, history
from functions.asg_clamp.events import launch_of
from functions.asg_clamp.facts import Call, Launch
from functions.asg_clamp.history import CALLS_KEPT, LAUNCHES_KEPT, Note
from functions.core.events import read_event
from tests.unit.asg_clamp.builders import NOW
from tests.unit.asg_clamp.stage import launch_event

SINCE = NOW - timedelta(minutes=60)

launches = st.lists(
    st.builds(
        lambda ago, number, ok, before: Launch(NOW - timedelta(minutes=ago), f"a{number}", ok=ok, before=before),
        st.integers(0, 90),
        st.integers(0, 40),
        st.booleans(),
        st.none() | st.integers(0, 50),
    ),
    max_size=30,
    unique_by=lambda one: one.activity,
)


def heard(some: list[Launch], since: datetime = SINCE) -> Note:
    note: Note = {}
    for one in some:
        note = history.with_launch(note, one, since)
    return note


@settings(max_examples=200, derandomize=True, deadline=None)
@given(launches, st.randoms(use_true_random=False))
def test_any_order_and_any_duplicates_give_the_same_history(some: list[Launch], chance: object) -> None:
    again = [*some, *some[: len(some) // 2]]
    chance.shuffle(again)  # type: ignore[attr-defined]
    assert heard(again) == heard(some)
    recent = tuple(sorted((one for one in some if one.at >= SINCE), key=lambda one: (one.at, one.activity)))
    assert history.history(heard(again)).launches == recent


@settings(max_examples=200, derandomize=True, deadline=None)
@given(launches, st.integers(0, 30))
def test_what_events_missed_activities_tell_and_nothing_counts_twice(some: list[Launch], events: int) -> None:
    note = heard(some[:events], since=NOW - timedelta(days=1))
    together = history.history(note, some)
    assert together.launches == tuple(sorted(some, key=lambda one: (one.at, one.activity)))


def test_what_was_heard_already_changes_nothing_and_is_not_written() -> None:
    note = heard([Launch(NOW, "a")])
    assert history.with_launch(note, Launch(NOW, "a", ok=False), SINCE) is note
    assert history.with_launch(note, Launch(SINCE - timedelta(seconds=1), "b"), SINCE) is note


def test_old_launches_drop_with_the_next_one() -> None:
    old = Launch(NOW - timedelta(minutes=59), "old")
    later = Launch(NOW + timedelta(minutes=5), "new")
    note = history.with_launch(heard([old]), later, SINCE + timedelta(minutes=5))
    assert history.history(note).launches == (later,)


def test_at_most_so_many_are_kept_and_those_are_the_latest() -> None:
    some = [Launch(NOW + timedelta(seconds=number), f"a{number:04}") for number in range(LAUNCHES_KEPT + 50)]
    assert history.history(heard(some)).launches == tuple(some[50:])
    assert history.history(heard(list(reversed(some)))).launches == tuple(some[50:])


def test_calls_are_kept_once_and_the_latest_few() -> None:
    calls = [Call(NOW + timedelta(seconds=at), f"e{at:02}", f"max {at}", "ada") for at in range(CALLS_KEPT + 3)]
    note: Note = {}
    for one in [*reversed(calls), *calls]:
        note = history.with_call(note, one, SINCE)
    assert history.history(note).calls == tuple(calls[3:])


def test_launches_and_calls_of_a_predecessor_are_not_the_groups_own() -> None:
    note = heard([Launch(NOW - timedelta(minutes=5), "theirs"), Launch(NOW, "own")])
    note = history.with_call(note, Call(NOW - timedelta(minutes=5), "e", "max 9", "ada"), SINCE)
    found = history.history(note, [], NOW + timedelta(milliseconds=400))
    assert ([one.activity for one in found.launches], found.calls) == (["own"], ())


def test_the_window_includes_its_begin() -> None:
    found = history.history(heard([Launch(NOW - timedelta(minutes=at), f"a{at}") for at in (29, 30, 31)]))
    assert [one.activity for one in found.since(NOW, 30)] == ["a30", "a29"]


# --- what an event and an activity say


EVENT = launch_event("train", "a1", NOW, before=5, after=8)
ACTIVITY = {
    "ActivityId": "a1",
    "AutoScalingGroupName": "train",
    "Description": EVENT["detail"]["Description"],
    "Cause": EVENT["detail"]["Cause"],
    "StartTime": NOW,
    "StatusCode": "Successful",
}


def test_an_event_and_an_activity_tell_the_same_launch() -> None:
    assert launch_of(read_event(EVENT)) == causes.of_activity(ACTIVITY)
    assert causes.of_activity(ACTIVITY) == Launch(NOW, "a1", before=5, by="policy leak-out")


def test_a_launch_that_failed_says_why_at_most_so_long() -> None:
    failed = causes.of_activity({**ACTIVITY, "StatusCode": "Failed", "StatusMessage": "x" * 900})
    assert failed is not None
    assert (failed.ok, failed.message) == (False, "x" * causes.LONGEST)


@pytest.mark.parametrize(
    "changes",
    [
        {"StatusCode": "Cancelled"},
        {"Description": "Terminating EC2 instance: i-0123456789abcdef0"},
        {"Description": ""},
    ],
)
def test_what_was_cancelled_or_is_no_launch_is_none(changes: dict[str, str]) -> None:
    assert causes.of_activity({**ACTIVITY, **changes}) is None


@pytest.mark.parametrize(
    ("cause", "expected"),
    [
        ("", Launch(NOW, "a1")),
        ("the shape of prose may change: from 5 up to 8", Launch(NOW, "a1")),
        (
            "At 2026-11-25T12:00:00Z an instance was taken out of service in response to an EC2 health check. At "
            "2026-11-25T12:00:01Z an instance was started in response to an unhealthy instance needing to be replaced.",
            Launch(NOW, "a1", replaces=True),
        ),
        ("At 2026-11-25T12:00:00Z a user request update changed.", Launch(NOW, "a1", by="user request")),
        ("At 2026-11-25T12:00:00Z a scheduled action update.", Launch(NOW, "a1", by="scheduled action")),
        ("an instance was launched in response to an Instance Refresh.", Launch(NOW, "a1", refresh=True)),
    ],
)
def test_what_a_cause_says_and_what_it_does_not(cause: str, expected: Launch) -> None:
    assert causes.of_activity({**ACTIVITY, "Cause": cause}) == expected


@pytest.mark.parametrize("start", [None, "", "yesterday", 7, "9999-99-99"])
def test_an_event_without_a_readable_start_began_at_its_own_time(start: object) -> None:
    launch = launch_of(read_event({**EVENT, "detail": {**EVENT["detail"], "StartTime": start}}))
    assert launch == replace(Launch(NOW, "a1", before=5), by="policy leak-out")


def test_an_event_without_an_activity_id_tells_no_launch() -> None:
    detail = {**EVENT["detail"], "ActivityId": ""}
    assert launch_of(read_event({**EVENT, "detail": detail})) is None

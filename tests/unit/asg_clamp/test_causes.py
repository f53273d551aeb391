"""What the texts of launches say, and that nothing is guessed from those that say something else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.asg_clamp import causes
from functions.asg_clamp.facts import Launch

AT = datetime(2026, 11, 25, 12, tzinfo=UTC)
STARTED = (
    "At 2026-11-25T11:58:52Z an instance was started in response to a difference between desired and actual capacity"
)
BY_POLICY = (
    "At 2026-11-25T11:58:41Z a monitor alarm TargetTracking-train-AlarmHigh-0f1e in state ALARM triggered policy "
    f"keep cpu at 50 changing the desired capacity from 5 to 9.  {STARTED}, increasing the capacity from 5 to 9."
)
BY_PERSON = (
    "At 2026-11-25T11:58:41Z a user request update of AutoScalingGroup constraints to min: 0, max: 20, desired: 9 "
    f"changing the desired capacity from 5 to 9.  {STARTED}, increasing the capacity from 5 to 9."
)
BY_SCHEDULE = (
    "At 2026-11-25T11:58:41Z a scheduled action update of AutoScalingGroup constraints to min: 0, max: 20, desired: 9 "
    f"changing the desired capacity from 5 to 9.  {STARTED}, increasing the capacity from 5 to 9."
)
UNHEALTHY = (
    "At 2026-11-25T11:58:52Z an instance was launched in response to an unhealthy instance needing to be replaced."
)
REFRESH = "At 2026-11-25T11:58:52Z an instance was launched in response to an instance refresh."


def launch(cause: object, **more: Any) -> Launch | None:
    return causes.of_event({"ActivityId": "a", "Cause": cause, **more}, AT, failed=False)


def activity(**more: Any) -> dict[str, Any]:
    return {
        "ActivityId": "a",
        "AutoScalingGroupName": "train",
        "Description": "Launching a new EC2 instance: i-0123456789abcdef0",
        "Cause": BY_POLICY,
        "StartTime": AT,
        "StatusCode": "Successful",
        **more,
    }


@pytest.mark.parametrize(
    ("cause", "before", "by", "replaces", "refresh"),
    [
        (BY_POLICY, 5, "policy keep cpu at 50", False, False),
        (BY_PERSON, 5, "user request", False, False),
        (BY_SCHEDULE, 5, "scheduled action", False, False),
        (UNHEALTHY, None, "", True, False),
        (REFRESH, None, "", False, True),
        ("increasing the capacity from 1234567 to 1234568", None, "", False, False),
        ("increasing the capacity from five to nine", None, "", False, False),
        ("Eine Skalierungsrichtlinie hat die Kapazität von 5 auf 9 erhöht.", None, "", False, False),
        ("", None, "", False, False),
        (None, None, "", False, False),
        (7, None, "", False, False),
        (["text"], None, "", False, False),
    ],
)
def test_a_launch_is_one_whatever_its_cause_says(
    cause: object, before: int | None, by: str, replaces: bool, refresh: bool
) -> None:
    assert launch(cause) == Launch(AT, "a", before=before, by=by, replaces=replaces, refresh=refresh)


def test_a_cause_without_end_is_read_in_no_time() -> None:
    found = launch("triggered policy " * 20_000 + "At 2026-11-25T11:58:41Z a " * 20_000)
    assert found is not None
    assert len(found.by) < 300


@pytest.mark.parametrize("identity", [None, "", 7, {}])
def test_a_launch_that_cannot_be_told_from_others_is_not_kept(identity: object) -> None:
    assert launch(BY_POLICY, ActivityId=identity) is None


@pytest.mark.parametrize(
    ("end", "at"),
    [
        ("2026-11-25T11:58:55.412Z", datetime(2026, 11, 25, 11, 58, 55, 412_000, UTC)),
        ("a moment ago", AT),
        ("", AT),
        (None, AT),
        (1764072000, AT),
        ({}, AT),
        ("2099-01-01T00:00:00Z", AT),
        ("0001-01-01T00:00:00+23:59", AT),
    ],
)
def test_a_launch_counts_from_its_end_or_else_from_its_event(end: object, at: datetime) -> None:
    found = launch(BY_POLICY, StartTime="2026-11-25T11:00:00Z", EndTime=end)
    assert found is not None
    assert found.at == at


def test_a_failed_launch_says_why_in_short() -> None:
    detail = {"ActivityId": "a", "Cause": BY_POLICY, "StatusMessage": "no capacity " * 50}
    failed = causes.of_event(detail, AT, failed=True)
    assert failed is not None
    assert (failed.ok, failed.message[:11], len(failed.message)) == (False, "no capacity", causes.LONGEST)
    done = causes.of_event(detail, AT, failed=False)
    assert done is not None
    assert done.message == ""


@pytest.mark.parametrize(
    ("status", "ok"), [("Successful", True), ("Failed", False), ("Cancelled", None), ("InProgress", True), ("", True)]
)
def test_an_activity_counts_unless_it_was_cancelled(status: str, ok: bool | None) -> None:
    found = causes.of_activity(activity(StatusCode=status, StatusMessage="no capacity"))
    assert (found and found.ok) is ok


@pytest.mark.parametrize(
    "description", ["Terminating EC2 instance: i-0123456789abcdef0", "Attaching an existing EC2 instance: i-0", ""]
)
def test_only_launches_count_as_launches(description: str) -> None:
    assert causes.of_activity(activity(Description=description)) is None


def test_the_event_and_the_activity_of_a_launch_say_the_same() -> None:
    ended = AT - timedelta(seconds=8)
    heard = launch(BY_POLICY, EndTime=f"{ended:%Y-%m-%dT%H:%M:%SZ}")
    assert heard == causes.of_activity(activity(EndTime=ended))

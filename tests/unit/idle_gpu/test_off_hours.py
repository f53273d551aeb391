"""Working hours in their own zone, over midnight, weekends and changes of the clocks; what is stopped and started."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from functions.core.types import Action
from functions.idle_gpu.decide import decide
from functions.idle_gpu.facts import STOPPED_TAG, Instance
from functions.idle_gpu.offhours import last_end, next_begin, schedule_of, share_off, working
from functions.idle_gpu.resting import mark, stopped_by_fusebox
from functions.idle_gpu.settings import IdleGpuSettings, Schedule
from tests.unit.idle_gpu.builders import Pattern, at, gpu, idle, instance, others, series, steady

OFFICE = Schedule(tag="hours=office", zone="Europe/Berlin", starts="08:00", ends="18:00")
NIGHT = Schedule(tag="hours=night", zone="America/New_York", starts="22:00", ends="06:00")
SMALL = Schedule(tag="hours=small", zone="Europe/Berlin", starts="01:30", ends="02:30", days=("sun",))
SATURDAY = Schedule(tag="h=s", zone="Asia/Tokyo", starts="00:00", ends="00:00", days=("sat",))
CASES = (
    # schedule, a moment in UTC, working?
    (OFFICE, "2026-11-23T06:59:59", False),  # Monday, 07:59:59 in Berlin
    (OFFICE, "2026-11-23T07:00:00", True),
    (OFFICE, "2026-11-23T16:59:59", True),
    (OFFICE, "2026-11-23T17:00:00", False),
    (OFFICE, "2026-11-22T10:00:00", False),  # Sunday
    (OFFICE, "2026-07-06T06:00:00", True),  # summer time: 08:00
    (OFFICE, "2026-07-06T16:00:00", False),
    (NIGHT, "2026-11-24T02:59:00", False),  # Monday 21:59 in New York, though it is Tuesday in UTC
    (NIGHT, "2026-11-24T03:00:00", True),
    (NIGHT, "2026-11-24T10:59:00", True),
    (NIGHT, "2026-11-24T11:00:00", False),
    (NIGHT, "2026-11-28T10:00:00", True),  # Saturday 05:00 belongs to Friday's night
    (NIGHT, "2026-11-29T04:00:00", False),  # Saturday 23:00 is no working night
    (NIGHT, "2026-11-23T04:00:00", False),  # Sunday 23:00
    (SATURDAY, "2026-11-27T14:59:00", False),
    (SATURDAY, "2026-11-27T15:00:00", True),  # midnight in Tokyo
    (SATURDAY, "2026-11-28T14:59:00", True),
    (SATURDAY, "2026-11-28T15:00:00", False),
    # The clocks go back: 02:30 comes twice, and the hours end with the second.
    (SMALL, "2026-10-24T23:29:00", False),
    (SMALL, "2026-10-24T23:30:00", True),
    (SMALL, "2026-10-25T00:45:00", True),
    (SMALL, "2026-10-25T01:29:00", True),
    (SMALL, "2026-10-25T01:30:00", False),
    # The clocks go forward: 02:30 never comes, and the hours end where it would have been.
    (SMALL, "2026-03-29T00:29:00", False),
    (SMALL, "2026-03-29T00:30:00", True),
    (SMALL, "2026-03-29T01:29:00", True),
    (SMALL, "2026-03-29T01:30:00", False),
)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("schedule", "when", "expected"), CASES, ids=lambda value: str(getattr(value, "tag", value)))
def test_working_hours(schedule: Schedule, when: str, expected: bool) -> None:
    assert working(schedule, moment(when)) is expected


def test_the_zone_of_the_clock_that_asks_does_not_matter() -> None:
    utc = moment("2026-11-23T07:00:00")
    assert working(OFFICE, utc.astimezone()) == working(OFFICE, utc)


@pytest.mark.parametrize(
    ("schedule", "when", "begin"),
    [
        (OFFICE, "2026-11-23T17:00:00", "2026-11-24T07:00:00"),
        (OFFICE, "2026-11-27T17:00:00", "2026-11-30T07:00:00"),  # over the weekend
        (OFFICE, "2026-10-23T16:00:00", "2026-10-26T07:00:00"),  # over the change of the clocks: 08:00 is 07:00 UTC now
        (OFFICE, "2026-11-23T06:59:00", "2026-11-23T07:00:00"),
        (SATURDAY, "2026-11-28T15:00:00", "2026-12-04T15:00:00"),
    ],
)
def test_when_hours_begin_next(schedule: Schedule, when: str, begin: str) -> None:
    assert next_begin(schedule, moment(when)) == moment(begin)


def test_when_hours_ended_last() -> None:
    assert last_end(OFFICE, moment("2026-11-22T12:00:00")) == moment("2026-11-20T17:00:00")


@pytest.mark.parametrize(
    ("schedule", "share"), [(OFFICE, 118 / 168), (NIGHT, 128 / 168), (SATURDAY, 144 / 168), (SMALL, 167 / 168)]
)
def test_the_share_of_a_week_that_is_off(schedule: Schedule, share: float) -> None:
    assert share_off(schedule) == pytest.approx(share)


def test_the_first_schedule_whose_tag_is_there_applies() -> None:
    settings = IdleGpuSettings(off_hours=(OFFICE, NIGHT))
    assert schedule_of({"hours": "night"}, settings) is NIGHT
    assert schedule_of({"hours": "never"}, settings) is None
    assert schedule_of(None, settings) is None


# --- what is stopped, and what is started again

SETTINGS = IdleGpuSettings(mode="enforce", off_hours=(OFFICE,))
EVENING = moment("2026-11-23T17:07:30")
MORNING = moment("2026-11-24T07:07:30")


def tagged(pattern: Pattern | None, **also: Any) -> Instance:
    gpus = [gpu(pattern, now=EVENING)] if pattern else []
    return instance(*gpus, *others(now=EVENING), now=EVENING, **{"tags": {"hours": "office"}, **also})


@pytest.mark.parametrize(
    ("seen", "verdict", "stopped"),
    [
        (tagged(steady(0)), "off_hours", True),
        (tagged(at({150: 90})), "off_hours", True),  # worked in the afternoon
        (tagged(at({12: 90})), "busy", False),  # still works
        (tagged(None), "off_hours", True),  # no agent, but CPU and network are quiet
        (tagged(steady(0), tags={"hours": "office", "fusebox:protect": ""}), "protected", False),
        (tagged(steady(0), launched_at=EVENING - timedelta(minutes=20)), "young", False),
        (tagged(steady(0), unreadable="throttled", series=None), "unknown", False),
        (tagged(lambda ago: 0.0 if ago > 60 else None), "unknown", False),  # the agent died
        (tagged(steady(0), series=()), "unknown", False),
        (tagged(steady(0), group="trainers", group_min=1, group_desired=2), "group", False),
        (tagged(steady(0), managed_by="EKS cluster ml"), "managed", False),
        (tagged(steady(0), reservation="cr-1"), "reserved", False),
        (tagged(steady(0), tags={}), "idle", True),  # no schedule: the usual way
    ],
)
def test_outside_its_hours(seen: Instance, verdict: str, stopped: bool) -> None:
    decision = decide(seen, SETTINGS, EVENING)
    assert (decision.verdict, decision.action is not None) == (verdict, stopped), decision.reason


def test_the_stop_says_when_it_starts_again_and_what_that_saves() -> None:
    decision = decide(tagged(steady(0)), SETTINGS, EVENING)
    assert decision.action == Action("off_hours", {"state": "stopped"}, {"state": "running"})
    assert decision.evidence["starts_again"] == "2026-11-24T07:00:00.000000Z"
    assert "restart not guaranteed" in decision.reason
    assert decision.saving == pytest.approx(1.006 * 730 * 118 / 168, abs=0.01)


def test_quiet_minutes_of_zero_stops_whatever_it_does() -> None:
    hard = Schedule(tag="hours=office", zone="Europe/Berlin", starts="08:00", ends="18:00", quiet_minutes=0)
    settings = IdleGpuSettings(mode="enforce", off_hours=(hard,))
    assert decide(tagged(steady(95)), settings, EVENING).action is not None


PROTECTED: dict[str, Any] = {"fusebox:protect": ""}


def resting(value: str, stopped_at: datetime | None = EVENING, hours: str = "office", **more: Any) -> Instance:
    tags = {STOPPED_TAG: value, "hours": hours, **more}
    return idle(state="stopped", stopped_at=stopped_at, now=MORNING, tags=tags)


@pytest.mark.parametrize(
    ("seen", "started"),
    [
        (resting(mark("off_hours", EVENING)), True),
        (resting(mark("off_hours", EVENING), EVENING + timedelta(minutes=2)), True),
        (resting(mark("off_hours", EVENING), EVENING + timedelta(hours=3)), False),  # a person stopped it since
        (resting(mark("off_hours", EVENING), None), False),
        (resting(mark("stop", EVENING)), False),  # it was idle: nobody asked for it
        (resting("off_hours yesterday"), False),
        (resting(""), False),
        (resting(mark("off_hours", EVENING), **PROTECTED), False),
    ],
)
def test_only_what_off_hours_stopped_is_started_again(seen: Instance, started: bool) -> None:
    decision = decide(seen, SETTINGS, MORNING)
    expected = Action("off_hours", {"state": "running"}, {"state": "stopped"}) if started else None
    assert decision.action == expected


def test_it_stays_stopped_until_its_hours_begin() -> None:
    decision = decide(resting(mark("off_hours", EVENING)), SETTINGS, MORNING - timedelta(minutes=8))
    assert (decision.verdict, decision.action, decision.report) == ("off_hours", None, False)


def test_without_its_schedule_it_is_reported_and_not_started() -> None:
    decision = decide(resting(mark("off_hours", EVENING), hours="none"), SETTINGS, MORNING)
    assert (decision.action, decision.report) == (None, True)


def test_the_mark_is_read_back_in_any_zone() -> None:
    noted = mark("stop", datetime.fromisoformat("2026-11-23T18:07:30+01:00"))
    assert noted == "stop 2026-11-23T17:07:30Z"
    assert stopped_by_fusebox(resting(noted)) == "stop"


def test_a_busy_disk_counts_as_work() -> None:
    seen = instance(
        gpu(steady(0), now=EVENING),
        *others(now=EVENING),
        series("EBSWriteBytes", at({20: 9e9}), "disk", namespace="AWS/EC2", now=EVENING),
        now=EVENING,
        tags={"hours": "office"},
    )
    assert decide(seen, SETTINGS, EVENING).verdict == "busy"

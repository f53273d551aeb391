"""Pure: working hours, in one IANA zone a schedule (field reports F16, F33).

Python needs the time-zone database: the one of the operating system, or the tzdata package.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from functions.idle_gpu.settings import DAYS, IdleGpuSettings, Schedule

DAY = timedelta(days=1)
HOURS_A_WEEK = 168


def schedule_of(tags: Mapping[str, str] | None, settings: IdleGpuSettings) -> Schedule | None:
    """The first schedule whose tag an instance carries."""
    for schedule in settings.off_hours:
        key, _, value = schedule.tag.partition("=")
        if (tags or {}).get(key) == value:
            return schedule
    return None


def working(schedule: Schedule, now: datetime) -> bool:
    """Whether `now` lies within working hours; they begin sharp, and end sharp."""
    return any(begin <= now < end for begin, end in _shifts(schedule, now, before=2, after=1))


def next_begin(schedule: Schedule, now: datetime) -> datetime:
    """When working hours begin next, in UTC: the deadline that is told with a stop."""
    return next(begin for begin, _ in _shifts(schedule, now, before=1, after=9) if begin > now)


def last_end(schedule: Schedule, now: datetime) -> datetime:
    """When working hours ended last, in UTC."""
    return max(end for _, end in _shifts(schedule, now, before=9, after=0) if end <= now)


def share_off(schedule: Schedule) -> float:
    """The share of a week that lies outside working hours, in a week without a change of the clocks."""
    starts, ends = _clock(schedule.starts), _clock(schedule.ends)
    minutes = (ends.hour - starts.hour) * 60 + ends.minute - starts.minute
    hours = (minutes if minutes > 0 else minutes + 1440) / 60
    return 1 - hours * len(schedule.days) / HOURS_A_WEEK


def _shifts(schedule: Schedule, now: datetime, *, before: int, after: int) -> Iterator[tuple[datetime, datetime]]:
    """The working hours of the days around now, as moments in UTC.

    Of a time that comes twice, or never, as the clocks change, hours begin with the earlier reading and end
    with the later: nothing is stopped too early.
    """
    zone = ZoneInfo(schedule.zone)
    today = now.astimezone(zone).date()
    starts, ends = _clock(schedule.starts), _clock(schedule.ends)
    over_midnight = DAY if ends <= starts else timedelta(0)
    for offset in range(-before, after + 1):
        day = today + offset * DAY
        if DAYS[day.weekday()] in schedule.days:
            yield _readings(day, starts, zone)[0], _readings(day + over_midnight, ends, zone)[1]


def _readings(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """A wall-clock time in UTC, the earlier and the later reading: they differ where the clocks change."""
    local = datetime.combine(day, clock, zone)
    both = (local.astimezone(UTC), local.replace(fold=1).astimezone(UTC))
    return min(both), max(both)


@lru_cache(maxsize=64)
def _clock(text: str) -> time:
    return time.fromisoformat(text)

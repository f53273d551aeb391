"""Pure: what the datapoints of a stretch of time say, apart from what follows from it.

A period counts once, with the highest value seen for it, so that duplicates and any order
change nothing. A period without data counts as nothing: missing is not zero (field reports F2, F3).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from functions.idle_gpu.facts import Instance, Kind, Series, Window
from functions.idle_gpu.settings import IdleGpuSettings

CLOCK_SLACK = 300
"""Seconds that a datapoint may be ahead of now."""
TRAFFIC = frozenset({"NetworkIn", "NetworkOut"})
"""AWS/EC2 publishes both for every instance."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One series over the judged stretch: the highest value of each period, by the period's start.

    `values` lie within the stretch; `later` are younger, too young to be complete.
    """

    series: Series
    values: dict[int, float]
    later: dict[int, float]
    periods: int

    @property
    def coverage(self) -> float:
        return len(self.values) / self.periods

    @property
    def missing(self) -> int:
        return self.periods - len(self.values)

    @property
    def everything(self) -> dict[int, float]:
        return self.values | self.later

    @property
    def highest(self) -> tuple[int, float] | None:
        """When and how high it was at its highest, younger datapoints included."""
        values = self.everything
        if not values:
            return None
        at = max(values, key=lambda one: (values[one], one))
        return at, values[at]

    @property
    def newest(self) -> int | None:
        """The start of its newest period with data."""
        return max(self.everything, default=None)


def read(series: Series, window: Window, since: int) -> Reading:
    """A series from `since` to the end of the window. What is no number, or under zero (some exporters' "not
    available"), is no datapoint."""
    values: dict[int, float] = {}
    later: dict[int, float] = {}
    for point in series.points:
        if not 0 <= point.value < math.inf or point.at < since:
            continue
        period = window.period_of(point.at)
        held = values if point.at < window.end else later
        held[period] = max(point.value, held.get(period, point.value))
    return Reading(series, values, later, max((window.end - since) // window.period, 1))


def readings(instance: Instance, kind: Kind, since: int) -> list[Reading]:
    """All series of one kind over the judged stretch."""
    assert instance.window is not None
    return [read(one, instance.window, since) for one in instance.of_kind(kind)]


def second_signals(instance: Instance, since: int) -> list[Reading]:
    """CPU, network and disk over the judged stretch."""
    kinds: tuple[Kind, ...] = ("cpu", "network", "disk")
    return [one for kind in kinds for one in readings(instance, kind, since)]


def from_the_future(instance: Instance, now: datetime) -> str:
    """A datapoint that is ahead of now, in words, or "": then a clock is wrong, and nothing is certain."""
    latest = int(now.timestamp()) + CLOCK_SLACK
    for series in instance.series or ():
        for point in series.points:
            if point.at > latest:
                return f"{series.name} has a datapoint of {moment(point.at)}, which is yet to come: a clock is wrong"
    return ""


def limit(reading: Reading, instance: Instance, settings: IdleGpuSettings) -> float:
    """Above which value a second signal is loud, in the unit of its kind."""
    assert instance.window is not None
    minutes = instance.window.period / 60
    if reading.series.kind == "network":
        return settings.network_bytes_per_minute * minutes
    if reading.series.kind == "disk":
        return settings.disk_bytes_per_minute * minutes
    by_cores = settings.cpu_cores / instance.vcpus * 100 if instance.vcpus else settings.cpu_percent
    return min(settings.cpu_percent, by_cores)


def loud(found: Iterable[Reading], instance: Instance, settings: IdleGpuSettings) -> list[str]:
    """The second signals that are not quiet, each in words with its highest value."""
    told = []
    for one in found:
        top, most = one.highest, limit(one, instance, settings)
        if top is not None and top[1] > most:
            told.append(f"{one.series.metric} {amount(one.series.kind, top[1])} on {moment(top[0])}")
    return told


def thin(found: Iterable[Reading], instance: Instance, settings: IdleGpuSettings) -> str:
    """Why readings say too little to call them quiet, or ""."""
    assert instance.window is not None
    for one in found:
        newest, period = one.newest, instance.window.period
        if newest is None:
            return f"{one.series.name} published nothing in {span(one.periods * period)}"
        if newest < instance.window.end - 2 * period:
            return f"{one.series.name} has published nothing since {moment(newest)}: its agent may have died"
        if one.coverage < settings.coverage:
            return (
                f"{one.series.name} has data for {len(one.values)} of {one.periods} periods "
                f"({one.coverage:.0%}, {settings.coverage:.0%} are needed)"
            )
    return ""


def gaps(found: Iterable[Reading]) -> str:
    """Which series has periods without data, in words, or "": in a gap anything may have happened."""
    worst = max(found, key=lambda one: one.missing, default=None)
    if worst is None or not worst.missing:
        return ""
    return f"{worst.series.name} has no data for {worst.missing} of {worst.periods} periods"


def moment(at: int) -> str:
    """Epoch seconds for people, in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def span(seconds: float) -> str:
    """A length of time for people: 45 min, 6 h, 3 days."""
    if seconds < 2 * 3600:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 3 * 86_400 else f"{seconds / 86_400:.0f} days"


def amount(kind: Kind, value: float) -> str:
    """A value with its unit, for people."""
    if kind in ("utilisation", "cpu"):
        return f"{value:.1f}%"
    if kind == "memory":
        return f"{value:,.0f} MiB"
    for unit in ("bytes", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"

"""Gives instances their series: all that prove work or idleness, and no more than that takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.idle_gpu import metrics, offhours
from functions.idle_gpu.facts import Instance, Series, Window
from functions.idle_gpu.metrics import Answer, Listed
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.verdict import judge
from functions.idle_gpu.window import window

LISTED_FOR = timedelta(minutes=5)
NEWEST = 3
"""Periods before the window's end that are read of all, where whole windows are too long to read of all."""


class Meter:
    """Reads the metrics of one account by the policy's settings."""

    def __init__(self, cloudwatch: Callable[[], Any], settings: IdleGpuSettings, clock: Callable[[], datetime]) -> None:
        self._cloudwatch = cloudwatch
        self._settings = settings
        self._clock = clock
        self._listed: tuple[datetime, Listed] | None = None
        self._scale = {f"{one.namespace} {one.metric}": one.scale for one in settings.metrics}

    def measure(self, instances: Sequence[Instance]) -> tuple[list[Instance], list[str]]:
        """The instances with their series and window, in the same order, and what could not be read."""
        now = self._clock()
        judged = window(self._settings, now)
        resting = {one.instance_id for one in instances if self._may_rest(one, now)}
        young = {one.instance_id for one in instances if self._is_young(one, judged, now)} - resting
        old = [one for one in instances if one.instance_id not in young]
        if not old:
            return [replace(one, window=judged) for one in instances], []
        listed = self.listed([one.instance_id for one in old])
        found = self._of_accelerators({one.instance_id: listed.series.get(one.instance_id, ()) for one in old}, now)
        busy = {one for one, series in found.series.items() if self._works(series)}
        if listed.trouble:
            found.unread |= {one.instance_id: listed.trouble[0] for one in old}
        found.trouble[:0] = listed.trouble
        for one in busy:
            found.unread.pop(one, None)
        settled = (busy - resting) | set(found.unread)
        quiet = [one for one in old if one.instance_id not in settled]
        windows = self._second_signals(quiet, found, now)
        return [
            replace(one, window=judged)
            if one.instance_id in young
            else replace(one, series=None, window=judged, unreadable=found.unread[one.instance_id])
            if one.instance_id in found.unread
            else replace(one, series=tuple(found.series[one.instance_id]), window=windows.get(one.instance_id, judged))
            for one in instances
        ], found.trouble

    def listed(self, instances: Sequence[str]) -> Listed:
        """The series that exist. What was listed for all is used again for a few minutes."""
        if len(instances) < metrics.LIST_ALL_FROM:
            return metrics.listed(self._cloudwatch(), self._settings.metrics, instances)
        if self._listed is None or self._clock() - self._listed[0] > LISTED_FOR:
            found = metrics.listed(self._cloudwatch(), self._settings.metrics)
            self._listed = self._clock(), found
        return self._listed[1]

    def _of_accelerators(self, series: Mapping[str, Sequence[Series]], now: datetime) -> Answer:
        """The datapoints of the accelerators' own series.

        GetMetricData is billed by the metric, not by the datapoint. So where as many whole windows fit into a call
        as it takes queries, they are read at once; where they are too long for that, the newest datapoints of
        all are read first, and whole windows only of what those do not prove to work.
        """
        judged = window(self._settings, now)
        until = _whole(now, judged.period)
        if (until - judged.start) // judged.period <= metrics.POINTS // metrics.QUERIES:
            return metrics.read(self._cloudwatch(), series, judged, until, self._scale)
        newest = replace(judged, start=judged.end - NEWEST * judged.period)
        work = {one: [each for each in many if each.kind == "utilisation"] for one, many in series.items()}
        first = metrics.read(self._cloudwatch(), work, newest, until, self._scale)
        busy = {one for one, many in first.series.items() if self._works(many)}
        rest = {one: many for one, many in series.items() if one not in busy and one not in first.unread}
        second = metrics.read(self._cloudwatch(), rest, judged, until, self._scale)
        second.series.update({one: first.series[one] for one in busy})
        second.unread |= first.unread
        second.trouble[:0] = first.trouble
        return second

    def _second_signals(self, quiet: Iterable[Instance], found: Answer, now: datetime) -> dict[str, Window]:
        """Adds CPU, network and disk of what shows no work, over the window that its verdict takes; returns those."""
        windows: dict[str, Window] = {}
        wanted: dict[Window, dict[str, list[Series]]] = defaultdict(dict)
        for one in quiet:
            dark = not any(each.kind == "utilisation" for each in found.series.get(one.instance_id, ()))
            judged = window(self._settings, now, without_gpu_series=dark)
            windows[one.instance_id] = judged
            wanted[judged][one.instance_id] = metrics.second_signals(
                one.instance_id, instance_store=bool(one.instance_store_gb)
            )
        for judged, series in wanted.items():
            until = _whole(now, judged.period)
            answer = metrics.read(self._cloudwatch(), series, judged, until, {})
            for instance, many in answer.series.items():
                # Nobody lists these: one without datapoints is one that EC2 does not publish for the instance.
                found.series[instance] += [each for each in many if each.points]
            found.unread |= answer.unread
            found.trouble += answer.trouble
        return windows

    def _works(self, series: Iterable[Series]) -> bool:
        """Whether any datapoint of an accelerator is over the threshold, or no number."""
        most = self._settings.threshold_percent
        return any(not point.value <= most for one in series if one.kind == "utilisation" for point in one.points)

    def _may_rest(self, one: Instance, now: datetime) -> bool:
        """Whether its working hours are over: then even what worked a while ago, or is young, is looked at whole."""
        schedule = offhours.schedule_of(one.tags, self._settings)
        return schedule is not None and not offhours.working(schedule, now)

    def _is_young(self, one: Instance, judged: Window, now: datetime) -> bool:
        return judge(replace(one, window=judged), self._settings, now).name == "young"


def _whole(now: datetime, period: int) -> int:
    """The end of the period that now lies in."""
    return int(now.timestamp()) // period * period + period

"""An alarm for each accelerated instance that publishes its utilisation: a hint that comes before the next sweep.

An alarm decides nothing: when one fires, the verdict is computed anew. CloudWatch bills $0.10 a month for each metric
an alarm looks at.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from functions.core.own_alarms import keep, marked
from functions.idle_gpu.facts import ALARM_PREFIX, Series
from functions.idle_gpu.settings import IdleGpuSettings

METRICS_AT_MOST = 10
"""An alarm on metric math takes ten metrics. One on fewer than all devices hints too often, and that costs a look."""
DAY, WEEK, HOUR = 86_400, 604_800, 3_600


def tend(
    cloudwatch: Any,
    wanted: Mapping[str, Sequence[Series]],
    settings: IdleGpuSettings,
    stop: Callable[[], bool],
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Makes the alarms that instances lack, and removes those of instances that are gone; returns what went wrong.

    The number of alarms that a run makes is bounded by its time only: what `stop` leaves, the next run makes.
    """
    alarms = (alarm_of(one, many, settings) for one, many in wanted.items())
    due = {alarm["AlarmName"]: alarm for alarm in alarms if alarm}
    return keep(cloudwatch, ALARM_PREFIX, due, stop, sleep=sleep)


def alarm_of(instance: str, series: Sequence[Series], settings: IdleGpuSettings) -> dict[str, Any] | None:
    """The alarm of an instance: on if the highest of its devices was idle for the window; None without utilisation."""
    watched = _watched(series)
    if not watched:
        return None
    first = watched[0]
    scale = next(
        one.scale for one in settings.metrics if (one.namespace, one.metric) == (first.namespace, first.metric)
    )
    period = settings.period_seconds
    most = (WEEK if period >= HOUR else DAY) // period
    periods = min(max(settings.window_minutes * 60 // period, 1), most)
    alarm: dict[str, Any] = {
        "AlarmName": ALARM_PREFIX + instance,
        "ActionsEnabled": False,
        "ComparisonOperator": "LessThanOrEqualToThreshold",
        "Threshold": settings.threshold_percent / scale,
        "EvaluationPeriods": periods,
        "DatapointsToAlarm": math.ceil(periods * settings.coverage),
        # Silence proves nothing, so it never raises the alarm.
        "TreatMissingData": "notBreaching",
    }
    if len(watched) == 1:
        alarm |= {**_metric(first), "Statistic": "Maximum", "Period": period}
    else:
        stats = [
            {
                "Id": f"m{position}",
                "MetricStat": {"Metric": _metric(one), "Stat": "Maximum", "Period": period},
                "ReturnData": False,
            }
            for position, one in enumerate(watched)
        ]
        top = {"Id": "top", "Expression": "MAX(METRICS())", "Label": "the busiest device", "ReturnData": True}
        alarm["Metrics"] = [*stats, top]
    return marked(alarm, f"Fusebox idle_gpu: {instance} may be idle; Fusebox looks again.")


def _watched(series: Sequence[Series]) -> list[Series]:
    """The utilisation series of the metric that has most of them, so that all have one unit."""
    sources: dict[tuple[str, str], list[Series]] = defaultdict(list)
    for one in series:
        if one.kind == "utilisation":
            sources[one.namespace, one.metric].append(one)
    if not sources:
        return []
    most = max(sources, key=lambda source: (len(sources[source]), source))
    return sorted(sources[most], key=lambda one: one.dimensions)[:METRICS_AT_MOST]


def _metric(one: Series) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in one.dimensions]
    return {"Namespace": one.namespace, "MetricName": one.metric, "Dimensions": dimensions}

"""An alarm for each accelerated instance that publishes its utilisation: a hint that comes before the next sweep.

An alarm decides nothing: when one fires, the verdict is computed anew. CloudWatch bills $0.10 a month for each metric
an alarm looks at.
"""

from __future__ import annotations

import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.pacing import Pacer
from functions.core.types import canonical_hash
from functions.idle_gpu.facts import ALARM_PREFIX, Series
from functions.idle_gpu.settings import IdleGpuSettings

METRICS_AT_MOST = 10
"""An alarm on metric math takes ten metrics. One on fewer than all devices hints too often, and that costs a look."""
PUTS_PER_SECOND = 3.0
NAMES = 100
"""Most names of one DeleteAlarms call."""
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
    due = {alarm["AlarmName"]: alarm for one, many in wanted.items() if (alarm := alarm_of(one, many, settings))}
    pacer = Pacer(PUTS_PER_SECOND, PUTS_PER_SECOND, sleep=sleep)
    try:
        standing = dict(_standing(cloudwatch))
        left_over = sorted(set(standing) - set(due))
        for start in range(0, len(left_over), NAMES):
            cloudwatch.delete_alarms(AlarmNames=left_over[start : start + NAMES])
        for name, alarm in due.items():
            if standing.get(name) == alarm["AlarmDescription"]:
                continue
            if stop():
                break
            pacer.wait()
            cloudwatch.put_metric_alarm(**alarm)
    except (ClientError, BotoCoreError) as error:
        return [f"its alarms could not be kept: {error}"]
    return []


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
    mark = canonical_hash(alarm)[:12]
    return alarm | {"AlarmDescription": f"Fusebox idle_gpu: {instance} may be idle; Fusebox looks again. {mark}"}


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


def _standing(cloudwatch: Any) -> Iterator[tuple[str, str]]:
    """Names and descriptions of the alarms that exist; the description ends with a mark of what the alarm says."""
    more: dict[str, str] = {}
    while True:
        answer = cloudwatch.describe_alarms(
            AlarmNamePrefix=ALARM_PREFIX, AlarmTypes=["MetricAlarm"], MaxRecords=NAMES, **more
        )
        for one in answer["MetricAlarms"]:
            yield one["AlarmName"], one.get("AlarmDescription", "")
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}

"""Alarms on one metric, which look whenever data for it arrived, and again when those data leave their window.

CloudWatch evaluates every minute over a window that slides along:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html. Data that were seeded wake
no alarm, nor is one looked at before the first data arrive.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from local.alarms import COMPARE, Alarms, AlarmState
from local.api import ApiRequest
from local.errors import UnmodelledResource
from local.world import World

MINUTE = timedelta(minutes=1)
_MISSING: dict[str, AlarmState | None] = {
    "notBreaching": "OK",
    "breaching": "ALARM",
    "missing": "INSUFFICIENT_DATA",
    "ignore": None,
}
Metric = tuple[str, str, frozenset[tuple[str, str]]]
"""Namespace, name and exact dimensions."""


class MetricAlarms:
    """Evaluates alarms of one period on one metric; others on a metric that gets data are an error of the model."""

    def __init__(self, world: World, alarms: Alarms) -> None:
        self._world, self._alarms = world, alarms
        self._planned: set[tuple[str, datetime]] = set()

    def watch_put(self, request: ApiRequest) -> None:
        """Data came through PutMetricData."""
        self.arrived(str(request.params["Namespace"]), request.params.get("MetricData") or ())

    def arrived(self, namespace: str, data: Iterable[Mapping[str, Any]]) -> None:
        """Plans a look at each alarm on these data, at the next full minute and when they have left its window."""
        now = self._world.clock.now()
        arrivals: dict[Metric, set[datetime]] = {}
        for one in data:
            metric = _metric(namespace, one["MetricName"], one.get("Dimensions"))
            arrivals.setdefault(metric, set()).add(_moment(one.get("Timestamp"), now))
        pages = self._world.client("cloudwatch").get_paginator("describe_alarms").paginate()
        for alarm in [one for page in pages for one in page["MetricAlarms"]]:
            moments = {at for metric in _watched(alarm) for at in arrivals.get(metric, ())}
            if moments:
                _check(alarm)
                leaving = {at + timedelta(seconds=alarm["Period"]) for at in moments}
                self._plan(alarm["AlarmName"], {now, *(at for at in leaving if at > now)})

    def _plan(self, name: str, moments: Iterable[datetime]) -> None:
        for moment in moments:
            due = moment.replace(second=0, microsecond=0) + MINUTE
            if (name, due) not in self._planned:
                self._planned.add((name, due))
                self._world.later(due, partial(self._evaluate, name, due))

    def _evaluate(self, name: str, until: datetime) -> None:
        self._planned.discard((name, until))
        client = self._world.client("cloudwatch")
        found = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        if not found:
            return
        alarm = found[0]
        metric = {key: alarm[key] for key in ("Namespace", "MetricName", "Dimensions") if key in alarm}
        stat = {"Metric": metric, "Period": alarm["Period"], "Stat": alarm["Statistic"]}
        (read,) = client.get_metric_data(
            StartTime=until - timedelta(seconds=alarm["Period"]),
            EndTime=until,
            MetricDataQueries=[{"Id": "m", "MetricStat": stat}],
        )["MetricDataResults"]
        state, reason = _judge(alarm, read["Values"][0] if read["Values"] else None)
        if state is not None:
            self._alarms.set(name, state, reason)


def _judge(alarm: Mapping[str, Any], value: float | None) -> tuple[AlarmState | None, str]:
    """The state for the one datapoint of the window, or None to stay as it is; and why."""
    if value is None:
        treated = alarm.get("TreatMissingData") or "missing"
        return _MISSING[treated], f"no datapoints were received for 1 period and it was treated as {treated}"
    over = COMPARE[alarm["ComparisonOperator"]](value, alarm["Threshold"])
    reason = f"1 datapoint [{value}] was {'' if over else 'not '}over the threshold ({alarm['Threshold']})"
    return "ALARM" if over else "OK", f"Threshold Crossed: {reason}."


def _check(alarm: Mapping[str, Any]) -> None:
    """Raises UnmodelledResource for an alarm that the data are for and that would say nothing here."""
    known = {"Sum", "Average", "Minimum", "Maximum", "SampleCount"}
    usual = alarm.get("Statistic") in known and alarm["ComparisonOperator"] in COMPARE and not alarm.get("Unit")
    if alarm.get("Metrics") or alarm["EvaluationPeriods"] != 1 or not usual:
        raise UnmodelledResource(
            f"alarm {alarm['AlarmName']}: data arrived for it, and only alarms of one period on one metric, by "
            f"{', '.join(sorted(known))} and without a unit, are evaluated here"
        )


def _watched(alarm: Mapping[str, Any]) -> list[Metric]:
    """The metrics that an alarm looks at."""
    if "MetricName" in alarm:
        return [_metric(alarm["Namespace"], alarm["MetricName"], alarm.get("Dimensions"))]
    asked = [one["MetricStat"]["Metric"] for one in alarm.get("Metrics") or () if "MetricStat" in one]
    return [_metric(one["Namespace"], one["MetricName"], one.get("Dimensions")) for one in asked]


def _metric(namespace: str, name: str, dimensions: Iterable[Mapping[str, str]] | None) -> Metric:
    return namespace, name, frozenset((one["Name"], one["Value"]) for one in dimensions or ())


def _moment(value: Any, now: datetime) -> datetime:
    """When a datum was: epoch seconds, or a moment, depending on the protocol; now where nothing is said."""
    if value is None:
        return now
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

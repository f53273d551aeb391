"""Alarms on the desired capacity of Auto Scaling groups, a metric that is there without anybody putting it.

An alarm looks at the capacity once its periods have passed since a change or since it was made; what was in between is
not looked at. Source:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html#alarm-evaluation
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

from local.alarms import COMPARE, Alarms
from local.api import ApiRequest
from local.scaling import Scaling
from local.world import World


class ScalingAlarms:
    """Evaluates alarms on AWS/AutoScaling GroupDesiredCapacity."""

    def __init__(self, world: World, scaling: Scaling, alarms: Alarms) -> None:
        self._world, self._scaling, self._alarms = world, scaling, alarms
        scaling.sized = lambda group: world.soon(partial(self._plan, group))

    def watch_put(self, request: ApiRequest) -> None:
        """A new or changed alarm gets its first state after its periods."""
        self._world.soon(partial(self._plan_alarm, str(request.params["AlarmName"])))

    def _plan(self, group: str) -> None:
        pages = self._world.client("cloudwatch").get_paginator("describe_alarms").paginate()
        for name in [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"] if _group(alarm) == group]:
            self._plan_alarm(name)

    def _plan_alarm(self, name: str) -> None:
        alarm = self._alarm(name)
        if alarm is not None and _group(alarm):
            periods = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
            due = self._world.clock.now() + timedelta(seconds=alarm["Period"] * periods)
            self._world.later(due, partial(self._evaluate, name))

    def _evaluate(self, name: str) -> None:
        alarm = self._alarm(name)
        value = None if alarm is None else self._scaling.desired(_group(alarm))
        if alarm is None or value is None:
            return
        over = COMPARE[alarm["ComparisonOperator"]](value, alarm["Threshold"])
        reason = f"Threshold Crossed: the datapoint [{float(value)}] was {'' if over else 'not '}over the threshold"
        self._alarms.set(name, "ALARM" if over else "OK", f"{reason} ({alarm['Threshold']}).")

    def _alarm(self, name: str) -> Mapping[str, Any] | None:
        found = self._world.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return found[0] if found else None


def _group(alarm: Mapping[str, Any]) -> str:
    """The group whose desired capacity an alarm watches, or nothing."""
    if (alarm.get("Namespace"), alarm.get("MetricName")) != ("AWS/AutoScaling", "GroupDesiredCapacity"):
        return ""
    dimensions = {one["Name"]: one["Value"] for one in alarm.get("Dimensions") or ()}
    return str(dimensions.get("AutoScalingGroupName", "")) if len(dimensions) == 1 else ""

"""An alarm on the desired capacity of each group that has a ceiling: a hint that comes before the next sweep.

An alarm decides nothing: when one fires, the group is judged anew. CloudWatch bills $0.10 a month for each.
"""

from __future__ import annotations

from typing import Any

from functions.asg_clamp.facts import ALARM_PREFIX, DESIRED_METRIC, Group
from functions.asg_clamp.limits import applied, protecting
from functions.asg_clamp.settings import AsgClampSettings
from functions.core import own_alarms
from functions.core.types import canonical_hash

LONGEST_NAME = 255
"""Characters of an alarm's name (CloudWatch API reference, PutMetricAlarm)."""


def alarm_of(group: Group, settings: AsgClampSettings) -> tuple[str, dict[str, Any]] | None:
    """Name and arguments of a group's alarm; None without a ceiling, or where its group metrics are off."""
    limits = applied(group, settings)
    if limits is None or limits.limits.ceiling is None or not group.metrics_on or protecting(group, settings):
        return None
    alarm: dict[str, Any] = {
        "ActionsEnabled": False,
        "Namespace": "AWS/AutoScaling",
        "MetricName": DESIRED_METRIC,
        "Dimensions": [{"Name": "AutoScalingGroupName", "Value": group.name}],
        "Statistic": "Maximum",
        "Period": 60,
        "EvaluationPeriods": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": float(limits.limits.ceiling),
        "TreatMissingData": "notBreaching",
    }
    says = f"Fusebox asg_clamp: desired is over the ceiling of {limits.limits.ceiling}; Fusebox looks at the group."
    return name_of(group.name), own_alarms.marked(alarm, says)


def name_of(group: str) -> str:
    """The name of a group's alarm; a long one is cut and told from others by a few digits."""
    name = ALARM_PREFIX + group
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 13]}-{canonical_hash(group)[:12]}"

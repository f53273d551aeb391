"""Reads what DescribeAutoScalingGroups answers into facts, and nothing that it does not say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.asg_clamp.facts import DESIRED_METRIC, UNITS, Group, Member
from functions.core.group_arn import canonical

Raw = Mapping[str, Any]
WEIGHT = re.compile(r"\d{1,3}")


def group_of(raw: Raw, read_at: datetime, blind: str) -> Group:
    """A group as AWS describes it; `blind` says which fields the installed SDK drops."""
    members = tuple(_member(one) for one in raw.get("Instances") or ())
    operator = raw.get("Operator") or {}
    return Group(
        arn=canonical(str(raw["AutoScalingGroupARN"])),
        read_at=read_at,
        tags={str(tag["Key"]): str(tag.get("Value") or "") for tag in raw.get("Tags") or ()},
        name=str(raw["AutoScalingGroupName"]),
        minimum=int(raw["MinSize"]),
        maximum=int(raw["MaxSize"]),
        desired=int(raw["DesiredCapacity"]),
        members=members,
        suspended=frozenset(str(one["ProcessName"]) for one in raw.get("SuspendedProcesses") or ()),
        created_at=raw.get("CreatedTime"),
        unit=str(raw.get("DesiredCapacityType") or UNITS),
        deletion_protection=str(raw.get("DeletionProtection") or "none"),
        leaving=bool(raw.get("Status")),
        operator=str(operator.get("Principal") or "a service") if operator.get("Managed") else "",
        metrics_on=any(one.get("Metric") == DESIRED_METRIC for one in raw.get("EnabledMetrics") or ()),
        unreadable=blind,
    )


def _member(raw: Raw) -> Member:
    weight = str(raw.get("WeightedCapacity") or "1")
    template = raw.get("LaunchTemplate") or {}
    source = f"{template.get('LaunchTemplateId')} {template.get('Version')}" if template else ""
    return Member(
        id=str(raw["InstanceId"]),
        type=str(raw.get("InstanceType") or ""),
        state=str(raw.get("LifecycleState") or ""),
        weight=int(weight) if WEIGHT.fullmatch(weight) else 1,
        protected=bool(raw.get("ProtectedFromScaleIn")),
        template=source or str(raw.get("LaunchConfigurationName") or ""),
    )

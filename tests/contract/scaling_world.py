"""Auto Scaling groups in moto, with members that run.

moto launches and terminates at once, whatever processes are suspended, and takes any desired capacity: so no group
here has a desired capacity that differs from what runs, and no cap takes desired down.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from moto.autoscaling.models import autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends

from functions.asg_clamp.facts import DESIRED_METRIC
from functions.asg_clamp.settings import AsgClampSettings, Rule
from functions.core.types import Mode
from tests.aws_world import ACCOUNT, REGION

TYPE = "m5.large"
CEILING = 4
LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)
"""When the groups were made: a group has no part in what happened to a predecessor of its name."""
ROLLING = "rolling"


@dataclass(frozen=True)
class Group:
    """A group, which runs as many instances as it desires."""

    name: str
    minimum: int
    desired: int
    maximum: int
    tags: Mapping[str, str] = field(default_factory=dict)
    suspended: tuple[str, ...] = ()


GROUPS = (
    Group("train", 0, 2, 20),
    Group("web", 1, 2, CEILING),
    Group("kept", 0, 1, 50, tags={"fusebox:protect": "yes"}),
    Group("eks-workers", 1, 2, 12, tags={"eks:nodegroup-name": "workers", "eks:cluster-name": "main"}),
    Group("min-is-over", 6, 6, 12),
    Group("runs-over", 1, 6, 12),
    Group("all-over", 6, 6, 6),
    Group("half-frozen", 0, 1, 9, suspended=("AlarmNotification",)),
    Group(ROLLING, 0, 3, 9),
    Group("render-spot", 0, 3, CEILING),
)
MEASURED = ("train", "web")
"""The groups that have their group metrics on, without which there is no alarm."""


def seed_groups() -> None:
    scaling = boto3.client("autoscaling", region_name=REGION)
    scaling.create_launch_configuration(
        LaunchConfigurationName="plain", ImageId="ami-0a1b2c3d4e5f60000", InstanceType=TYPE
    )
    for one in GROUPS:
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=one.name,
            LaunchConfigurationName="plain",
            MinSize=one.minimum,
            MaxSize=one.maximum,
            DesiredCapacity=one.desired,
            AvailabilityZones=[f"{REGION}a"],
            Tags=[{"Key": key, "Value": value, "PropagateAtLaunch": False} for key, value in one.tags.items()],
        )
        if one.suspended:
            scaling.suspend_processes(AutoScalingGroupName=one.name, ScalingProcesses=list(one.suspended))
    for name in MEASURED:
        scaling.enable_metrics_collection(AutoScalingGroupName=name, Granularity="1Minute", Metrics=[DESIRED_METRIC])
    made = autoscaling_backends[ACCOUNT][REGION].autoscaling_groups
    for each in made.values():
        each.created_time = LONG_AGO.isoformat()
    spot = made["render-spot"]
    for member in spot.instance_states:
        # moto's groups launch no Spot.
        ec2_backends[ACCOUNT][REGION].get_instance(member.instance.id).lifecycle = "spot"


def sizes() -> dict[str, Any]:
    """Min, max, desired and suspended processes of every group by its name, and the alarms."""
    groups = autoscaling_backends[ACCOUNT][REGION].autoscaling_groups.values()
    shown: dict[str, Any] = {
        one.name: (
            one.min_size,
            one.max_size,
            one.desired_capacity,
            sorted(process["ProcessName"] for process in one.suspended_processes),
        )
        for one in groups
    }
    return shown | {f"alarm {name}": "there" for name in cloudwatch_backends[ACCOUNT][REGION].alarms}


def by_mode(mode: Mode, **more: Any) -> AsgClampSettings:
    """A ceiling for all; what renders may cost no more than two instances."""
    return AsgClampSettings(mode=mode, ceiling=CEILING, rules=(Rule(name="^render-", dollars_per_hour=0.2),), **more)


OPTIONS = (
    by_mode("enforce", action="freeze", alarms=True),
    # Removes the alarms again.
    by_mode("enforce", action="shrink", lower_min=True, allow_irreversible=True),
)
"""What further grants are for: alarms. They also show that a freeze and a shrink need no grant of their own."""


def teach_moto(monkeypatch: pytest.MonkeyPatch) -> None:
    """What moto 5.2 lacks of the calls that only read: instance refreshes, one of which is under way."""

    def describe_instance_refreshes(self: AutoScalingResponse) -> ActionResult:
        name = self._get_param("AutoScalingGroupName")
        under_way = [{"InstanceRefreshId": "r-1", "AutoScalingGroupName": name, "Status": "InProgress"}]
        return ActionResult({"InstanceRefreshes": under_way if name == ROLLING else []})

    monkeypatch.setattr(AutoScalingResponse, "describe_instance_refreshes", describe_instance_refreshes, raising=False)

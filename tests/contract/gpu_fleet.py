"""A fleet of accelerated instances in moto: launched long ago, with hourly datapoints up to now.

moto's GetMetricData matches dimension sets exactly, as AWS does, but not the namespace; here no two series share
a name and dimensions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import boto3
from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends

from functions.core.types import Mode
from functions.idle_gpu.facts import STOPPED_TAG
from functions.idle_gpu.settings import IdleGpuSettings
from tests.aws_world import ACCOUNT, REGION

HOUR = 3600
HOURS = 8
"""How far back the datapoints go: some more than what is judged."""
IMAGE = "ami-0a1b2c3d4e5f60000"
AN_ID = "moto.ec2.models.instances.random_instance_id"
GROUP = "inference"
BUSY = 93.0
Dimensions = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Machine:
    """An instance and what it publishes: the use of each GPU in percent, of its GPU memory in MiB, and of its CPUs."""

    number: int
    name: str
    type: str = "p3.2xlarge"
    gpus: tuple[float, ...] = (0.0,)
    memory: float = 0.0
    cpu: float = 1.0
    age: timedelta = timedelta(days=3)
    hours: int = HOURS
    tags: Mapping[str, str] = field(default_factory=dict)
    launch: Mapping[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"i-0a1b2c3d4e5f6{self.number:04x}"

    def values(self) -> Iterator[tuple[str, str, Dimensions, float]]:
        """Namespace, metric, dimensions and the value of every hour."""
        mine = (("InstanceId", self.id),)
        for index, value in enumerate(self.gpus):
            device = (*mine, ("index", str(index)))
            yield "CWAgent", "nvidia_smi_utilization_gpu", device, value
            yield "CWAgent", "nvidia_smi_memory_used", device, self.memory
        yield "AWS/EC2", "CPUUtilization", mine, self.cpu
        for metric in ("NetworkIn", "NetworkOut"):
            yield "AWS/EC2", metric, mine, 20_000.0


A_DAY = 27
"""Hours of datapoints where `terminate` is tried, which waits for a day at the least."""
SPOT = {"InstanceMarketOptions": {"MarketType": "spot"}}
ALONE = (
    Machine(1, "idle"),
    Machine(2, "one-of-four-busy", "p3.8xlarge", (0.0, 0.0, BUSY, 0.0), 14_000.0, 20.0),
    Machine(3, "notebook", memory=12_000.0),
    Machine(4, "own-key", hours=A_DAY),
    Machine(5, "protected", tags={"fusebox:protect": "yes"}),
    Machine(6, "no-gpu-metrics", gpus=()),
    Machine(7, "started-a-moment-ago", age=timedelta(minutes=10)),
    Machine(8, "stopped-by-a-person"),
    Machine(9, "no-accelerator", "m5.large", ()),
    Machine(10, "one-time-spot", launch=SPOT, hours=A_DAY),
)
MEMBERS = (Machine(11, "member-idle", hours=A_DAY), Machine(12, "member-busy", gpus=(BUSY,), memory=14_000.0))
"""Members of an Auto Scaling group, which has one more than its minimum."""


def seed_fleet() -> None:
    ec2 = boto3.client("ec2", region_name=REGION)
    key = boto3.client("kms", region_name=REGION).create_key()["KeyMetadata"]["Arn"]
    for one in ALONE:
        disk = {"VolumeSize": 100, **({"Encrypted": True, "KmsKeyId": key} if one.name == "own-key" else {})}
        with patch(AN_ID, return_value=one.id):
            ec2.run_instances(
                ImageId=IMAGE,
                MinCount=1,
                MaxCount=1,
                InstanceType=one.type,
                BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": disk}],
                **one.launch,
            )
    _seed_group()
    for one in (*ALONE, *MEMBERS):
        tags = {"Name": one.name, **one.tags}
        ec2.create_tags(Resources=[one.id], Tags=[{"Key": each, "Value": value} for each, value in tags.items()])
        launched = datetime.now(UTC) - one.age
        ec2_backends[ACCOUNT][REGION].get_instance(one.id).launch_time = launched.replace(tzinfo=None)
    ec2.stop_instances(InstanceIds=[one.id for one in ALONE if one.name.startswith("stopped")])
    _seed_metrics((*ALONE, *MEMBERS))


def _seed_group() -> None:
    scaling = boto3.client("autoscaling", region_name=REGION)
    with patch(AN_ID, side_effect=[one.id for one in MEMBERS]):
        scaling.create_launch_configuration(LaunchConfigurationName=GROUP, ImageId=IMAGE, InstanceType="p3.2xlarge")
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=GROUP,
            LaunchConfigurationName=GROUP,
            MinSize=1,
            MaxSize=4,
            DesiredCapacity=len(MEMBERS),
            AvailabilityZones=[f"{REGION}a"],
        )


def _seed_metrics(machines: Sequence[Machine]) -> None:
    """A datapoint at the begin of every hour, the present one included."""
    cloudwatch = boto3.client("cloudwatch", region_name=REGION)
    now = int(datetime.now(UTC).timestamp())
    for one in machines:
        hours = [datetime.fromtimestamp(now - now % HOUR - back * HOUR, UTC) for back in range(one.hours)]
        for namespace, metric, dimensions, value in one.values():
            datum = {
                "MetricName": metric,
                "Dimensions": [{"Name": each, "Value": what} for each, what in dimensions],
                "Value": value,
            }
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{**datum, "Timestamp": at} for at in hours])


def fleet() -> dict[str, Any]:
    """State and mark of every instance by its name, and the alarms."""
    shown: dict[str, Any] = {}
    for one in ec2_backends[ACCOUNT][REGION].all_instances():
        tags = {tag["key"]: tag["value"] for tag in one.get_tags()}
        shown[tags["Name"]] = one.state, tags.get(STOPPED_TAG)
    return shown | {f"alarm {name}": "there" for name in cloudwatch_backends[ACCOUNT][REGION].alarms}


HOURLY: dict[str, Any] = {"period_seconds": HOUR, "window_minutes": 240, "likely_idle_hours": 6}


def by_mode(mode: Mode) -> IdleGpuSettings:
    return IdleGpuSettings(mode=mode, **HOURLY)


OPTIONS = (
    IdleGpuSettings(
        mode="enforce", action="terminate", terminate_after_days=1, allow_irreversible=True, alarms=True, **HOURLY
    ),
    # Removes the alarms again.
    by_mode("enforce"),
)
"""What further grants are for: terminating, alone and through the group, and alarms."""

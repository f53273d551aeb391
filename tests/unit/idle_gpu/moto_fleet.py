"""Accelerated instances in moto, with the metrics that tell what they do. Periods are hours, so that it is quick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from unittest.mock import patch

import boto3
from moto.cloudwatch.models import cloudwatch_backends
from moto.ec2.models import ec2_backends

from tests.aws_world import ACCOUNT, REGION

IMAGE = "ami-12c6146b"
"""One of those that moto comes with."""
PLAIN, AN_ID = "g5g.xlarge", "moto.ec2.models.instances.random_instance_id"
OFFERED = {PLAIN, "t3.large"}
GPU = "nvidia_smi_utilization_gpu"


@cache
def client(service: str) -> Any:
    """Making one takes as long as launching an instance."""
    return boto3.client(service, region_name=REGION)


def offer_few_types() -> None:
    """Lets the Region offer a handful of types: moto takes two seconds to list all of them."""
    backend = ec2_backends[ACCOUNT][REGION]
    backend.instance_types = [one for one in backend.instance_types if one["InstanceType"] in OFFERED]


def launch(
    identity: str,
    name: str,
    kind: str = PLAIN,
    *,
    gpus: Sequence[float] = (0.0,),
    cpu: float | None = 1.0,
    tags: Mapping[str, str] | None = None,
    age: timedelta = timedelta(days=2),
    metrics: bool = True,
    **how: Any,
) -> None:
    """A running instance. `gpus` holds the utilisation of each device; `cpu` None means no metrics of EC2 either."""
    named = [{"Key": key, "Value": value} for key, value in {"Name": name, **(tags or {})}.items()]
    with patch(AN_ID, return_value=identity):
        client("ec2").run_instances(
            ImageId=IMAGE,
            InstanceType=kind,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": named}],
            **how,
        )
    instance(identity).launch_time = (datetime.now(UTC) - age).replace(tzinfo=None)
    if metrics:
        publish(identity, gpus, cpu)


def publish(identity: str, gpus: Sequence[float] = (0.0,), cpu: float | None = 1.0) -> None:
    """Datapoints of every hour until now: a series for each device, as the CloudWatch agent publishes them."""
    for index, value in enumerate(gpus):
        put("CWAgent", GPU, {"InstanceId": identity, "index": str(index), "host": f"ip-{identity[-4:]}"}, [value] * 8)
    if cpu is not None:
        put("AWS/EC2", "CPUUtilization", {"InstanceId": identity}, [cpu] * 8)
        for direction in ("NetworkIn", "NetworkOut"):
            put("AWS/EC2", direction, {"InstanceId": identity}, [20_000.0] * 8)


def put(namespace: str, metric: str, dimensions: Mapping[str, str], values: Iterable[float]) -> None:
    """Values by hour, the newest first."""
    hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    data = [
        {
            "MetricName": metric,
            "Dimensions": pairs,
            "Value": value,
            "Timestamp": (hour - timedelta(hours=ago)).replace(tzinfo=None),
        }
        for ago, value in enumerate(values)
    ]
    cloudwatch_backends[ACCOUNT][REGION].put_metric_data(namespace, data)


def stop(identity: str, when: datetime, kind: str) -> None:
    """As Fusebox leaves an instance that it stopped."""
    mark = {"Key": "fusebox:stopped", "Value": f"{kind} {when:%Y-%m-%dT%H:%M:%SZ}"}
    client("ec2").create_tags(Resources=[identity], Tags=[mark])
    client("ec2").stop_instances(InstanceIds=[identity])
    instance(identity)._reason = f"User initiated ({when:%Y-%m-%d %H:%M:%S} GMT)"


def join_group(identity: str, name: str, group: str) -> None:
    """An Auto Scaling group with one member, which is idle."""
    scaling = client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName=group, ImageId=IMAGE, InstanceType=PLAIN)
    with patch(AN_ID, return_value=identity):
        scaling.create_auto_scaling_group(
            AutoScalingGroupName=group,
            LaunchConfigurationName=group,
            MinSize=0,
            MaxSize=4,
            DesiredCapacity=1,
            AvailabilityZones=[f"{REGION}a"],
        )
    client("ec2").create_tags(Resources=[identity], Tags=[{"Key": "Name", "Value": name}])
    instance(identity).launch_time = (datetime.now(UTC) - timedelta(days=2)).replace(tzinfo=None)
    publish(identity)


def instance(identity: str) -> Any:
    return ec2_backends[ACCOUNT][REGION].get_instance(identity)


def tags_of(identity: str) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in instance(identity).get_tags()}


def states() -> dict[str, str]:
    """The state of every instance by its name."""
    return {tags_of(one.id)["Name"]: one._state.name for one in ec2_backends[ACCOUNT][REGION].all_instances()}

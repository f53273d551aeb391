"""Instances to be there before a story begins, launched when the story says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.moto_hooks import backend
from local.scope import Scope


@dataclass(frozen=True)
class InstanceSeed:
    """An instance of a type, running since `launched_at`; `name` is its Name tag and how a story calls it."""

    name: str
    type: str
    launched_at: datetime
    tags: Mapping[str, str] = field(default_factory=dict)


def seed_instances(ec2: Any, scope: Scope, seeds: Iterable[InstanceSeed]) -> dict[str, str]:
    """Runs the instances with a client of EC2; returns their ids by name."""
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    ids: dict[str, str] = {}
    for seed in seeds:
        tags = [{"Key": key, "Value": value} for key, value in {"Name": seed.name, **seed.tags}.items()]
        (made,) = ec2.run_instances(
            ImageId=image,
            InstanceType=seed.type,
            MinCount=1,
            MaxCount=1,
            TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
        )["Instances"]
        ids[seed.name] = made["InstanceId"]
        instance = backend("ec2", scope).get_instance(made["InstanceId"])
        instance.launch_time = seed.launched_at
    return ids


def linux_image(scope: Scope) -> str:
    """The id of some Linux image of Amazon's; asking moto for it through the API takes a second."""
    images = backend("ec2", scope).amis.values()
    return str(next(one.id for one in images if one.platform != "windows" and one.architecture == "x86_64"))


def instance_tags(scope: Scope, instance_id: str) -> Mapping[str, str]:
    """An instance's tags; none if there is no such instance."""
    for reservation in backend("ec2", scope).reservations.values():
        for instance in reservation.instances:
            if instance.id == instance_id:
                return {tag["key"]: tag["value"] for tag in instance.get_tags()}
    return {}

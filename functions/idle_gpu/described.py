"""An instance as DescribeInstances shows it, turned into facts; calls nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.core.ec2_owners import manager
from functions.core.types import Scope
from functions.idle_gpu.accelerated import InstanceType
from functions.idle_gpu.facts import Instance, Lifecycle, ReservationMatch
from functions.idle_gpu.spec import SPEC

GROUP_TAG = "aws:autoscaling:groupName"
STOPPED_WHEN = re.compile(r"\((\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?:GMT|UTC)\)")
"""The time in StateTransitionReason: "User initiated (2026-11-22 18:00:00 GMT)"."""


def instance_of(
    raw: Mapping[str, Any], kind: InstanceType, read_at: datetime, scope: Scope, unreadable: str = ""
) -> Instance:
    """The facts that DescribeInstances holds; metrics, protections and disks are looked up apart."""
    identity = str(raw["InstanceId"])
    tags = {str(one["Key"]): str(one.get("Value", "")) for one in raw.get("Tags", ())}
    state = str(raw["State"]["Name"])
    return Instance(
        arn=SPEC.arn(identity, partition=scope.partition, region=scope.region, account=scope.account),
        read_at=read_at,
        tags=tags,
        instance_id=identity,
        type=str(raw["InstanceType"]),
        state=state,
        launched_at=_aware(raw.get("LaunchTime")),
        zone=str(raw.get("Placement", {}).get("AvailabilityZone") or ""),
        name=tags.get("Name", ""),
        stopped_at=_stopped_at(raw) if state in ("stopping", "stopped") else None,
        accelerator=kind.accelerator,
        accelerators=kind.accelerators,
        vcpus=kind.vcpus,
        group=tags.get(GROUP_TAG, ""),
        managed_by=manager(raw, tags),
        lifecycle=_lifecycle(raw),
        root_device="instance-store" if raw.get("RootDeviceType") == "instance-store" else "ebs",
        hibernates=bool(raw.get("HibernationOptions", {}).get("Configured")),
        instance_store_gb=kind.instance_store_gb,
        reservation=str(raw.get("CapacityReservationId") or raw.get("CapacityBlockId") or ""),
        reservation_match=_match(raw),
        unreadable=unreadable,
    )


def volumes_of(raw: Mapping[str, Any]) -> list[str]:
    """The ids of the attached EBS volumes."""
    mapped = (one.get("Ebs", {}).get("VolumeId") for one in raw.get("BlockDeviceMappings", ()))
    return [str(one) for one in mapped if one]


def _lifecycle(raw: Mapping[str, Any]) -> Lifecycle:
    """How it is paid for. Only its request knows whether Spot is persistent: until then it counts as one-time."""
    said = raw.get("InstanceLifecycle")
    if not said:
        return "on-demand"
    known: dict[str, Lifecycle] = {
        "spot": "spot one-time",
        "capacity-block": "capacity-block",
        "scheduled": "scheduled",
    }
    return known.get(str(said), "unknown")


def _match(raw: Mapping[str, Any]) -> ReservationMatch:
    if not raw.get("CapacityReservationId"):
        return ""
    return "targeted" if raw.get("CapacityReservationSpecification", {}).get("CapacityReservationTarget") else "open"


def _stopped_at(raw: Mapping[str, Any]) -> datetime | None:
    found = STOPPED_WHEN.search(str(raw.get("StateTransitionReason") or ""))
    return datetime.fromisoformat(found.group(1)).replace(tzinfo=UTC) if found else None


def _aware(moment: Any) -> datetime | None:
    if not isinstance(moment, datetime):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

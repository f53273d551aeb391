"""Pure: a listed resource turned into facts, and for an instance whether it may be stopped at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from functions.core import prices_ec2
from functions.core.ec2_owners import manager
from functions.core.types import Scope
from functions.tag_check.facts import INSTANCE, NOTEBOOK, RUNNING, STOPPED, Resource
from functions.tag_check.listing import Item

GROUP_TAG = "aws:autoscaling:groupName"
NOTEBOOK_STATES = {"InService": RUNNING, "Pending": RUNNING, "Updating": RUNNING, "Stopped": STOPPED}


def resource_of(item: Item, read_at: datetime, scope: Scope, *, listed: bool) -> Resource:
    """The facts of a resource as a listing, or a Describe call, shows it."""
    tags = item.tags
    found = Resource(
        arn=item.arn,
        read_at=read_at,
        tags=tags,
        type=item.kind.type,
        id=item.id,
        listed=listed,
        since=item.since,
        group=(tags or {}).get(GROUP_TAG, ""),
        account=scope.account,
        region=scope.region,
    )
    if item.kind.type == INSTANCE:
        return _instance(found, item.raw)
    if item.kind.type == NOTEBOOK and isinstance(item.raw, Mapping):
        return notebook(found, item.raw)
    return found


def notebook(found: Resource, raw: Mapping[str, Any]) -> Resource:
    """A notebook with its state; what is on its volume survives a stop, what is in memory does not."""
    state = NOTEBOOK_STATES.get(str(raw.get("NotebookInstanceStatus")), "")
    return replace(found, state=state, instance_type=str(raw.get("InstanceType", "")))


def _instance(found: Resource, raw: Mapping[str, Any]) -> Resource:
    type = str(raw.get("InstanceType", ""))
    state = str(raw.get("State", {}).get("Name", ""))
    hourly = None if raw.get("InstanceLifecycle") else prices_ec2.hourly(type)
    return replace(
        found,
        instance_type=type,
        state=state,
        bars=_bars(found, raw),
        monthly=round((hourly or 0.0) * prices_ec2.HOURS_PER_MONTH, 2),
    )


def _bars(found: Resource, raw: Mapping[str, Any]) -> str:
    """Why an instance must not be stopped, or "": its owner would replace it, or EC2 cannot stop it."""
    if found.group:
        return f"its Auto Scaling group {found.group} would replace it"
    owner = manager(raw, found.tags or {})
    if owner:
        return f"it belongs to {owner}, which would replace it"
    if raw.get("InstanceLifecycle"):
        return f"it is bought as {raw['InstanceLifecycle']}, which a stop may end for good"
    if raw.get("RootDeviceType") == "instance-store":
        return "its root disk is an instance store: it cannot stop"
    return ""

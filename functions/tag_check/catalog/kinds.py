"""All kinds of resource that are checked, and whose ARN is whose."""

from __future__ import annotations

from functions.core.types import Scope
from functions.tag_check.catalog import (
    ai,
    analytics,
    compute,
    containers,
    databases,
    ec2,
    messaging,
    network,
    storage,
)
from functions.tag_check.catalog.kind import Kind

AREAS = (ec2, compute, containers, storage, databases, analytics, ai, messaging, network)
KINDS: dict[str, Kind] = {one.type: one for area in AREAS for one in area.KINDS}


def known_as(arn: str) -> str:
    """The ARN by which Fusebox knows the resource of an ARN that AWS or a person wrote."""
    for kind in KINDS.values():
        arn = kind.known(arn)
    return arn


def kind_of(arn: str, scope: Scope) -> tuple[Kind, str] | None:
    """The kind of an ARN of this account and Region, with its id; None for what is not checked."""
    service = arn.split(":")[2] if arn.count(":") >= 5 else ""
    for kind in KINDS.values():
        if kind.service == service and (id := kind.id_of(arn, scope)) is not None:
            return kind, id
    return None

"""Pure: which resources a call created, by what CloudTrail says of it, with the tags that were in the call.

What varies in real records: `resources` is often absent, a success may have no responseElements, a failure some, and
errorCode alone decides; one call may create many; tags come in at least seven shapes; event names are shared by
services. The tags serve as evidence only: what counts is read live, after the grace period.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from functions.core.events import Event
from functions.core.types import MalformedEvent, Scope
from functions.tag_check.catalog import paths
from functions.tag_check.catalog.calls import CALLS
from functions.tag_check.catalog.kind import Call, Kind
from functions.tag_check.catalog.kinds import KINDS

BY_NAME: dict[tuple[str, str], list[Call]] = {}
for one in CALLS:
    BY_NAME.setdefault((one.source, one.name), []).append(one)


@dataclass(frozen=True, slots=True)
class Created:
    """A resource that a call created: its kind, its ARN, and the tags in the call."""

    kind: Kind
    arn: str
    tags: Mapping[str, str] = field(default_factory=dict)


def calls_of(detail: Mapping[str, object]) -> Sequence[Call]:
    """What the table says of a call; empty for one that creates nothing that is checked."""
    source, name = detail.get("eventSource"), detail.get("eventName")
    return BY_NAME.get((source, name), ()) if isinstance(source, str) and isinstance(name, str) else ()


def created(calls: Sequence[Call], event: Event, scope: Scope) -> list[Created]:
    """What a successful call created, each once.

    Raises MalformedEvent where it names nothing, or something that cannot be a resource of its kind in this account and
    Region: a wrong resource is never named.
    """
    found = [one for call in calls for one in _of_call(call, event, scope)]
    if not found:
        raise MalformedEvent(f"event {event.id}: {calls[0].name} names nothing that it created")
    return list({one.arn: one for one in found}.values())


def _of_call(call: Call, event: Event, scope: Scope) -> list[Created]:
    kind = KINDS[call.kind]
    if call.where and not paths.text(event.detail, call.where):
        return []
    tags = paths.tags_at(event.detail, call.tags)
    return [Created(kind, arn, tags) for arn in _arns(call, kind, event, scope)]


def _arns(call: Call, kind: Kind, event: Event, scope: Scope) -> list[str]:
    """The ARNs of what a call made, from the first path that holds any; all of them must be right."""
    for path in call.arn:
        arns = paths.text(event.detail, path)
        for arn in arns:
            if kind.id_of(kind.known(arn), scope) is None:
                raise MalformedEvent(f"event {event.id}: {arn!r:.120} is no ARN of {kind.type} here")
        if arns:
            return [kind.known(arn) for arn in arns]
    for path in call.id:
        ids = paths.text(event.detail, path)
        for id in ids:
            if not kind.is_id(id):
                raise MalformedEvent(f"event {event.id}: {id!r:.120} is no id of {kind.type}")
        if ids:
            return [kind.arn_of(id, scope) for id in ids]
    return []

"""Which resources an event is about: those that a call created, or whose tags changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from functions.core.events import Event, Skip, session_issuer, shown
from functions.core.types import MalformedEvent, Scope
from functions.tag_check.catalog.kinds import kind_of, known_as
from functions.tag_check.created import Created, calls_of, created
from functions.tag_check.limits import OWN_KEYS

API_CALL, TAG_CHANGE = "AWS API Call via CloudTrail", "Tag Change on Resource"
DRY_RUN = "Client.DryRunOperation"
SERVICE_ROLE = "/aws-service-role/"
ON_BEHALF = frozenset({"cloudformation.amazonaws.com", "servicecatalog.amazonaws.com", "AWS Internal"})
"""Services that make what a person described; what all others make is theirs, and the sweep looks at it."""


def subjects(event: Event, scope: Scope) -> Sequence[str] | Skip:
    """The ARNs of what was created, or of what lost or gained tags."""
    if (event.source, event.detail_type) == ("aws.tag", TAG_CHANGE):
        return _retagged(event, scope)
    found = creations(event, scope)
    return found if isinstance(found, Skip) else [one.arn for one in found]


def creations(event: Event, scope: Scope) -> Sequence[Created] | Skip:
    """What a person's successful call created, or why there is nothing to look at."""
    if event.detail_type != API_CALL:
        return Skip(f"a {event.detail_type!r:.80} event of {event.source:.40} is not watched")
    calls = calls_of(event.detail)
    if not calls:
        source, name = shown(event.detail.get("eventSource")), shown(event.detail.get("eventName"))
        return Skip(f"{source} {name} creates nothing that is checked")
    error = event.detail.get("errorCode")
    if error is not None:
        return Skip("a dry run: nothing was created" if error == DRY_RUN else f"the call failed with {shown(error)}")
    if scope.role_arn and session_issuer(event.detail) == scope.role_arn:
        return Skip("Fusebox's own call")
    service = made_by(event.detail)
    if service:
        return Skip(f"made by {service:.80} for its own ends: the sweep looks at it")
    return created(calls, event, scope)


def made_by(detail: Mapping[str, object]) -> str:
    """The service that made a call for its own ends, or ""."""
    identity = detail.get("userIdentity")
    if not isinstance(identity, Mapping):
        return ""
    invoked_by = identity.get("invokedBy")
    by = invoked_by if isinstance(invoked_by, str) else ""
    if identity.get("type") == "AWSService":
        return by or "an AWS service"
    issuer = session_issuer(detail)
    if SERVICE_ROLE in issuer:
        return issuer.partition(SERVICE_ROLE)[2].partition("/")[0] or "an AWS service"
    return "" if by in ON_BEHALF else by


def _retagged(event: Event, scope: Scope) -> Sequence[str] | Skip:
    """The resource of a tag change that somebody else made: marks would come back as events for ever."""
    keys = event.detail.get("changed-tag-keys")
    if not isinstance(keys, list) or not all(isinstance(one, str) for one in keys):
        raise MalformedEvent(f"event {event.id}: the changed tag keys ({shown(keys)}) are no list of texts")
    if all(one.startswith((OWN_KEYS, "aws:")) for one in keys):
        return Skip("only tags of Fusebox or of AWS changed")
    return [arn for arn in map(known_as, event.resources) if kind_of(arn, scope)] or Skip("what changed is not checked")

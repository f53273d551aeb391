"""Pure: what should become of one resource."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from functions.core.spec import OWN_TAG
from functions.core.types import RIGHT, Decision, iso
from functions.tag_check.facts import Resource
from functions.tag_check.filling import fills
from functions.tag_check.lacking import conclude, protecting, tag_action
from functions.tag_check.limits import MOST_TAGS, OWN_KEYS
from functions.tag_check.marking import mark
from functions.tag_check.required import Lack, Subject, is_ai, lacks
from functions.tag_check.settings import TagCheckSettings

CLOCK_SLACK = timedelta(minutes=5)


def decide(resource: Resource, settings: TagCheckSettings, now: datetime) -> Decision:
    """The decision about one resource: the first of these that applies."""
    if OWN_TAG in (resource.tags or {}):
        return _found(resource, "own", "own", "it belongs to Fusebox itself")
    if not settings.checks(resource.type):
        return _found(resource, "not_checked", "types", f"the policy does not check {resource.type}")
    if resource.tags is None:
        why = resource.unreadable or "its tags could not be read"
        return replace(_found(resource, "unknown", "unreadable", why), report=True)
    if resource.since is not None and resource.since > now + CLOCK_SLACK:
        why = f"it dates from {iso(resource.since)}, after now"
        return replace(_found(resource, "unknown", "clock", why), report=True)
    if is_young(resource, settings):
        return _found(resource, "young", "grace_minutes", "it is new: its tags may still be on their way")
    of = subject(resource, settings)
    lacking = lacks(settings.required, resource.tags, of)
    ways = (_writes(resource, lacking, of, settings, fill=fill) for fill in (True, False))
    writes = next((way for way in ways if _fits({**resource.tags, **way})), None)
    if not lacking:
        return _right(resource, writes or {}, settings)
    found = conclude(resource, lacking, writes or {}, of, settings, now)
    full = f"; it has {MOST_TAGS} tags already, so none is added" if writes is None else ""
    return replace(found, reason=found.reason + full)


def is_young(resource: Resource, settings: TagCheckSettings) -> bool:
    """Whether its tags were read within its grace period. An event has waited that long before it is looked at (F8)."""
    since = resource.since
    return (
        resource.listed and since is not None and resource.read_at - since < timedelta(minutes=settings.grace_minutes)
    )


def subject(resource: Resource, settings: TagCheckSettings) -> Subject:
    """What the requirements are asked of."""
    _, _, _, region, account, _ = resource.arn.split(":", 5)
    ai = is_ai(resource.type, resource.instance_type, settings.ai_types, settings.ai_instance_types)
    return Subject(resource.type, ai, resource.account or account, resource.region or region)


def _writes(
    resource: Resource, lacking: Sequence[Lack], of: Subject, settings: TagCheckSettings, *, fill: bool
) -> dict[str, str | None]:
    """The tags to set, and those to take away (None), which is the mark alone; where room is scarce, without `fill`."""
    tags = resource.tags or {}
    if protecting(tags, settings):
        return {}
    found: dict[str, str | None] = {}
    if fill and "fill" in settings.actions:
        found |= fills(resource, lacking, of, settings)
    if "mark" in settings.actions:
        left = lacks(settings.required, {**tags, **found}, of)
        wanted = mark(left, settings) if left else None
        if tags.get(settings.mark_tag) != wanted and _may_be_marked(resource, settings):
            found[settings.mark_tag] = wanted
    return found


def _may_be_marked(resource: Resource, settings: TagCheckSettings) -> bool:
    """Whether nothing stands under the mark's key, or what is Fusebox's: a person's tag is not replaced or removed."""
    present = (resource.tags or {}).get(settings.mark_tag)
    return present is None or settings.mark_tag.startswith(OWN_KEYS) or present == resource.own_mark


def _fits(tags: Mapping[str, str | None]) -> bool:
    return sum(value is not None and not key.startswith("aws:") for key, value in tags.items()) <= MOST_TAGS


def _right(resource: Resource, writes: Mapping[str, str | None], settings: TagCheckSettings) -> Decision:
    """It has what is asked: a mark that is left over goes first, then what is known of it may be written down."""
    if not writes:
        return _found(resource, RIGHT, "required", "it carries what is required")
    if settings.mark_tag in writes:
        why = "it carries what is required now, so its mark goes"
        unmarked = tag_action(resource, {settings.mark_tag: None})
        # Agreed to with the mark, but only where it is the very one that Fusebox set.
        ours = (resource.tags or {}).get(settings.mark_tag) == resource.own_mark
        return replace(_found(resource, RIGHT, "required", why), action=unmarked, returns=ours, cures=True)
    why = f"it carries what is required; {', '.join(writes)} can be filled in"
    return replace(_found(resource, "fillable", "fill", why), action=tag_action(resource, writes), cures=True)


def _found(resource: Resource, verdict: str, rule: str, reason: str) -> Decision:
    return Decision(resource.arn, resource.name, verdict, rule, reason, identity=resource.identity)

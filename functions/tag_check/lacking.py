"""Pure: what follows for a resource that lacks required tags: told, marked and filled, and in the end stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from functions.core import tags as policy_tags
from functions.core.types import Action, Decision, Json, iso
from functions.tag_check.facts import PREFIX, RUNNING, STATE, STOP, STOPPED, TAG, Resource
from functions.tag_check.marking import mark
from functions.tag_check.required import Lack, Subject, lacks
from functions.tag_check.settings import TagCheckSettings

TOLD, MET = "told", "met"
"""Under these names a finding remembers when the deadline of a stop was first told of, and when it was first met."""


def conclude(
    resource: Resource,
    lacking: Sequence[Lack],
    writes: Mapping[str, str | None],
    of: Subject,
    settings: TagCheckSettings,
    now: datetime,
) -> Decision:
    """The finding, with the change that follows from it if there is one. `writes` are tags to set, None to remove."""
    found = _finding(resource, lacking, of, settings, now)
    cures = not lacks(settings.required, {**(resource.tags or {}), **writes}, of)
    protected = protecting(resource.tags or {}, settings)
    if protected:
        return replace(found, reason=f"{found.reason}; tagged {protected}, so it is never changed")
    if resource.type in settings.quarantine.types and resource.state == RUNNING and not cures:
        found = _toward_a_stop(resource, found, writes, settings, now)
    else:
        found = _with(found, resource, writes, settings.mark_tag, cures=cures)
    tells_deadline = TOLD in found.memo and resource.first_told is None
    if found.action is None and not tells_deadline and _marked(resource, lacking, settings, now):
        return replace(found, told_at=iso(resource.first_met or now))
    return found


def _marked(resource: Resource, lacking: Sequence[Lack], settings: TagCheckSettings, now: datetime) -> bool:
    """Whether its mark says what it lacks, and was told of: that it still lacks it is no news before the reminder."""
    met, tags = resource.first_met, resource.tags or {}
    said = "mark" in settings.actions and tags.get(settings.mark_tag) == mark(lacking, settings)
    return said and met is not None and now - met < timedelta(days=settings.remind_days)


def is_due(resource: Resource, settings: TagCheckSettings, now: datetime) -> bool:
    """Whether the deadline after which it may be stopped has passed since it was first told of."""
    told = resource.first_told
    return (
        told is not None
        and resource.type in settings.quarantine.types
        and now >= told + timedelta(hours=settings.quarantine.after_hours)
    )


def protecting(tags: Mapping[str, str], settings: TagCheckSettings) -> str:
    """The entry of `protect_tags` that a resource falls under, or ""."""
    return next((one for one in settings.protect_tags if policy_tags.carries(tags, one)), "")


def tag_action(resource: Resource, writes: Mapping[str, str | None]) -> Action:
    """The change that sets tags, and takes away those that are None."""
    tags = resource.tags or {}
    parameters: dict[str, Json] = {PREFIX + key: value for key, value in writes.items()}
    return Action(TAG, parameters, {PREFIX + key: tags.get(key) for key in writes})


def _finding(
    resource: Resource, lacking: Sequence[Lack], of: Subject, settings: TagCheckSettings, now: datetime
) -> Decision:
    asked = [one for one in settings.required if one.asks(of)]
    missing = " ".join(one.short for one in lacking)
    evidence: dict[str, Json] = {"type": resource.type, "missing": missing}
    made = resource.made
    if made is not None:
        evidence["made_by"] = f"{made.by}, {made.how}"
        evidence["made_at"] = iso(made.at)
    return Decision(
        resource=resource.arn,
        name=resource.name,
        verdict="untagged" if len(lacking) == len(asked) else "incomplete",
        rule=missing,
        reason=_in_words(resource, lacking),
        report=True,
        evidence=evidence,
        memo=_memo(resource, settings, now),
        identity=resource.identity,
        concerns=made.by if made is not None and "notify" in settings.actions else "",
    )


def _memo(resource: Resource, settings: TagCheckSettings, now: datetime) -> dict[str, Json]:
    memo: dict[str, Json] = {MET: iso(resource.first_met or now)}
    if resource.first_told is not None and resource.type in settings.quarantine.types:
        memo[TOLD] = iso(resource.first_told)
    return memo


def _in_words(resource: Resource, lacking: Sequence[Lack]) -> str:
    absent = ", ".join(one.key for one in lacking if one.why == "missing")
    said = [f"lacks {absent}"] if absent else []
    said += [str(one) for one in lacking if one.why != "missing"]
    if resource.group:
        said.append(f"as a member of the Auto Scaling group {resource.group} it gets its tags from there")
    if resource.made is not None:
        said.append(f"made by {resource.made.by}")
    return "; ".join(said)


def _toward_a_stop(
    resource: Resource,
    found: Decision,
    writes: Mapping[str, str | None],
    settings: TagCheckSettings,
    now: datetime,
) -> Decision:
    """Only after the deadline, which every message names, only what was told of before, and only if a person agrees."""
    if resource.bars:
        return _with(
            replace(found, reason=f"{found.reason}; not to be stopped: {resource.bars}"),
            resource,
            writes,
            settings.mark_tag,
            cures=False,
        )
    told = resource.first_told or now
    stops_at = told + timedelta(hours=settings.quarantine.after_hours)
    evidence, memo = {**found.evidence, "stop_from": iso(stops_at)}, {**found.memo, TOLD: iso(told)}
    found = replace(found, evidence=evidence, memo=memo)
    if not is_due(resource, settings, now):
        reason = f"{found.reason}; if it stays so, a person is asked to stop it from {stops_at:%Y-%m-%d %H:%M} UTC"
        # A rule of its own: the deadline is news also of what has long been known to lack tags.
        found = replace(found, rule=f"{found.rule}; quarantine", reason=reason)
        return _with(found, resource, writes, settings.mark_tag, cures=False)
    return replace(
        found,
        reason=f"{found.reason}; told of since {told:%Y-%m-%d %H:%M} UTC",
        action=_stop(resource),
        report=False,
        saving=resource.monthly,
        asks="it works for somebody who has not said who: a person decides about every stop",
    )


def _stop(resource: Resource) -> Action:
    """A stop of what runs since a certain moment: what was agreed to does not reach over to the next start."""
    running_since = iso(resource.since) if resource.since is not None else ""
    return Action(
        STOP,
        {STATE: STOPPED},
        {STATE: RUNNING},
        irreversible=resource.loses,
        terms={STATE: STOPPED, "running since": running_since},
    )


def _with(
    found: Decision, resource: Resource, writes: Mapping[str, str | None], mark_tag: str, *, cures: bool
) -> Decision:
    if not writes:
        return found
    filled = [key for key, value in writes.items() if value is not None and key != mark_tag]
    reason = f"{found.reason}; known, and filled in: {', '.join(filled)}" if filled else found.reason
    return replace(found, reason=reason, action=tag_action(resource, writes), report=False, cures=cures)

"""What tag_check declares: settings, triggers, permissions, fences."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from functions.core.spec import EventTrigger, GuardrailSpec, SafetyFields
from functions.tag_check.catalog.calls import CALLS
from functions.tag_check.catalog.kinds import KINDS, known_as
from functions.tag_check.events import API_CALL, TAG_CHANGE
from functions.tag_check.limits import OWN_KEYS
from functions.tag_check.permissions import PERMISSIONS, fences
from functions.tag_check.settings import TagCheckSettings

__all__ = ["INSTANCE_FIELDS", "SPEC", "TYPE_FIELDS", "TagCheckSettings", "fences"]

INSTANCE_FIELDS = SafetyFields(
    service="ec2", shape="Instance", fields=frozenset({"InstanceLifecycle", "Operator", "RootDeviceType"})
)
TYPE_FIELDS = SafetyFields(service="ec2", shape="InstanceTypeInfo", fields=frozenset({"InstanceStorageInfo"}))


LONGEST_NAME = 17
"""Characters of a service in a rule's name: IAM and EventBridge take 64 in all, with prefix and Region."""


def _calls() -> Mapping[str, list[str]]:
    """The names of the creating calls, by their source."""
    found: dict[str, set[str]] = defaultdict(set)
    for call in CALLS:
        found[call.source].add(call.name)
    return {source: sorted(names) for source, names in sorted(found.items())}


def _trigger(source: str, names: list[str]) -> EventTrigger:
    """One rule for a service. Its `source` only has to be AWS's, which nobody else can claim: services differ in it."""
    service = source.removesuffix(".amazonaws.com")
    return EventTrigger(
        name=f"tag-check-{service[:LONGEST_NAME]}",
        summary=", ".join(f"`{name}`" for name in names) + f" of `{service}` through CloudTrail",
        pattern={
            "source": [{"prefix": "aws."}],
            "detail-type": [API_CALL],
            "detail": {"eventSource": [source], "eventName": names, "errorCode": [{"exists": False}]},
        },
    )


SPEC = GuardrailSpec(
    name="tag_check",
    title="Required tags",
    watches="resources that are made, tags that change, and a sweep every six hours",
    does="tells of missing tags, marks and fills them, and asks to stop what stays untagged",
    handler="functions.tag_check.handler.handle",
    settings=TagCheckSettings,
    events=(
        *(_trigger(source, names) for source, names in _calls().items()),
        EventTrigger(
            name="tag-check-changes",
            summary=f"`{TAG_CHANGE}`, of other keys than `{OWN_KEYS}…`",
            pattern={
                "source": ["aws.tag"],
                "detail-type": [TAG_CHANGE],
                "detail": {"changed-tag-keys": [{"anything-but": {"prefix": OWN_KEYS}}]},
            },
            # It tells of no caller; its own marks are left out by their key, and what it filled is right then.
            excludes_own_role=False,
        ),
    ),
    sweep="rate(6 hours)",
    # Tags may arrive after the creation: values are read once the grace period is over (field report F8).
    event_delay=lambda settings: settings.grace_minutes * 60,
    permissions=PERMISSIONS,
    fences=fences,
    arn_format=next(iter(KINDS.values())).arn.replace("{id}", "{name}"),
    more_arns=tuple(kind.arn.replace("{id}", "{name}") for kind in list(KINDS.values())[1:]),
    canonical=known_as,
    safety_fields=(INSTANCE_FIELDS, TYPE_FIELDS),
    remembers=True,
    memory_mb=512,
)

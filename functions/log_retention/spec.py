"""What log_retention declares: settings, triggers, permissions, fences."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Literal, get_args

from functions.core.spec import (
    STRICT,
    EventTrigger,
    Fence,
    GuardrailSettings,
    GuardrailSpec,
    Permission,
    SafetyFields,
)

Days = Literal[1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653]
"""The only values PutRetentionPolicy takes (CloudWatch Logs API reference)."""
VALID_DAYS: tuple[int, ...] = get_args(Days)
LIST_QUOTA, PUT_QUOTA = 10.0, 5.0
"""DescribeLogGroups, and PutRetentionPolicy, DeleteRetentionPolicy and ListTagsForResource, a second."""
LOG_GROUP_FIELDS = SafetyFields(
    service="logs",
    shape="LogGroup",
    fields=frozenset({"logGroupClass", "retentionPolicyName", "deletionProtectionEnabled"}),
)
GLOB = re.compile(r"[A-Za-z0-9_./#*?-]+")
WATCHED = ("CreateLogGroup", "PutRetentionPolicy", "DeleteRetentionPolicy")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Groups whose name matches the regular expression and that carry the tag keep logs so many days."""

    __pydantic_config__ = STRICT
    days: Days
    name: str = ""
    tag: str = ""

    def __post_init__(self) -> None:
        if not self.name and not self.tag:
            raise ValueError("a rule needs `name` (a regular expression), `tag` (key=value), or both")
        try:
            re.compile(self.name)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"name {self.name!r} is no regular expression: {error}") from error
        if self.tag and not all(self.tag.partition("=")):
            raise ValueError(f"tag {self.tag!r} is not of the form key=value")

    @property
    def id(self) -> str:
        """What the ledger calls the rule: its own condition, so that moving it changes nothing."""
        return " and ".join(filter(None, (f"name~{self.name}" if self.name else "", self.tag)))


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Calls a second at the most; a throttled reply takes them back to AWS's default quotas."""

    __pydantic_config__ = STRICT
    lists_per_second: float = LIST_QUOTA
    puts_per_second: float = PUT_QUOTA

    def __post_init__(self) -> None:
        for pace in (self.lists_per_second, self.puts_per_second):
            if not 0 < pace < math.inf:
                raise ValueError("a pace is a finite number, more than zero")


@dataclass(frozen=True, kw_only=True)
class LogRetentionSettings(GuardrailSettings):
    """Settings of log_retention."""

    default_days: Days = field(default=30, metadata={"doc": "retention of groups that no rule names"})
    rules: tuple[Rule, ...] = field(
        default=(),
        metadata={"doc": "first match wins: `name` (regular expression, searched) and/or `tag` (key=value) → `days`"},
    )
    grace_minutes: int = field(
        default=15,
        metadata={"doc": "a sweep leaves younger groups to their own event, two minutes after the call"},
    )
    existing: Literal["keep", "lengthen", "set"] = field(
        default="keep",
        metadata={
            "doc": "groups that have a value already: `keep` it, `lengthen` a shorter one, or `set` it as the rules say"
        },
    )
    protect: tuple[str, ...] = field(
        default=("*audit*", "*cloudtrail*", "*CloudTrail*", "*flow-log*", "*flowlog*", "*FlowLog*"),
        metadata={"doc": "names never touched (`*` and `?`, any case); also denied to the role by IAM"},
    )
    pace: Pace = field(default_factory=Pace, metadata={"doc": "`lists_per_second` and `puts_per_second` of a run"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.grace_minutes < 0:
            raise ValueError("grace_minutes is zero or more")
        for glob in self.protect:
            if not GLOB.fullmatch(glob):
                raise ValueError(f"protect {glob!r}: a log group name with * and ? in it, {GLOB.pattern}")


def fences(settings: LogRetentionSettings) -> tuple[Fence, ...]:
    """Denies retention changes on the protected names.

    IAM compares case exactly, the code does not: the usual spellings are all denied.
    """
    spellings = sorted(
        {spelt for glob in settings.protect for spelt in (glob, glob.lower(), glob.upper(), glob.title())}
    )
    if not spellings:
        return ()
    return (
        Fence(
            actions=("logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy"),
            resources=tuple(
                f"arn:{{partition}}:logs:*:*:log-group:{name}" for glob in spellings for name in _as_iam(glob)
            ),
            reason="names that the policy protects",
        ),
    )


def _as_iam(glob: str) -> tuple[str, ...]:
    """IAM knows a group as NAME:* in most calls, so a glob that does not end in * needs both forms.

    Source: CloudWatch Logs user guide, "Overview of managing access permissions".
    """
    return (glob,) if glob.endswith("*") else (glob, f"{glob}:*")


SPEC = GuardrailSpec(
    name="log_retention",
    title="Log retention",
    watches="log groups made or changed, and a daily sweep",
    does="sets the retention of groups that never expire",
    handler="functions.log_retention.handler.handle",
    settings=LogRetentionSettings,
    events=(
        EventTrigger(
            name="log-group-calls",
            summary="`CreateLogGroup`, `PutRetentionPolicy`, `DeleteRetentionPolicy` through CloudTrail",
            pattern={
                "source": ["aws.logs"],
                "detail-type": ["AWS API Call via CloudTrail"],
                "detail": {
                    "eventSource": ["logs.amazonaws.com"],
                    "eventName": list(WATCHED),
                    "errorCode": [{"exists": False}],
                },
            },
        ),
    ),
    sweep="rate(1 day)",
    # Tags and retention that a deployment sets after the creation have arrived by then (F7, F8).
    event_delay=lambda _: 120,
    permissions=(
        Permission(
            actions=("logs:DescribeLogGroups",),
            resources=("arn:{partition}:logs:{region}:{account}:log-group:*",),
            reason="read every group's retention, age, size and class",
        ),
        Permission(
            actions=("logs:ListTagsForResource",),
            resources=("arn:{partition}:logs:{region}:{account}:log-group:*",),
            reason="read the tags of one group right before a change; also lets the Tagging API read them",
        ),
        Permission(
            actions=("tag:GetResources",),
            resources=("*",),
            reason="read the tags of a page of groups in one call; the action takes no resource",
        ),
        Permission(
            actions=("logs:PutRetentionPolicy",),
            resources=("arn:{partition}:logs:{region}:{account}:log-group:*",),
            reason="set the retention",
        ),
        Permission(
            actions=("logs:DeleteRetentionPolicy",),
            resources=("arn:{partition}:logs:{region}:{account}:log-group:*",),
            reason="take back a first retention, when it is undone",
        ),
    ),
    fences=fences,
    safety_fields=(LOG_GROUP_FIELDS,),
    arn_format="arn:{partition}:logs:{region}:{account}:log-group:{name}",
)

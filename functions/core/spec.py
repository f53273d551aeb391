"""What a guardrail declares about itself: the one source for its stack, handler, CLI and docs.

Imports neither boto3 nor CDK, so synth, the CLI and the functions can all read it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from functions.core.types import Mode, OnTimeout, Scope

OWN_TAG = "fusebox:component"
"""Every resource of a Fusebox stack carries this tag; its roles are denied any change to them."""
STRICT = {"extra": "forbid", "strict": True}
"""Pydantic's settings for policy dataclasses: unknown keys and silently converted types are errors."""


@dataclass(frozen=True, kw_only=True)
class Cap:
    """The blast radius: how much one guardrail may change in any rolling hour, over events and sweeps."""

    __pydantic_config__ = STRICT
    actions_per_hour: int = 500
    dollars_per_hour: float = 1000.0

    def __post_init__(self) -> None:
        if not (self.actions_per_hour >= 0 and 0 <= self.dollars_per_hour < math.inf):
            raise ValueError("a cap is a finite number, zero or more; zero never acts")


@dataclass(frozen=True, kw_only=True)
class GuardrailSettings:
    """The settings every guardrail has; a guardrail's own dataclass extends it.

    Fields carry their meaning in `metadata["doc"]`, from which the docs tables and the editor's
    schema are made.
    """

    __pydantic_config__ = STRICT
    mode: Mode = field(
        default="observe",
        metadata={"doc": "`observe` reports only; `approve` asks first; `enforce` acts, then tells"},
    )
    allow_irreversible: bool = field(
        default=False,
        metadata={"doc": "let `enforce` make changes that cannot be undone without asking"},
    )
    cap: Cap = field(
        default_factory=Cap,
        metadata={"doc": "most `actions_per_hour` and `dollars_per_hour`; past it the guardrail pauses itself"},
    )
    remind_days: int = field(
        default=30,
        metadata={"doc": "days until an unchanged finding is reported, or asked about, again"},
    )
    on_timeout: OnTimeout = field(
        default="nothing",
        metadata={"doc": "when nobody answers in time: `nothing`, or `act` on what can be undone"},
    )

    def __post_init__(self) -> None:
        if self.remind_days < 1:
            raise ValueError("remind_days is 1 or more")
        if self.on_timeout == "act" and self.allow_irreversible:
            raise ValueError(
                "on_timeout: act and allow_irreversible: true cannot stand together: a time-out never makes a change "
                "that cannot be undone"
            )


@dataclass(frozen=True, kw_only=True)
class Permission:
    """An IAM grant with its reason. `resources` may use {partition}, {region}, {account} and {base}, which
    begins the names of all that this Fusebox made.

    `dependent` names the API a grant serves where that API needs it without the code calling it. `conditions` are
    IAM's, and may use the same placeholders.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str
    dependent: str = ""
    conditions: Mapping[str, Mapping[str, str | list[str]]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Fence:
    """An IAM Deny for what the policy protects: holds even if the code is wrong."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    reason: str
    conditions: Mapping[str, Mapping[str, str | list[str]]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class SafetyFields:
    """Fields of an AWS reply that a safe decision reads.

    An SDK older than a field drops it without a word; then everything is unknown, and nothing is done.
    """

    service: str
    shape: str
    fields: frozenset[str]

    def unknown_to(self, service_model: Any) -> list[str]:
        """The fields that the service model of an installed SDK lacks."""
        return sorted(self.fields - set(service_model.shape_for(self.shape).members))


@dataclass(frozen=True, kw_only=True)
class EventTrigger:
    """One EventBridge rule: all events of one source that the guardrail wants to see.

    `excludes_own_role` adds the clause that keeps Fusebox's own calls out: Lambda does not cut
    loops that run through CloudTrail and EventBridge.
    """

    name: str
    summary: str
    pattern: Mapping[str, Any]
    excludes_own_role: bool = True

    def pattern_for(self, role_arn: str) -> dict[str, Any]:
        """The full event pattern. Calls of IAM users carry no session issuer: those still match."""
        pattern: dict[str, Any] = {**self.pattern}
        if self.excludes_own_role:
            issuer = {"arn": [{"anything-but": [role_arn]}, {"exists": False}]}
            identity = {"userIdentity": {"sessionContext": {"sessionIssuer": issuer}}}
            pattern["detail"] = {**pattern.get("detail", {}), **identity}
        return pattern


@dataclass(frozen=True, kw_only=True)
class GuardrailSpec:
    """Everything the rest of Fusebox needs to know about a guardrail, apart from its code.

    `remembers` says that it keeps notes of resources, and that what it finds comes and goes: then each change between
    "over" and "right" is told once, and only then. `canonical` gives the ARN by which Fusebox knows a resource, where
    AWS writes it in other ways too. `arn_format` makes an ARN from a plain name; a guardrail of many kinds of resource
    has one more in `more_arns` for each further kind. `known_as` gives the ARNs that a name in the settings stands
    for, where they are not made of it. `event_delay` says how many seconds an event waits before it is
    looked at, by the settings. `grants` are permissions that follow from the settings, beside `permissions`. `topic` is
    the part of the name of an SNS topic whose messages it reads, "" for none. `idle` says that by these settings there
    is nothing to watch, so that it need not sweep. `urgent` is for what costs money by the minute until it has acted:
    what fails is tried again with every event and told of every hour, and what a crash left is taken up in minutes.
    `not_exempt` says why a resource, by its ARN, takes no exemption, or "".
    """

    name: str
    title: str
    watches: str
    does: str
    handler: str
    settings: type[GuardrailSettings]
    events: tuple[EventTrigger, ...]
    sweep: str
    permissions: tuple[Permission, ...]
    fences: Callable[[Any], tuple[Fence, ...]]
    arn_format: str
    more_arns: tuple[str, ...] = ()
    canonical: Callable[[str], str] = str
    safety_fields: tuple[SafetyFields, ...] = ()
    event_delay: Callable[[Any], int] = lambda _: 0
    remembers: bool = False
    memory_mb: int = 256
    timeout_seconds: int = 300
    grants: Callable[[Any], tuple[Permission, ...]] = lambda _: ()
    known_as: Callable[[Any, str, Scope], Sequence[str]] = lambda *_: ()
    topic: str = ""
    idle: Callable[[Any], bool] = lambda _: False
    urgent: bool = False
    not_exempt: Callable[[str], str] = lambda _: ""

    def granted(self, settings: Any) -> tuple[Permission, ...]:
        """All the permissions it needs with these settings."""
        return (*self.permissions, *self.grants(settings))

    def arn(self, name: str, *, partition: str, region: str, account: str) -> str:
        """The ARN of a resource of this guardrail, from its plain name; of its first kind, where it has several."""
        return self.arns(name, partition=partition, region=region, account=account)[0]

    def arns(self, name: str, *, partition: str, region: str, account: str) -> list[str]:
        """All the ARNs that a plain name may mean, by kind of resource."""
        formats = (self.arn_format, *self.more_arns)
        return [one.format(partition=partition, region=region, account=account, name=name) for one in formats]

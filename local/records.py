"""What the account writes down: calls, invocations, deliveries, messages and losses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Call:
    """One API call, or one permission a caller of a function URL needs.

    `principal` is a role's ARN, 'owner', or 'anonymous' for who did not sign; `resources` are the ARNs checked.
    """

    time: datetime
    principal: str
    service: str
    action: str
    resources: tuple[str, ...]
    allowed: bool
    error: str | None
    throttled: bool
    params: Mapping[str, Any]


@dataclass(frozen=True)
class Invocation:
    """One run of a function.

    `error` is Lambda's error object, `attempt` counts from 1, `seconds` are real.
    """

    function: str
    payload: Any
    result: Any
    error: Mapping[str, Any] | None
    log: str
    attempt: int
    seconds: float
    request_id: str
    trigger: str
    time: datetime


@dataclass(frozen=True)
class TargetDelivery:
    """What became of one event at one target: 'delivered', 'dead-letter' or 'dropped', with the reason."""

    rule: str
    target: str
    outcome: str
    reason: str = ""


@dataclass
class Delivery:
    """An event on the bus: the rules it matched (logical ids) and what became of it at their targets."""

    event: Mapping[str, Any]
    rules: list[str] = field(default_factory=list)
    targets: list[TargetDelivery] = field(default_factory=list)


@dataclass(frozen=True)
class Message:
    """A message published on a topic. `bodies` has one text per protocol when MessageStructure was json; every
    subscriber sees the same `id`.
    """

    topic_arn: str
    subject: str | None
    message: str
    attributes: Mapping[str, Any]
    bodies: Mapping[str, str]
    source: str
    time: datetime
    id: str = ""

    def body(self, protocol: str) -> str:
        return self.bodies.get(protocol, self.message)


@dataclass(frozen=True)
class Loss:
    """Something AWS would have dropped or held back without a word: what it was, where it was bound for, and why."""

    what: str
    bound_for: str
    reason: str

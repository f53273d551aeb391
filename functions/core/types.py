"""The words of the domain as values: scope, decision, action, disposition.

Everything here is frozen and JSON-friendly: these values cross the ledger, the approval workflow
and the alerts topic.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Literal

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
COMPACT = json.JSONEncoder(separators=(",", ":")).encode
"""Encoders made once: a run writes several documents for each resource."""
Mode = Literal["observe", "approve", "enforce"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The account and Region a guardrail works in, and the role it works as ("" outside Lambda)."""

    account: str
    region: str
    partition: str = "aws"
    role_arn: str = ""

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in it; IAM's carry no Region."""
        region = "" if service == "iam" else self.region
        return f"arn:{self.partition}:{service}:{region}:{self.account}:{resource}"


@dataclass(frozen=True, slots=True)
class Action:
    """One change to one resource.

    `prior` holds the values the change overwrites, `parameters` the values it writes; both use the
    same keys, so an undo is the action turned round; a key with the same value in both is left as it is.
    Where an earlier action of Fusebox stands, `prior` is from before that one (field report F13). `irreversible` says
    what cannot be brought back, or is empty. `terms` are what a person agrees to where the values follow from what
    there is at the moment of acting ("down to 20, or to what runs"); empty where the values themselves are the terms.
    """

    kind: str
    parameters: Mapping[str, Json]
    prior: Mapping[str, Json]
    irreversible: str = ""
    terms: Mapping[str, Json] = field(default_factory=dict)

    @property
    def bound(self) -> list[Json]:
        """What an approval, and a finding's memory, are bound to: the terms, or the values written and overwritten."""
        return [dict(self.terms)] if self.terms else [dict(self.parameters), dict(self.prior)]


@dataclass(frozen=True, slots=True)
class Decision:
    """What a guardrail concludes about one resource, and why.

    `verdict` is the guardrail's own word ("never_expires", "protected", …) and `rule` the policy
    rule it follows from. With an `action` the resource should change; without one `report` tells a
    finding that only a person can settle from a resource that is simply right. `saving` is in US
    dollars a month and may be negative. `identity` tells the resource from a successor of the same name
    (its creation time, say), where the guardrail knows one. `asks` says why a person must decide although
    the change can be turned back: whatever the mode, and never by silence. `named` says that a person known by name
    must decide, whatever the mode: never a link, never silence; no exemption holds it up, and declining it exempts
    nothing. `returns` marks an action that
    gives back what an earlier one took for a time: agreed to with that one, so nobody is asked again, no
    exemption holds it up and no cap counts it. `goes_on` names the action whose next step this is, "" for a
    first one: what a person agreed to is then carried on without asking anew. `told_at` is when an action on it
    was told of: what was under way by then is not told again. `memo` is what later looks are to know of it, for as
    long as it lasts. `cures` says that the action, once done, ends what was found, so that its end is no news.
    `concerns` names whom to tell, where no owner tag names anybody. `budget` is the one whose breaker is open: only an
    override of it gives back what it holds, and no undo. `unseen` says that something would follow, and could not
    because the resource could not be seen: the run is then partial, and tried again.
    """

    resource: str
    name: str
    verdict: str
    rule: str
    reason: str
    action: Action | None = None
    report: bool = False
    saving: float = 0.0
    evidence: Mapping[str, Json] = field(default_factory=dict)
    identity: str = ""
    asks: str = ""
    named: bool = False
    budget: str = ""
    unseen: bool = False
    returns: bool = False
    goes_on: str = ""
    told_at: str = ""
    memo: Mapping[str, Json] = field(default_factory=dict)
    cures: bool = False
    concerns: str = ""


RIGHT = "right"
"""The verdict about a resource that keeps to the policy."""
OnTimeout = Literal["nothing", "act"]
"""What follows when nobody answers a question in time."""


class Disposition(StrEnum):
    """What became of a decision once it had passed the gates."""

    LEFT = "left"
    REPORTED = "reported"
    ENDED = "ended"
    OBSERVED = "observed"
    EXEMPT = "exempt"
    PAUSED = "paused"
    CAPPED = "capped"
    NEEDS_APPROVAL = "needs_approval"
    IN_FLIGHT = "in_flight"
    CHANGED = "changed"
    PUT_OFF = "put_off"
    GONE = "gone"
    DONE = "done"
    FAILED = "failed"
    UNSETTLED = "unsettled"


class ActionFailed(Exception):
    """AWS refused an action, or did not answer it.

    `certain` is False where the change may have happened all the same: its intent then stays open,
    and the next sweep settles it by looking.
    """

    def __init__(self, detail: str, *, certain: bool = True) -> None:
        super().__init__(detail)
        self.certain = certain


class ResourceGone(Exception):
    """The resource no longer exists, so there is nothing left to do."""


class ResourceChanged(Exception):
    """The resource is no longer as it was when the action was decided on; nothing was done."""


class MalformedEvent(ValueError):
    """An event Fusebox cannot read; it is raised so that it ends in the failure queue."""


class Refused(Exception):
    """Fusebox declines to act, for the one-line reason given."""


class Busy(Refused):
    """The same work is under way elsewhere, so there is nothing to do here."""


def plan_hash(guardrail: str, decision: Decision) -> str:
    """Binds an action to what was seen: SHA-256 over guardrail, resource, change, prior values (or terms) and rule.

    Metrics, money and times stay out, so a later look at an unchanged resource gives the same hash.
    """
    action = decision.action
    if action is None:
        raise ValueError(f"{decision.resource}: a decision without an action has no plan")
    return canonical_hash(guardrail, decision.resource, action.kind, *action.bound, decision.rule)


def canonical_hash(*parts: Json) -> str:
    """SHA-256, in hex, of the parts as canonical JSON (sorted keys, no white space)."""
    return hashlib.sha256(CANONICAL(parts).encode()).hexdigest()


@lru_cache(maxsize=16)
def iso(moment: datetime) -> str:
    """UTC with microseconds: sorts as text in the order of time."""
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"

"""One run of one guardrail: what the engine's steps are handed."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Generic

from functions.core import gates
from functions.core.guardrail import Account, F, Guardrail, S
from functions.core.report import RunReport
from functions.core.spec import OWN_TAG
from functions.core.table import Table
from functions.core.types import Decision, Json, canonical_hash


@dataclass(frozen=True, slots=True)
class Asks:
    """How a run asks people: hours to answer, the tag that names an owner, who started the run ("" for Fusebox).

    `round` counts the questions that went before on the same matter.
    """

    deadline_hours: int = 72
    owner_tag: str = "owner"
    requester: str = ""
    round: int = 0


@dataclass(frozen=True)
class Run(Generic[F, S]):
    """A guardrail at work in one account and Region.

    `own_prefix` begins the names of Fusebox's own resources. `clock` gives aware UTC times. `id`
    names the run in the ledger. `warrant` says, in every intent, on whose word it acts, where that is a
    person's.
    """

    guardrail: Guardrail[F, S]
    settings: S
    account: Account[F]
    table: Table
    clock: Callable[[], datetime]
    own_prefix: str
    id: str
    asks: Asks = Asks()
    warrant: Mapping[str, Json] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.guardrail.name

    @property
    def by_a_person(self) -> bool:
        """Whether it acts on a person's word rather than on its own or by silence."""
        return bool(self.warrant) and self.warrant["how"] != "time-out"

    def owner_of(self, facts: F, decision: Decision) -> str:
        """Who the resource's tag says it belongs to, or else whom the decision concerns, or ""."""
        return (facts.tags or {}).get(self.asks.owner_tag, "") or decision.concerns

    def new_report(self) -> RunReport:
        return RunReport(self.id, self.name, self.settings.mode)

    def decide(self, facts: F) -> Decision:
        """The guardrail's decision; Fusebox's own resources are left alone whatever it says."""
        decision = self.guardrail.decide(facts, self.settings, self.clock())
        if decision.action is not None and gates.is_own(facts, self.own_prefix):
            marked = OWN_TAG in (facts.tags or {})
            why = "belongs to Fusebox itself" if marked else "is named like Fusebox's own, and so is left alone"
            return Decision(decision.resource, decision.name, "own", "own", why, report=not marked)
        return decision


def new_run_id(now: datetime) -> str:
    """Sorts by time and is unique."""
    return run_id(now, secrets.token_hex(16))


def run_id(started: datetime, seed: str) -> str:
    """The run of a given start and seed: the same in every step of a state machine's execution."""
    return f"{started:%Y%m%dT%H%M%S}-{canonical_hash(seed)[:6]}"

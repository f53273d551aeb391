"""The last look right before acting: at the switches, and at what was seen too long ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic

from botocore.exceptions import BotoCoreError, ClientError

from functions.core import claims, gates
from functions.core.guardrail import F
from functions.core.run import Run
from functions.core.table import Row
from functions.core.types import Action, Decision, Disposition, Json, plan_hash


@dataclass(frozen=True, slots=True)
class Candidate(Generic[F]):
    """A resource with the decision that may now be carried out.

    `warrant` says on whose word, where that is a person's and not the run's own.
    """

    facts: F
    decision: Decision
    warrant: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun(Generic[F]):
    """A candidate whose claim and intent are written."""

    candidate: Candidate[F]
    claim: Row
    intent: Row
    at: datetime


End = tuple[Disposition, str]
AT_ONCE = 50
"""How many that are still to come are read again together with one whose facts have aged."""
Ready = tuple[Begun[F], F, Action]
"""A candidate whose change may be made now, on these facts."""


def look_once_more(
    run: Run[F, Any], batch: Sequence[Begun[F]], seen: dict[str, F | None], beside: Sequence[Begun[F]]
) -> tuple[list[Ready[F]], list[tuple[Begun[F], End]]]:
    """A last look at the switches and, where what was seen has aged, at the resources: what may be done, what not.

    `seen` holds what was read again already, None for what is gone; `beside` are candidates still to come.
    """
    now = run.clock()
    trouble = _read_again(run, batch, seen, beside, now)
    looked: list[tuple[Begun[F], F]] = []
    ended: list[tuple[Begun[F], End]] = []
    for one in batch:
        decision = one.candidate.decision
        facts = seen.get(one.candidate.facts.arn, one.candidate.facts)
        if now - one.at > claims.acts_within(run.guardrail.spec.urgent):
            ended.append((one, (Disposition.UNSETTLED, "too long after its claim to act (was this machine asleep?)")))
        elif facts is None:
            ended.append((one, (Disposition.GONE, "it no longer exists")))
        elif trouble and _aged(facts, now):
            ended.append((one, (Disposition.FAILED, trouble)))
        elif facts is not one.candidate.facts and not same(run.name, fresh := run.decide(facts), decision):
            ended.append((one, (Disposition.CHANGED, f"changed since it was read: now {fresh.verdict}")))
        else:
            looked.append((one, facts))
    ready: list[Ready[F]] = []
    for (one, facts), stopped in zip(looked, _last_look(run, looked), strict=True):
        if stopped:
            ended.append((one, stopped))
        else:
            assert one.candidate.decision.action is not None
            ready.append((one, facts, one.candidate.decision.action))
    return ready, ended


def _aged(facts: F, now: datetime) -> bool:
    return now - facts.read_at > gates.FRESH


def _read_again(
    run: Run[F, Any], batch: Sequence[Begun[F]], seen: dict[str, F | None], beside: Sequence[Begun[F]], now: datetime
) -> str:
    """Reads again what has aged of a batch, and with it what has aged beside it; returns what went wrong.

    Where the whole cannot be read, the batch is tried alone: one that fails stops no other.
    """

    def aged(some: Sequence[Begun[F]]) -> list[str]:
        known = (seen.get(one.candidate.facts.arn, one.candidate.facts) for one in some)
        return sorted(facts.arn for facts in known if facts is not None and _aged(facts, now))

    arns, trouble = aged(batch), ""
    together = [arns + aged(beside), arns] if arns else []
    for some in together:
        try:
            found = run.account.read(some)
        except (ClientError, BotoCoreError) as error:
            trouble = f"could not be read again: {error}"
        else:
            seen.update({arn: found.get(arn) for arn in some})
            return ""
    return trouble


def _last_look(run: Run[F, Any], looked: Sequence[tuple[Begun[F], F]]) -> list[End | None]:
    """Pause and exemptions right before the action.

    What gives something back, or was decided by a person known by name, is held up by a person's pause only.
    """
    facts = [each for _, each in looked]
    stops = gates.last_look(run.table, run.name, facts, run.clock(), despite_itself=run.by_a_person)
    for position, (one, each) in enumerate(looked):
        decision, warrant = one.candidate.decision, one.candidate.warrant
        despite_exemptions = decision.returns or decision.named
        if stops[position] and (despite_exemptions or warrant):
            (stop,) = gates.last_look(run.table, run.name, [each], run.clock(), despite_itself=True)
            stops[position] = None if stop and despite_exemptions and stop[0] is Disposition.EXEMPT else stop
    return stops


def same(guardrail: str, fresh: Decision, seen: Decision) -> bool:
    """Whether a second look leads to the very same action, to no more harm and to no question that was not asked."""
    if fresh.action is None or seen.action is None or fresh.identity != seen.identity:
        return False
    harmless = not fresh.action.irreversible or bool(seen.action.irreversible)
    may = (not fresh.asks or bool(seen.asks)) and (not fresh.named or seen.named)
    return harmless and may and plan_hash(guardrail, fresh) == plan_hash(guardrail, seen)

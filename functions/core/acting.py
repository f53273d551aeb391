"""Acting on a batch that passed the gates: claim and intent, a last look, the change, the outcome."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic

from functions.core import claims, gates, ledger
from functions.core.guardrail import F
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.table import Row
from functions.core.types import ActionFailed, Decision, Disposition, ResourceGone, plan_hash

log = logging.getLogger("fusebox")


@dataclass(frozen=True, slots=True)
class Candidate(Generic[F]):
    """A resource with the decision that may now be carried out."""

    facts: F
    decision: Decision


@dataclass(frozen=True, slots=True)
class Begun(Generic[F]):
    """A candidate whose claim and intent are written."""

    candidate: Candidate[F]
    claim: Row
    intent: Row


def act(run: Run[F, Any], batch: Sequence[Candidate[F]], report: RunReport) -> None:
    """Carries out a batch. One resource that fails stops no other; each ends in the ledger and the report."""
    if not batch:
        return
    ended: list[tuple[Row, Row]] = []
    try:
        for begun in _begin(run, batch, report):
            disposition, detail = _carry_out(run, begun.candidate)
            report.add(begun.candidate.decision, disposition, detail)
            if disposition is Disposition.UNSETTLED:
                log.error("unsettled: %s: %s", begun.candidate.decision.resource, detail)
                continue
            if disposition is Disposition.FAILED:
                log.error("failed: %s: %s", begun.candidate.decision.resource, detail)
            now = run.clock()
            outcome = ledger.outcome_row(begun.intent.body, disposition, detail, now)
            ended.append((outcome, claims.closed(begun.claim, now)))
    finally:
        run.table.write(ended)


def _begin(run: Run[F, Any], batch: Sequence[Candidate[F]], report: RunReport) -> list[Begun[F]]:
    """Writes claims and intents in one go; who loses a claim is at work elsewhere and is left to it."""
    name, now = run.name, run.clock()
    before = claims.current(run.table, name, [one.decision.resource for one in batch])
    begun: list[Begun[F]] = []
    for one in batch:
        resource = one.decision.resource
        if not claims.may_claim(before.get(resource), one.facts.read_at, now):
            report.add(one.decision, Disposition.IN_FLIGHT, "another run is acting on it or has just done so")
            continue
        intent = ledger.intent_row(run.id, name, run.settings.mode, one.decision, now)
        claim = claims.opened(name, resource, before.get(resource), intent, now)
        begun.append(Begun(one, claim, intent))
    lost = set(run.table.write([(one.claim, one.intent) for one in begun]))
    for position in sorted(lost):
        decision = begun[position].candidate.decision
        report.add(decision, Disposition.IN_FLIGHT, "another run took it first")
    return [one for position, one in enumerate(begun) if position not in lost]


def _carry_out(run: Run[F, Any], candidate: Candidate[F]) -> tuple[Disposition, str]:
    """One change, after a last look at its switches and, where what was seen has aged, at the resource."""
    facts, decision = candidate.facts, candidate.decision
    if run.clock() - facts.read_at > gates.FRESH:
        again = run.account.read([facts.arn]).get(facts.arn)
        if again is None:
            return Disposition.GONE, "it no longer exists"
        fresh = run.decide(again)
        if fresh.action is None or plan_hash(run.name, fresh) != plan_hash(run.name, decision):
            return Disposition.CHANGED, f"changed since it was read: now {fresh.verdict}"
        if fresh.action.irreversible and not run.settings.allow_irreversible:
            return Disposition.CHANGED, fresh.action.irreversible
        facts = again
    stopped = gates.last_look(run.table, run.name, facts, run.clock())
    if stopped:
        return stopped
    assert decision.action is not None
    try:
        run.account.act(facts, decision.action)
    except ResourceGone:
        return Disposition.GONE, "it no longer exists"
    except ActionFailed as error:
        return (Disposition.FAILED if error.certain else Disposition.UNSETTLED), str(error)
    return Disposition.DONE, ""

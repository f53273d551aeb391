"""Acting on a batch that passed the gates: claim and intent, a last look, the change, the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from botocore.exceptions import BotoCoreError, ClientError

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
    at: datetime


@dataclass(frozen=True, slots=True)
class Result:
    """How an action ended; `action_id` is "" where it never began."""

    decision: Decision
    disposition: Disposition
    detail: str
    action_id: str = ""


def act(
    run: Run[F, Any],
    batch: Sequence[Candidate[F]],
    report: RunReport,
    stop: Callable[[], bool],
    results: list[Result] | None = None,
) -> bool:
    """Carries out a batch; False where `stop` put some of it off. Adds to `results` what became of each.

    One resource that fails stops no other; each ends in the ledger and the report. At least one
    action is made, so that a run that is stopped again and again comes to its end.
    """
    ended: list[tuple[Row, Row]] = []
    results = [] if results is None else results
    put_off = False
    try:
        for position, one in enumerate(_begin(run, batch, report, results)):
            decision, identity = one.candidate.decision, str(one.intent.body["action_id"])
            put_off = put_off or (position > 0 and stop())
            if put_off:
                disposition, detail = Disposition.PUT_OFF, "the time ran low; the run's next step takes it up"
            else:
                disposition, detail = _carry_out(run, one)
                owner = run.owner_of(one.candidate.facts)
                report.add(decision, disposition, detail, id=identity, owner=owner)
                results.append(Result(decision, disposition, detail, identity))
            if disposition in (Disposition.FAILED, Disposition.UNSETTLED):
                log.error("%s: %s: %s", disposition, decision.resource, detail)
            if disposition is not Disposition.UNSETTLED:
                now = run.clock()
                outcome = ledger.outcome_row(one.intent.body, disposition, detail, now)
                ended.append((outcome, claims.closed(one.claim, now)))
    finally:
        lost = run.table.write(ended) if ended else []
        if lost:
            report.note(f"{len(lost)} outcomes had been settled by another run: the ledger has both sides")
    return not put_off


def _begin(run: Run[F, Any], batch: Sequence[Candidate[F]], report: RunReport, results: list[Result]) -> list[Begun[F]]:
    """Writes claims and intents in one go; who loses a claim is at work elsewhere and is left to it."""
    if not batch:
        return []
    name, now = run.name, run.clock()

    def left(decision: Decision, disposition: Disposition, detail: str) -> None:
        report.add(decision, disposition, detail)
        results.append(Result(decision, disposition, detail))

    before = claims.current(run.table, name, [one.decision.resource for one in batch])
    begun: list[Begun[F]] = []
    for one in batch:
        resource = one.decision.resource
        standing = claims.standing(before.get(resource), one.facts.read_at, now)
        if standing == "open":
            left(one.decision, Disposition.IN_FLIGHT, "another run is acting on it, or crashed doing so")
            continue
        if standing == "outdated":
            left(one.decision, Disposition.CHANGED, "another run has just acted on it")
            continue
        intent = ledger.intent_row(run.id, name, run.settings.mode, one.decision, now, warrant=run.warrant)
        claim = claims.opened(name, resource, before.get(resource), intent, now)
        begun.append(Begun(one, claim, intent, now))
    lost = set(run.table.write([(one.claim, one.intent) for one in begun]))
    for position in sorted(lost):
        left(begun[position].candidate.decision, Disposition.IN_FLIGHT, "another run took it first")
    return [one for position, one in enumerate(begun) if position not in lost]


def _carry_out(run: Run[F, Any], begun: Begun[F]) -> tuple[Disposition, str]:
    """One change, after a last look at its switches and, where what was seen has aged, at the resource."""
    facts, decision = begun.candidate.facts, begun.candidate.decision
    if run.clock() - begun.at > claims.CLAIM_ACTS:
        return Disposition.UNSETTLED, "too long after its claim to act (was this machine asleep?)"
    if run.clock() - facts.read_at > gates.FRESH:
        try:
            again = run.account.read([facts.arn]).get(facts.arn)
        except (ClientError, BotoCoreError) as error:
            return Disposition.FAILED, f"could not be read again: {error}"
        if again is None:
            return Disposition.GONE, "it no longer exists"
        fresh = run.decide(again)
        if not same(run.name, fresh, decision):
            return Disposition.CHANGED, f"changed since it was read: now {fresh.verdict}"
        facts = again
    stopped = gates.last_look(run.table, run.name, facts, run.clock(), despite_itself=run.by_a_person)
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


def same(guardrail: str, fresh: Decision, seen: Decision) -> bool:
    """Whether a second look leads to the very same action, and to no more harm than the first."""
    if fresh.action is None or seen.action is None or fresh.identity != seen.identity:
        return False
    harmless = not fresh.action.irreversible or bool(seen.action.irreversible)
    return harmless and plan_hash(guardrail, fresh) == plan_hash(guardrail, seen)

"""Acting on a batch that passed the gates: claim and intent, a last look, the change, the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from botocore.exceptions import BotoCoreError, ClientError

from functions.core import claims, gates, ledger
from functions.core.guardrail import ActsTogether, F
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.table import Row
from functions.core.types import Action, ActionFailed, Decision, Disposition, ResourceGone, plan_hash

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


End = tuple[Disposition, str]
Ready = tuple[Begun[F], F, Action]
"""A candidate whose change may be made now, on these facts."""


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
        for one, (disposition, detail) in _carry_out(run, _begin(run, batch, report, results), stop):
            decision, identity = one.candidate.decision, str(one.intent.body["action_id"])
            put_off = put_off or disposition is Disposition.PUT_OFF
            if disposition is not Disposition.PUT_OFF:
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


def _carry_out(run: Run[F, Any], begun: Sequence[Begun[F]], stop: Callable[[], bool]) -> Iterator[tuple[Begun[F], End]]:
    """Makes the changes, one by one, or several in one go where the account can and there are several."""
    if len(begun) > 1 and isinstance(run.account, ActsTogether):
        yield from _together(run, run.account, begun)
        return
    put_off = False
    for position, one in enumerate(begun):
        put_off = put_off or (position > 0 and stop())
        if put_off:
            yield one, (Disposition.PUT_OFF, "the time ran low; the run's next step takes it up")
            continue
        ready, ended = _look_once_more(run, [one])
        yield from ended
        for _, facts, action in ready:
            try:
                run.account.act(facts, action)
            except (ResourceGone, ActionFailed) as error:
                yield one, _end_of(error)
            else:
                yield one, _end_of(None)


def _together(run: Run[F, Any], account: ActsTogether[F], begun: Sequence[Begun[F]]) -> Iterator[tuple[Begun[F], End]]:
    ready, ended = _look_once_more(run, begun)
    yield from ended
    if ready:
        answers = account.act_together([(facts, action) for _, facts, action in ready])
        for (one, _, _), answer in zip(ready, answers, strict=True):
            yield one, _end_of(answer)


def _look_once_more(run: Run[F, Any], batch: Sequence[Begun[F]]) -> tuple[list[Ready[F]], list[tuple[Begun[F], End]]]:
    """A last look at the switches and, where what was seen has aged, at the resources: what may be done, what not."""
    now, trouble, again = run.clock(), "", dict[str, F]()
    aged = sorted(facts.arn for one in batch if now - (facts := one.candidate.facts).read_at > gates.FRESH)
    try:
        again = run.account.read(aged) if aged else {}
    except (ClientError, BotoCoreError) as error:
        trouble = f"could not be read again: {error}"
    looked: list[tuple[Begun[F], F]] = []
    ended: list[tuple[Begun[F], End]] = []
    for one in batch:
        facts, decision = one.candidate.facts, one.candidate.decision
        if now - one.at > claims.CLAIM_ACTS:
            ended.append((one, (Disposition.UNSETTLED, "too long after its claim to act (was this machine asleep?)")))
        elif facts.arn not in aged:
            looked.append((one, facts))
        elif trouble:
            ended.append((one, (Disposition.FAILED, trouble)))
        elif facts.arn not in again:
            ended.append((one, (Disposition.GONE, "it no longer exists")))
        elif not same(run.name, fresh := run.decide(again[facts.arn]), decision):
            ended.append((one, (Disposition.CHANGED, f"changed since it was read: now {fresh.verdict}")))
        else:
            looked.append((one, again[facts.arn]))
    fresh_facts = [facts for _, facts in looked]
    stops = gates.last_look(run.table, run.name, fresh_facts, run.clock(), despite_itself=run.by_a_person)
    ready: list[Ready[F]] = []
    for (one, facts), stopped in zip(looked, stops, strict=True):
        if stopped:
            ended.append((one, stopped))
        else:
            assert one.candidate.decision.action is not None
            ready.append((one, facts, one.candidate.decision.action))
    return ready, ended


def _end_of(answer: ActionFailed | ResourceGone | None) -> End:
    if isinstance(answer, ResourceGone):
        return Disposition.GONE, "it no longer exists"
    if isinstance(answer, ActionFailed):
        return (Disposition.FAILED if answer.certain else Disposition.UNSETTLED), str(answer)
    return Disposition.DONE, ""


def same(guardrail: str, fresh: Decision, seen: Decision) -> bool:
    """Whether a second look leads to the very same action, to no more harm and to no question that was not asked."""
    if fresh.action is None or seen.action is None or fresh.identity != seen.identity:
        return False
    harmless = not fresh.action.irreversible or bool(seen.action.irreversible)
    may = not fresh.asks or bool(seen.asks)
    return harmless and may and plan_hash(guardrail, fresh) == plan_hash(guardrail, seen)

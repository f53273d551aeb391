"""Acting on a batch that passed the gates: claim and intent, a last look, the change, the outcome."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from functions.core import claims, ledger, looking
from functions.core.guardrail import ActsTogether, F
from functions.core.looking import Begun, Candidate, End
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.table import Row
from functions.core.types import ActionFailed, Decision, Disposition, Json, ResourceChanged, ResourceGone

log = logging.getLogger("fusebox")
Carried = tuple[Begun[F], End, Mapping[str, Json] | None]
"""A candidate, how it ended, and the values written where those are not the action's."""


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
    told_failed: Collection[str] = (),
) -> bool:
    """Carries out a batch; False where `stop` put some of it off. Adds to `results` what became of each.

    `told_failed` are resources whose failure has been told of already.

    One resource that fails stops no other; each ends in the ledger and the report. At least one
    action is made, so that a run that is stopped again and again comes to its end.
    """
    ended: list[tuple[Row, Row]] = []
    results = [] if results is None else results
    put_off = False
    try:
        for one, (disposition, detail), wrote in _carry_out(run, _begin(run, batch, report, results), stop):
            decision, identity = one.candidate.decision, str(one.intent.body["action_id"])
            put_off = put_off or disposition is Disposition.PUT_OFF
            in_vain = disposition in (Disposition.FAILED, Disposition.UNSETTLED)
            if disposition is not Disposition.PUT_OFF:
                owner = run.owner_of(one.candidate.facts, decision)
                new = not in_vain or decision.resource not in told_failed
                report.add(decision, disposition, detail, new=new, id=identity, owner=owner)
                results.append(Result(decision, disposition, detail, identity))
            if in_vain:
                log.error("%s: %s: %s", disposition, decision.resource, detail)
            if disposition is not Disposition.UNSETTLED:
                now = run.clock()
                outcome = ledger.outcome_row(one.intent.body, disposition, detail, now, wrote)
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
        warrant = one.warrant or run.warrant
        intent = ledger.intent_row(run.id, name, run.settings.mode, one.decision, now, warrant=warrant)
        claim = claims.opened(name, resource, before.get(resource), intent, now)
        begun.append(Begun(one, claim, intent, now))
    lost = set(run.table.write([(one.claim, one.intent) for one in begun]))
    for position in sorted(lost):
        left(begun[position].candidate.decision, Disposition.IN_FLIGHT, "another run took it first")
    return [one for position, one in enumerate(begun) if position not in lost]


def _carry_out(run: Run[F, Any], begun: Sequence[Begun[F]], stop: Callable[[], bool]) -> Iterator[Carried[F]]:
    """Makes the changes, one by one, or several in one go where the account can and there are several."""
    if len(begun) > 1 and isinstance(run.account, ActsTogether):
        yield from _together(run, run.account, begun)
        return
    put_off = False
    seen: dict[str, F | None] = {}
    for position, one in enumerate(begun):
        put_off = put_off or (position > 0 and stop())
        if put_off:
            yield one, (Disposition.PUT_OFF, "the time ran low; the run's next step takes it up"), None
            continue
        ready, ended = looking.look_once_more(run, [one], seen, begun[position + 1 : position + looking.AT_ONCE])
        yield from ((each, end, None) for each, end in ended)
        for _, facts, action in ready:
            try:
                wrote = run.account.act(facts, action)
            except (ResourceGone, ResourceChanged, ActionFailed) as error:
                yield one, _end_of(error), None
            else:
                yield one, _end_of(None), wrote


def _together(run: Run[F, Any], account: ActsTogether[F], begun: Sequence[Begun[F]]) -> Iterator[Carried[F]]:
    ready, ended = looking.look_once_more(run, begun, {}, ())
    yield from ((one, end, None) for one, end in ended)
    if ready:
        answers = account.act_together([(facts, action) for _, facts, action in ready])
        for (one, _, _), answer in zip(ready, answers, strict=True):
            yield one, _end_of(answer), None


def _end_of(answer: ActionFailed | ResourceGone | ResourceChanged | None) -> End:
    if isinstance(answer, ResourceChanged):
        return Disposition.CHANGED, str(answer)
    if isinstance(answer, ResourceGone):
        return Disposition.GONE, "it no longer exists"
    if isinstance(answer, ActionFailed):
        return (Disposition.FAILED if answer.certain else Disposition.UNSETTLED), str(answer)
    return Disposition.DONE, ""

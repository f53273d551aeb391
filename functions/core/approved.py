"""Carries out what a person approved: each resource is read again, and only the very same change is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core import (
    acting,
    adopting,
    asked,
    asking,
    cap,
    episodes,
    gates,
    ledger,
    looking,
    requests,
    settling,
    state,
)
from functions.core.acting import Result
from functions.core.guardrail import F
from functions.core.items import Item, chosen, of_request
from functions.core.looking import Candidate
from functions.core.report import RunReport
from functions.core.requests import Request
from functions.core.run import Asks, Run
from functions.core.types import Decision, Disposition, Json, plan_hash

BATCH = 40


@dataclass(frozen=True, slots=True)
class Step:
    """How far the acting came: whether it is `done`, and the follow-up questions whose workflows are to be started."""

    done: bool
    requests: tuple[str, ...] = ()


def act_on(run: Run[F, Any], request: Request, report: RunReport, *, stop: Callable[[], bool]) -> Step:
    """Acts on the approved items that have no result yet, batch by batch, until done or `stop`.

    What has changed is not touched; where the guardrail would now do something else about it, that is
    asked anew, twice at the most. Each result is written to its item, and what an earlier step did without
    living to write it is adopted from the ledger: so a step that is repeated goes on.
    """
    run = _warranted(run, request)
    approved = chosen(request, of_request(run.table, request.id))
    _end_own_pause(run, request, approved)
    todo = [one for one in approved if not one.result]
    settling.settle(run, report, only=[one.resource for one in todo])
    again: list[tuple[Item, Decision]] = []
    pending = False
    for start in range(0, len(todo), BATCH):
        if start and stop():
            return Step(False, _ask_again(run, request, again))
        batch, waits = adopting.adopt(run.table, run.name, request.id, todo[start : start + BATCH])
        pending = pending or waits
        results: list[Result] = []
        try:
            whole = _act(run, batch, report, stop, results, again)
        finally:
            _write(run, batch, results)
        if not whole:
            return Step(False, _ask_again(run, request, again))
    return Step(not pending, _ask_again(run, request, again))


def _end_own_pause(run: Run[F, Any], request: Request, approved: Sequence[Item]) -> None:
    """Approving the whole remainder beyond the cap lets the guardrail go on; part of it is done, and no more."""
    beyond = [one for one in of_request(run.table, request.id) if one.beyond_cap]
    if beyond and run.by_a_person and run.settings.mode != "observe" and {one.id for one in beyond} <= _ids(approved):
        state.resume_itself(run.table, run.name)


def _warranted(run: Run[F, Any], request: Request) -> Run[F, Any]:
    answer = request.answer
    assert answer is not None
    warrant: dict[str, Json] = {"request": request.id, "approved_by": answer.by, "how": answer.how}
    return replace(run, id=request.id, warrant=warrant)


def _act(
    run: Run[F, Any],
    batch: Sequence[Item],
    report: RunReport,
    stop: Callable[[], bool],
    results: list[Result],
    again: list[tuple[Item, Decision]],
) -> bool:
    candidates: list[Candidate[F]] = []

    def end(decision: Decision, disposition: Disposition, detail: str) -> None:
        report.add(decision, disposition, detail)
        results.append(Result(decision, disposition, detail))

    try:
        found = run.account.read([one.resource for one in batch])
    except (ClientError, BotoCoreError) as error:
        for one in batch:
            end(_seen(one), Disposition.FAILED, f"could not be read again: {error}")
        return True
    exemptions = state.exemptions(run.table, list(found), run.clock())
    for item in batch:
        seen, facts = _seen(item), found.get(item.resource)
        if facts is None:
            end(seen, Disposition.GONE, "it no longer exists")
            continue
        fresh = run.decide(facts)
        if not looking.same(run.name, fresh, seen):
            end(seen, Disposition.CHANGED, f"changed since it was asked about: now {fresh.verdict}, {fresh.reason}")
            exempt = not fresh.named and gates.exemption_of(facts, exemptions, run.clock())
            if fresh.action is not None and not exempt:
                again.append((item, fresh))
        elif run.settings.mode == "observe":
            end(seen, Disposition.OBSERVED, "the guardrail's mode is observe now")
        elif not run.by_a_person and run.settings.on_timeout != "act":
            end(seen, Disposition.OBSERVED, "the policy lets silence do nothing now")
        else:
            candidates.append(Candidate(facts, fresh))
    if not run.by_a_person:
        dollars = [one.decision.saving for one in candidates]
        granted = cap.reserve(run.table, run.name, run.settings.cap, dollars, run.clock())
        for late in candidates[granted:]:
            end(late.decision, Disposition.CAPPED, gates.CAP_USED_UP)
        candidates = candidates[:granted]
    whole = acting.act(run, candidates, report, stop, results)
    done = [one.decision for one in results if one.disposition is Disposition.DONE]
    episodes.tell(run, {one.resource: not one.cures for one in done})
    return whole


def _seen(one: Item) -> Decision:
    """The decision as it was when the person was asked."""
    entry = one.entry
    return Decision(
        one.resource,
        one.name,
        str(entry["verdict"]),
        str(entry["rule"]),
        str(entry["reason"]),
        ledger.action_of(entry),
        saving=one.saving,
        evidence=dict(entry["evidence"]) if isinstance(entry["evidence"], dict) else {},
        identity=str(entry["identity"]),
        asks=str(entry.get("asks", "")),
        named=one.named,
    )


def _write(run: Run[F, Any], batch: Sequence[Item], results: Sequence[Result]) -> None:
    ended = {(one.decision.resource, plan_hash(run.name, one.decision)): one for one in results}
    rows = []
    for item in batch:
        result = ended.get((item.resource, item.plan))
        if result is not None:
            done = replace(item, result=result.disposition.value, detail=result.detail, action_id=result.action_id)
            rows.append((done.row(),))
    run.table.write(rows)


def _ask_again(run: Run[F, Any], request: Request, changed: Sequence[tuple[Item, Decision]]) -> tuple[str, ...]:
    """Asks about what the guardrail would now do instead; after the second time it is superseded for good."""
    if not changed or request.round >= requests.ROUNDS or run.settings.mode == "observe":
        return ()
    asks = Asks(run.asks.deadline_hours, run.asks.owner_tag, request.requester, request.round + 1)
    anew = replace(run, id=f"{request.root}-again{request.round + 1}", asks=asks)
    asked.release(run.table, run.name, [item for item, _ in changed])
    questions = [asking.Question(fresh, "changed since it was approved", item.owner) for item, fresh in changed]
    _, concerned = asking.ask(anew, questions, joins=False)
    return tuple(sorted(concerned - {request.id}))


def _ids(some: Sequence[Item]) -> set[str]:
    return {one.id for one in some}

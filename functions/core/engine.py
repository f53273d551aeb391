"""The way every guardrail takes: find, decide, gates, act, ledger.

The engine knows no guardrail and makes no AWS call of its own: a run brings the guardrail's
account, the table and a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from functions.core import acting, asking, cap, episodes, gates, ledger, recorded, retrying, settling, state
from functions.core.episodes import Episodes
from functions.core.guardrail import F, S, Tends
from functions.core.looking import Candidate
from functions.core.report import ASKED, RunReport
from functions.core.run import Run
from functions.core.state import parse_moment
from functions.core.types import Busy, Decision, Disposition, Json, plan_hash

LEASE_LASTS = timedelta(minutes=20)
"""Longer than the longest function, so that a lease never ends under a sweep that still runs."""
LEASE_RENEWED_AFTER = timedelta(minutes=5)
TRIED_IN_VAIN = (Disposition.FAILED, Disposition.UNSETTLED)
AGREED_FOR = timedelta(hours=24)
"""How long what a person approved is carried on step by step."""


def _never() -> bool:
    return False


def look_at(run: Run[F, S], arns: Sequence[str]) -> RunReport:
    """Evaluates a few resources now: what an event, a redrive or a person named."""
    report = run.new_report()
    settling.settle(run, report, only=arns)
    evaluate(run, list(run.account.read(arns).values()), report, joins=True)
    return report


def sweep(run: Run[F, S], report: RunReport, cursor: str, *, stop: Callable[[], bool]) -> str | None:
    """Evaluates everything, page by page, until done or `stop`; returns the cursor to go on from, None when done.

    A page that `stop` interrupts is begun again by the next step, which finds what was done as right.
    Raises Busy where another sweep of this guardrail is under way.
    """
    leased_at = _lease(run)
    if not cursor:
        settling.settle(run, report)
        report.concerns(asking.left_behind(run))
    for page in run.account.pages(cursor):
        report.could_not_read(page.trouble)
        if not evaluate(run, page.facts, report, stop):
            return cursor
        cursor = page.cursor
        if cursor and stop():
            return cursor
        if run.clock() - leased_at > LEASE_RENEWED_AFTER:
            leased_at = _lease(run)
    _tend(run, report, stop)
    state.release_lease(run.table, run.name, run.id)
    return None


def evaluate(
    run: Run[F, S],
    batch: Sequence[F],
    report: RunReport,
    stop: Callable[[], bool] = _never,
    *,
    joins: bool = False,
) -> bool:
    """Decides about a batch, acts where the gates allow it, asks where they say so, and records what is worth it.

    False where `stop` put some of the actions off. `joins` lets the questions of several events become one.
    """
    now = run.clock()
    decided = [(facts, run.decide(facts)) for facts in batch]
    in_question = [facts.arn for facts, decision in decided if decision.action is not None]
    exemptions = state.exemptions(run.table, in_question, now) if in_question else {}
    paused = state.paused(run.table, run.name) if in_question else ""
    capped = bool(paused) and state.paused_by_itself(run.table, run.name)
    exempt = {facts.arn: gates.exemption_of(facts, exemptions, now) for facts, one in decided if one.action is not None}
    told = episodes.track(run, [decision for facts, decision in decided if exempt.get(facts.arn) is None], now)
    agreed: list[Candidate[F]] = []
    through: list[Candidate[F]] = []
    ended: list[Ended[F]] = []
    for facts, decision in decided:
        end = gates.gate(decision, run.settings, exempt.get(facts.arn), paused, capped=capped)
        warrant = _warrant(run, decision, now) if end and end[0] is Disposition.NEEDS_APPROVAL else {}
        if warrant or (end is None and decision.returns):
            agreed.append(Candidate(facts, decision, warrant))
        elif end is None:
            through.append(Candidate(facts, decision))
        else:
            ended.append((facts, decision, *(told.end_of(decision) or end)))
    if joins and run.guardrail.spec.remembers:
        rests = retrying.failed_lately(run, through, now)
        ended += [
            (one.facts, one.decision, Disposition.LEFT, retrying.REFUSED_LATELY)
            for one in through
            if one.decision.resource in rests
        ]
        through = [one for one in through if one.decision.resource not in rests]
    granted = cap.reserve(run.table, run.name, run.settings.cap, [one.decision.saving for one in through], now)
    ended += [(one.facts, one.decision, Disposition.CAPPED, gates.CAP_USED_UP) for one in through[granted:]]
    news = _record(run, ended, report, joins, told)
    results: list[acting.Result] = []
    whole = acting.act(run, agreed + through[:granted], report, stop, results)
    done = {one.decision.resource: not one.decision.cures for one in results if one.disposition is Disposition.DONE}
    failed = {one.decision.resource: True for one in results if one.disposition in TRIED_IN_VAIN}
    episodes.tell(run, news | failed | done)
    if granted < len(through):
        _pause_itself(run, report, through[granted].decision)
    return whole


Ended = tuple[F, Decision, Disposition, str]


def _lease(run: Run[F, S]) -> datetime:
    now = run.clock()
    holder = state.acquire_lease(run.table, run.name, run.id, now, LEASE_LASTS)
    if holder:
        raise Busy(f"another sweep of {run.name} is under way: {holder}")
    return now


def _tend(run: Run[F, S], report: RunReport, stop: Callable[[], bool]) -> None:
    """Lets the guardrail look after what is its own in the account, where it may change anything there."""
    account: object = run.account
    if isinstance(account, Tends) and run.settings.mode != "observe" and not state.paused(run.table, run.name):
        report.could_not_read(account.tend(stop))


def _warrant(run: Run[F, S], decision: Decision, now: datetime) -> dict[str, Json]:
    """On whose word the next step of an action may be made: a person's about the first one, and the same plan; or {}.

    A word about what can be undone covers nothing that cannot.
    """
    if not decision.goes_on or decision.action is None:
        return {}
    first = recorded.of_resource(run.table, decision.resource, decision.goes_on)
    if first is None or first.intent.get("plan") != plan_hash(run.name, decision):
        return {}
    warrant = first.intent.get("warrant")
    if not isinstance(warrant, dict) or warrant.get("how") == "time-out":
        return {}
    lasting = bool(ledger.action_of(first.intent).irreversible or warrant.get("irreversible"))
    since = warrant.get("since", first.intent["at"])
    if (decision.action.irreversible and not lasting) or now - parse_moment(since) > AGREED_FOR:
        return {}
    return {**warrant, "since": since, "irreversible": lasting}


def _pause_itself(run: Run[F, S], report: RunReport, first: Decision) -> None:
    """What follows on a used-up cap: nothing more happens unasked, and the remainder is one question."""
    limit = run.settings.cap
    reason = f"cap of {limit.actions_per_hour} actions or ${limit.dollars_per_hour:,.2f} an hour reached"
    state.pause_itself(run.table, run.name, reason=reason, now=run.clock())
    report.note(
        f"{reason} at {first.name} (${abs(first.saving):,.2f}); the guardrail paused itself. "
        f"To go on: approve the remainder, or fusebox resume {run.name}"
    )


def _record(
    run: Run[F, S], ended: Sequence[Ended[F]], report: RunReport, joins: bool, told: Episodes
) -> dict[str, bool]:
    """Writes findings that are new in this period, asks what only a person can decide, and counts everything.

    Returns the resources of which there is news, each with True: the end of it is then news as well.
    """
    news: dict[str, bool] = {}
    now = run.clock()
    period = ledger.period_of(now, run.settings.remind_days)
    worth = [one for one in ended if one[2] not in (Disposition.LEFT, Disposition.EXEMPT)]
    rows = {
        decision.resource: ledger.finding_row(
            run.id, run.name, run.settings.mode, decision, end, period, now, told.begun.get(decision.resource, "")
        )
        for _, decision, end, _ in worth
    }
    known = run.table.get([row.key for row in rows.values()]) if rows else {}
    run.table.write([(row,) for row in rows.values() if row.key not in known])
    questions = [
        asking.Question(decision, detail, run.owner_of(facts)) for facts, decision, end, detail in worth if end in ASKED
    ]
    asked: set[str] = set()
    if questions:
        asked, concerned = asking.ask(run, questions, joins=joins)
        report.concerns(concerned)
    for facts, decision, end, detail in ended:
        row = rows.get(decision.resource)
        new = decision.resource in asked if end in ASKED else row is not None and row.key not in known
        identity = ledger.identity_of(known.get(row.key, row).body) if row is not None else ""
        report.add(decision, end, detail, new=new, id=identity, owner=run.owner_of(facts))
        if new:
            news[decision.resource] = True
    return news

"""What follows from what was seen: decided, gated, recorded, asked about and done, resource by resource."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Generic

from functions.core import acting, asking, cap, episodes, gates, ledger, recorded, retrying, state
from functions.core.episodes import Episodes
from functions.core.guardrail import F, S
from functions.core.looking import Candidate
from functions.core.report import ASKED, RunReport
from functions.core.requests import BY_NAME
from functions.core.run import Run
from functions.core.state import parse_moment
from functions.core.types import Decision, Disposition, Json, plan_hash

TRIED_IN_VAIN = (Disposition.FAILED, Disposition.UNSETTLED)
AGREED_FOR = timedelta(hours=24)
"""How long what a person approved is carried on step by step."""


def _never() -> bool:
    return False


Ended = tuple[F, Decision, Disposition, str]


@dataclass
class Sorted(Generic[F]):
    """A batch by what follows: done on a person's word or as agreed before, done under the cap, or ended here."""

    agreed: list[Candidate[F]] = field(default_factory=list)
    through: list[Candidate[F]] = field(default_factory=list)
    ended: list[Ended[F]] = field(default_factory=list)


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
    some, told = _gated(run, decided, now)
    if joins and run.guardrail.spec.remembers and not run.guardrail.spec.urgent:
        _let_rest(run, some, now)
    some.agreed += _tried_in_vain(run, some, now)
    granted = cap.reserve(run.table, run.name, run.settings.cap, [one.decision.saving for one in some.through], now)
    beyond = some.through[granted:]
    some.ended += [(one.facts, one.decision, Disposition.CAPPED, gates.CAP_USED_UP) for one in beyond]
    news = _record(run, some.ended, report, joins, told)
    results: list[acting.Result] = []
    ready = some.agreed + some.through[:granted]
    whole = acting.act(run, ready, report, stop, results, told_failed=_told_failed(run, ready, now))
    done = {one.decision.resource: not one.decision.cures for one in results if one.disposition is Disposition.DONE}
    failed = {one.decision.resource: True for one in results if one.disposition in TRIED_IN_VAIN}
    episodes.tell(run, news | failed | done)
    if beyond:
        _pause_itself(run, report, beyond[0].decision)
    return whole


def _gated(run: Run[F, S], decided: Sequence[tuple[F, Decision]], now: datetime) -> tuple[Sorted[F], Episodes]:
    """Sorts decisions by the gates, and notes which of them begin or end an episode; what is exempt does neither."""
    in_question = [facts.arn for facts, decision in decided if decision.action is not None]
    # What comes and goes would be told at every turn: of what is exempt nobody wants to hear that.
    told_of = [facts.arn for facts, one in decided if one.report] if run.guardrail.spec.remembers else []
    exemptions = state.exemptions(run.table, in_question + told_of, now) if in_question or told_of else {}
    paused = state.paused(run.table, run.name) if in_question else ""
    capped = bool(paused) and state.paused_by_itself(run.table, run.name)
    asked_for = {*in_question, *told_of}
    exempt = {facts.arn: gates.exemption_of(facts, exemptions, now) for facts, _ in decided if facts.arn in asked_for}
    told = episodes.track(run, [decision for facts, decision in decided if exempt.get(facts.arn) is None], now)
    some: Sorted[F] = Sorted()
    for facts, decision in decided:
        end = gates.gate(decision, run.settings, exempt.get(facts.arn), paused, capped=capped)
        warrant = _warrant(run, decision, now) if end and end[0] is Disposition.NEEDS_APPROVAL else {}
        if warrant or (end is None and decision.returns):
            some.agreed.append(Candidate(facts, decision, warrant))
        elif end is None:
            some.through.append(Candidate(facts, decision))
        else:
            some.ended.append((facts, decision, *(told.end_of(decision) or end)))
    return some, told


def _let_rest(run: Run[F, S], some: Sorted[F], now: datetime) -> None:
    """Leaves to the next sweep what has just failed: a burst of events is not to try it again and again."""
    rests = retrying.failed_since(run, some.through, now - retrying.RESTS)
    resting = [one for one in some.through if one.decision.resource in rests]
    some.through = [one for one in some.through if one.decision.resource not in rests]
    some.ended += [(one.facts, one.decision, Disposition.LEFT, retrying.REFUSED_LATELY) for one in resting]


def _tried_in_vain(run: Run[F, S], some: Sorted[F], now: datetime) -> list[Candidate[F]]:
    """Takes out what failed in this hour already where it is urgent: each try would use up a place for another."""
    if not run.guardrail.spec.urgent:
        return []
    failed = _told_failed(run, some.through, now)
    again = [one for one in some.through if one.decision.resource in failed]
    some.through = [one for one in some.through if one.decision.resource not in failed]
    return again


def _told_failed(run: Run[F, S], ready: Sequence[Candidate[F]], now: datetime) -> set[str]:
    """What failed on this day (UTC) already, or in this hour where it is urgent: that it fails again is told once."""
    if not run.guardrail.spec.remembers:
        return set()
    hour = now.replace(minute=0, second=0, microsecond=0)
    since = hour if run.guardrail.spec.urgent else hour.replace(hour=0)
    return retrying.failed_since(run, ready, since, begun_too=True)


def _warrant(run: Run[F, S], decision: Decision, now: datetime) -> dict[str, Json]:
    """On whose word the next step of an action may be made: a person's about an earlier one of the same plan; or {}.

    A word about what can be undone covers nothing that cannot, and a nameless one nothing that takes a name.
    """
    if not decision.goes_on or decision.action is None:
        return {}
    before = recorded.of_resource(run.table, decision.resource, decision.goes_on)
    if before is None or before.intent.get("plan") != plan_hash(run.name, decision):
        return {}
    warrant = before.intent.get("warrant")
    if not isinstance(warrant, dict) or warrant.get("how") == "time-out":
        return {}
    if decision.named and warrant.get("how") not in BY_NAME:
        return {}
    lasting = bool(ledger.action_of(before.intent).irreversible or warrant.get("irreversible"))
    since = warrant.get("since", before.intent["at"])
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
    fresh = [row for row in rows.values() if row.key not in known]
    # Who loses it to another run leaves it to that one to tell.
    lost = set(run.table.write([(row,) for row in fresh]))
    written = {row.key for at, row in enumerate(fresh) if at not in lost}
    questions = [
        asking.Question(decision, detail, run.owner_of(facts, decision))
        for facts, decision, end, detail in worth
        if end in ASKED
    ]
    asked: set[str] = set()
    if questions:
        asked, concerned = asking.ask(run, questions, joins=joins)
        report.concerns(concerned)
    for facts, decision, end, detail in ended:
        row = rows.get(decision.resource)
        new = decision.resource in asked if end in ASKED else row is not None and row.key in written
        identity = ledger.identity_of(known.get(row.key, row).body) if row is not None else ""
        report.add(decision, end, detail, new=new, id=identity, owner=run.owner_of(facts, decision))
        if new:
            news[decision.resource] = True
    return news

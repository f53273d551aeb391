"""Puts what needs a person into one request a run, and never asks twice about the same change.

Field reports F20 (the same alert again and again), F21 (one message a resource).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.core import requests
from functions.core.requests import Item, Request
from functions.core.run import Run
from functions.core.state import parse_moment
from functions.core.table import Group, Key, Row
from functions.core.types import Decision, Refused, iso, plan_hash

AT_ONCE = 48
"""Items in one transaction: each takes two of its hundred rows."""
TRIES = 8
GATHERS = timedelta(seconds=60)
"""How long the question of an event waits for those of other events, so that a burst of them asks once."""
ABANDONED = timedelta(minutes=30)
"""After this long a request that still gathers was left behind by a run that crashed."""


@dataclass(frozen=True, slots=True)
class Question:
    """A decision that needs a person, why, and whose resource it is."""

    decision: Decision
    why: str
    owner: str = ""


def ask(run: Run[Any, Any], questions: Sequence[Question], *, joins: bool) -> tuple[set[str], set[str]]:
    """Adds questions to the run's request; returns which resources are newly asked about, and the requests concerned.

    With `joins` (an event) the request that other events are just gathering is used, else the run's own.
    A request concerned may have been written by an earlier try whose workflow was never started.
    """
    asked: set[str] = set()
    concerned: set[str] = set()
    for start in range(0, len(questions), AT_ONCE):
        some, ids = _ask(run, questions[start : start + AT_ONCE], joins)
        asked |= some
        concerned |= ids
    return asked, concerned


def _ask(run: Run[Any, Any], questions: Sequence[Question], joins: bool) -> tuple[set[str], set[str]]:
    for _ in range(TRIES):
        now = run.clock()
        keys = [requests.asked_key(run.name, one.decision.resource) for one in questions]
        before = run.table.get(keys)
        open_ids = [
            requests.still_asked(before.get(key), plan_hash(run.name, one.decision), now)
            for key, one in zip(keys, questions, strict=True)
        ]
        fresh = [one for one, asked in zip(questions, open_ids, strict=True) if not asked]
        concerned = set(open_ids) - {""}
        if not fresh:
            return set(), concerned
        request, beside = _request(run, joins, now)
        if not run.table.write([_group(run, request, beside, fresh, before, now)]):
            return {one.decision.resource for one in fresh}, concerned | {request.id}
    raise Refused(f"{run.name}: too many runs ask about the same resources at once; nothing was asked")


def _request(run: Run[Any, Any], joins: bool, now: datetime) -> tuple[Request, list[Row]]:
    """The request to add to, and the row that lets other events find it, where that is new."""
    key: Key = ("state#gathering", run.name)
    row = run.table.get([key]).get(key) if joins else None
    if row is not None and parse_moment(row.body["until"]) > now:
        found = requests.read(run.table, str(row.body["request"]))
        if found is not None and found.status == "gathering":
            return found, []
    found = requests.read(run.table, run.id)
    if found is not None and found.status == "gathering":
        return found, []
    gather_until = now + GATHERS if joins else now
    opened = Request(
        id=run.id if found is None else f"{run.id}-{found.version}",
        guardrail=run.name,
        mode=run.settings.mode,
        status="gathering",
        opened_at=iso(now),
        deadline_hours=run.asks.deadline_hours,
        undo_note=run.guardrail.undo_note,
        gather_until=iso(gather_until),
        requester=run.asks.requester,
        on_timeout=run.settings.on_timeout,
        round=run.asks.round,
    )
    if not joins:
        return opened, []
    version = (row.version if row else 0) + 1
    return opened, [Row(*key, {"request": opened.id, "until": iso(gather_until)}, version)]


def _group(
    run: Run[Any, Any],
    request: Request,
    beside: Sequence[Row],
    fresh: Sequence[Question],
    before: dict[Key, Row],
    now: datetime,
) -> Group:
    lasts = max(timedelta(days=run.settings.remind_days), timedelta(hours=request.deadline_hours))
    added: list[Item] = []
    rows: list[Row] = []
    for one in fresh:
        item = requests.item(request.id, run.name, run.settings.mode, one.decision, one.why, one.owner)
        key = requests.asked_key(run.name, item.resource)
        added.append(item)
        rows += [item.row(), requests.asked_row(run.name, item, before.get(key), now, lasts)]
    head = replace(
        request,
        count=request.count + len(added),
        irreversible=request.irreversible + sum(bool(one.irreversible) for one in added),
        saving=round(request.saving + sum(one.saving for one in added), 6),
    )
    return (head.row(), *beside, *rows)


def left_behind(run: Run[Any, Any]) -> set[str]:
    """Requests of this guardrail that no workflow asks, because the run that gathered them crashed."""
    now = run.clock()
    return {
        one.id
        for one in requests.listed(run.table)
        if one.status == "gathering"
        and one.guardrail == run.name
        and one.id != run.id
        and parse_moment(one.opened_at) + ABANDONED <= now
    }

"""Puts what needs a person into one request a run, and never asks twice about the same change.

Field reports F20 (the same alert again and again), F21 (one message a resource).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from functions.core import asked, items, requests
from functions.core.items import Item
from functions.core.requests import Request
from functions.core.run import Run
from functions.core.state import parse_moment
from functions.core.table import Group, Key, Row
from functions.core.types import Decision, Refused, iso, plan_hash

AT_ONCE = 32
"""Items in one transaction of a hundred rows: each takes two, and a third where it replaces an earlier one."""
TRIES = 8
WISHED = timedelta(days=31)
"""How long what takes a person known by name counts as asked at least: longer than any wish for it lasts."""
GATHERS = timedelta(seconds=60)
"""How long the question of an event waits for those of other events, so that a burst of them asks once."""


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
    new: set[str] = set()
    concerned: set[str] = set()
    for start in range(0, len(questions), AT_ONCE):
        some, ids = _ask(run, questions[start : start + AT_ONCE], joins)
        new |= some
        concerned |= ids
    return new, concerned


def _ask(run: Run[Any, Any], questions: Sequence[Question], joins: bool) -> tuple[set[str], set[str]]:
    for _ in range(TRIES):
        now = run.clock()
        keys = [asked.asked_key(run.name, one.decision.resource) for one in questions]
        before = run.table.get(keys)
        open_ids = [
            asked.still_asked(before.get(key), plan_hash(run.name, one.decision), now)
            for key, one in zip(keys, questions, strict=True)
        ]
        fresh = [one for one, request in zip(questions, open_ids, strict=True) if not request]
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
        gathering = requests.read(run.table, str(row.body["request"]))
        if gathering is not None and gathering.status == "gathering":
            return gathering, []
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
    replaced: list[Item] = []
    rows: list[Row] = []
    for one in fresh:
        item = items.item(request.id, run.name, run.settings.mode, one.decision, one.why, one.owner)
        row = before.get(asked.asked_key(run.name, item.resource))
        added.append(item)
        replaced += _replaced(run, request, item, row)
        rows += [item.row(), asked.asked_row(run.name, item, row, now, max(lasts, WISHED) if item.named else lasts)]
    rows += [replace(one, result=items.REPLACED).row() for one in replaced]
    head = replace(
        request,
        count=request.count + len(added) - len(replaced),
        irreversible=request.irreversible + _lasting(added) - _lasting(replaced),
        saving=round(request.saving + _saved(added) - _saved(replaced), 6),
    )
    return (head.row(), *beside, *rows)


def _replaced(run: Run[Any, Any], request: Request, item: Item, row: Row | None) -> list[Item]:
    """What the same request asks about the resource already: only its newest change is put to people."""
    plans = asked.asked_in(row, request.id)
    found = [items.find(run.table, request.id, items.item_id(item.resource, plan)) for plan in plans]
    return [one for one in found if one is not None and not one.result and one.id != item.id][:1]


def _lasting(some: Sequence[Item]) -> int:
    return sum(bool(one.irreversible) for one in some)


def _saved(some: Sequence[Item]) -> float:
    return sum(one.saving for one in some)


def left_behind(run: Run[Any, Any]) -> set[str]:
    """Requests of this guardrail whose workflow was never started, or died: they are to get a new one."""
    now = run.clock()
    return {
        one.id
        for one in requests.listed(run.table)
        if one.guardrail == run.name and one.id != run.id and one.overdue(now)
    }

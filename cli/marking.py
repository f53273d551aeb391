"""Marks of false positives: what an id stands for, each mark once, and how often a guardrail was wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli import asked, entries
from functions.core import ledger, requests
from functions.core.items import Item, of_request
from functions.core.ledger import Entry
from functions.core.requests import Request
from functions.core.state import parse_moment
from functions.core.table import Table
from functions.core.types import Refused

RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Record:
    """How often a guardrail was wrong: marks in all and lately, and the changes it made lately."""

    guardrail: str
    marked: int
    lately: int
    changes: int


def targets(table: Table, wanted: str) -> list[Entry]:
    """What an id is to mark: one action or finding, or the items of a request (its whole ID; ID/ITEM for one)."""
    request_id, slash, item = wanted.partition("/")
    # Not by its beginning: with that begin the ids of its findings and actions, too.
    request = asked.find(table, request_id) if slash else requests.read(table, wanted)
    if request is None:
        found = entries.one(table, wanted)
        if found["kind"] == ledger.UNDO:
            raise Refused(f"{ledger.identity_of(found)} is an undo: mark the action that it turned back")
        return [found]
    items = of_request(table, request.id)
    return [_marked(table, request, one) for one in (asked.pick(request, items, [item]) if slash else items)]


def mark(table: Table, those: Sequence[Entry], by: str, reason: str, now: datetime) -> tuple[list[Entry], int]:
    """Marks entries; returns those that were not marked before, and how many were."""
    lost = set(table.write([(ledger.wrong_row(one, by, reason, now),) for one in those]))
    return [one for position, one in enumerate(those) if position not in lost], len(lost)


def marks(table: Table, guardrail: str) -> list[Entry]:
    """The marks of a guardrail in the order of time."""
    return [row.body for row in table.query_index("listing", ledger.wrong_listing(guardrail))]


def record(table: Table, guardrail: str, now: datetime, just: Sequence[Entry] = ()) -> Record:
    """How often a guardrail was wrong; `just` holds what was marked now, which the index may not show yet."""
    found = marks(table, guardrail)
    new = {ledger.identity_of(one) for one in just} - {str(one["marks"]) for one in found}
    lately = sum(parse_moment(one["at"]) > now - RECENT for one in found)
    changes = sum(
        entry["kind"] == ledger.OUTCOME
        and entry["guardrail"] == guardrail
        and entry["result"] == "done"
        and "undoes" not in entry
        for entry in ledger.entries_since(table, now - RECENT, now)
    )
    return Record(guardrail, len(found) + len(new), lately + len(new), changes)


def _marked(table: Table, request: Request, item: Item) -> Entry:
    """What a mark of an item is about: its action, the finding that led to it, or the item itself."""
    if item.action_id:
        return {**item.entry, "run": request.id, "action_id": item.action_id}
    for entry in reversed(list(ledger.entries_of_resource(table, item.resource))):
        if entry["kind"] == ledger.FINDING and entry.get("plan") == item.plan and entry.get("finding_id"):
            return entry
    return {**item.entry, "run": request.id, "finding_id": f"{request.id}/{item.id}"}

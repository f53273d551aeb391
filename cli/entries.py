"""Finds what an id names in the ledger: an action, a finding or a request, with what followed from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cli import asked
from functions.core import ledger, recorded, requests
from functions.core.items import Item, of_request
from functions.core.ledger import Entry
from functions.core.requests import Request
from functions.core.table import Table
from functions.core.types import Refused


@dataclass(frozen=True, slots=True)
class Found:
    """Entries in the order of time; for a request also its head and its items."""

    entries: Sequence[Entry]
    request: Request | None = None
    items: Sequence[Item] = ()

    def to_json(self) -> dict[str, Any]:
        """The same for programs."""
        if self.request is None:
            return {"entries": self.entries}
        items = [asked.item_to_json(one) for one in self.items]
        return {"request": asked.to_json(self.request), "items": items, "entries": self.entries}


def show(table: Table, wanted: str) -> Found:
    """What an id, or a unique beginning of one, names; Refused for none or several."""
    request = request_of(table, wanted)
    if request is not None:
        about = list(ledger.entries_of_resource(table, f"request/{request.id}"))
        return Found(sorted(about, key=_at), request, of_request(table, request.id))
    named = one(table, wanted)
    identity = ledger.identity_of(named)
    history = ledger.entries_of_resource(table, str(named["resource"]))
    return Found(sorted((entry for entry in history if _concerns(entry, identity)), key=_at))


def one(table: Table, wanted: str) -> Entry:
    """The intent or finding that an id names; Refused where it names none or several."""
    found: dict[str, Entry] = {}
    for entry in recorded.named(table, wanted):
        # An action's intent comes before its outcome, and says more.
        found.setdefault(ledger.identity_of(entry), entry)
    if not found:
        raise Refused(
            f"the ledger holds no action, finding or open request {wanted!r:.80}; `fusebox ledger` shows the ids"
        )
    if len(found) > 1:
        example = next(iter(found))
        raise Refused(f"{wanted} names {len(found)} entries, for example {example}: give more of the id")
    return next(iter(found.values()))


def request_of(table: Table, wanted: str) -> Request | None:
    """The request of that id, or the only open one whose id begins so."""
    found = requests.read(table, wanted)
    if found is not None or "." in wanted:
        return found
    begin = [request for request in requests.listed(table) if wanted and request.id.startswith(wanted)]
    return begin[0] if len(begin) == 1 else None


def _concerns(entry: Entry, identity: str) -> bool:
    return identity in (ledger.identity_of(entry), entry.get("undoes"), entry.get("marks"))


def _at(entry: Entry) -> str:
    return str(entry["at"])

"""The items of a request: each an action that is asked about, and how it ended once it was approved."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from functions.core import gates, ledger
from functions.core.ledger import Entry
from functions.core.requests import BY_NAME, Request
from functions.core.table import Key, Row, Table
from functions.core.types import Decision, plan_hash

PREFIX = "item#"
REPLACED = "replaced"
"""The result of an item whose resource was asked about anew before the question was put."""


@dataclass(frozen=True, slots=True)
class Item:
    """One action in question. `entry` is the decision as the ledger describes it, `why` why it is asked.

    `result`, `detail` and `action_id` are set once the request was approved and the item acted on.
    """

    id: str
    request: str
    entry: Entry
    why: str
    owner: str = ""
    result: str = ""
    detail: str = ""
    action_id: str = ""
    version: int = 0

    @property
    def resource(self) -> str:
        return str(self.entry["resource"])

    @property
    def name(self) -> str:
        return str(self.entry["name"])

    @property
    def saving(self) -> float:
        return float(str(self.entry["saving"]))

    @property
    def plan(self) -> str:
        return str(self.entry["plan"])

    @property
    def irreversible(self) -> str:
        """What carrying it out cannot bring back, or ""."""
        return ledger.action_of(self.entry).irreversible

    @property
    def by_silence(self) -> bool:
        """Whether silence may approve it: not what cannot be undone, is in doubt, takes a name or is beyond the cap."""
        return not (self.irreversible or self.entry.get("asks") or self.named or self.beyond_cap)

    @property
    def named(self) -> bool:
        """Whether only a person known by name may approve it."""
        return bool(self.entry.get("named"))

    @property
    def beyond_cap(self) -> bool:
        """Whether it is asked because the guardrail's cap was used up."""
        return self.why == gates.CAP_USED_UP

    def row(self) -> Row:
        """The item's next version."""
        body: Entry = {
            "entry": self.entry,
            "why": self.why,
            "owner": self.owner,
            "result": self.result,
            "detail": self.detail,
            "action_id": self.action_id,
        }
        return Row(*item_key(self.request, self.id), body, self.version + 1)


def item_key(request: str, id: str) -> Key:
    """Where an item is kept."""
    return (f"request#{request}", PREFIX + id)


def item_id(resource: str, plan: str) -> str:
    """The id of the item about one change of a resource."""
    return hashlib.sha256(f"{resource} {plan}".encode()).hexdigest()[:10]


def item(request: str, guardrail: str, mode: str, decision: Decision, why: str, owner: str) -> Item:
    """A decision as an item of a request."""
    identity = item_id(decision.resource, plan_hash(guardrail, decision))
    return Item(identity, request, ledger.describe(guardrail, mode, decision), why, owner)


def of_request(table: Table, request: str) -> list[Item]:
    """A request's items, those with the largest saving first."""
    found = [_item(row) for row in table.query(f"request#{request}", prefix=PREFIX)]
    kept = [one for one in found if one.result != REPLACED]
    return sorted(kept, key=lambda one: (-abs(one.saving), one.name, one.id))


def find(table: Table, request: str, id: str) -> Item | None:
    """One item, or None."""
    key = item_key(request, id)
    row = table.get([key]).get(key)
    return None if row is None else _item(row)


def chosen(request: Request, found: Iterable[Item]) -> list[Item]:
    """The items that the answer approved.

    Silence approves nothing that takes a person, and nobody nameless what takes a name.
    """
    answer = request.answer
    if answer is None or request.status in ("rejected", "timed_out"):
        return []
    meant = [one for one in found if answer.items is None or one.id in answer.items]
    known = [one for one in meant if answer.how in BY_NAME or not one.named]
    return [one for one in known if answer.how != "time-out" or one.by_silence]


def marked(table: Table, request: str, id: str, result: str, detail: str) -> None:
    """Notes on an item what became of it later; what was turned back stays so."""
    for _ in range(3):
        one = find(table, request, id)
        if one is None or one.result == "undone":
            return
        if not table.write([(replace(one, result=result or one.result, detail=detail).row(),)]):
            return


def _item(row: Row) -> Item:
    body: dict[str, Any] = row.body
    return Item(
        row.sk.removeprefix(PREFIX),
        row.pk.removeprefix("request#"),
        body["entry"],
        str(body["why"]),
        str(body["owner"]),
        str(body["result"]),
        str(body["detail"]),
        str(body["action_id"]),
        row.version,
    )

"""Requests for approval as the table holds them: one head with its state, and a row for each item.

A run's plan is stored here and passed on by its id alone: it may be larger than any message or
state machine input. The head changes under its version, so of two answers at the same time one wins.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from functions.core import ledger
from functions.core.ledger import Entry
from functions.core.state import parse_moment
from functions.core.table import Key, Row, Table
from functions.core.types import Decision, Json, OnTimeout, Refused, iso, plan_hash

Status = Literal["gathering", "asked", "approved", "rejected", "timed_out", "done", "superseded", "held_back", "failed"]
How = Literal["iam", "slack", "link", "time-out", "local"]
OPEN: frozenset[str] = frozenset({"gathering", "asked", "approved", "rejected"})
"""States in which something is still to come: an answer, or what follows from it."""
ANSWERED: frozenset[str] = frozenset({"approved", "rejected"})
HEAD = "head"
ITEM = "item#"
OPEN_LISTING, ENDED_LISTING = "requests#open", "requests#ended"
ROUNDS = 2
"""New questions at most, when what was approved has changed meanwhile; after them it is superseded."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Who decided what, and how it was known who they are.

    `by` is a caller's ARN, a Slack user's id or "link holder". `items` names the approved ones, None means
    all. `owner`, `until` (ISO time) and `reason` go into the exemptions of what was not approved.
    """

    by: str
    how: How
    at: str
    items: tuple[str, ...] | None = None
    reason: str = ""
    owner: str = ""
    until: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """The head of a request; times are ISO text, as the table holds them.

    `requester` is who ran the sweep, "" for Fusebox's own. `token` wakes the workflow that waits and
    `nonce` is part of every link; neither is ever shown. `round` counts the questions that went before it on the
    same matter. `counts` says how the approved items ended.
    """

    id: str
    guardrail: str
    mode: str
    status: Status
    opened_at: str
    deadline_hours: int
    undo_note: str
    gather_until: str = ""
    requester: str = ""
    on_timeout: OnTimeout = "nothing"
    round: int = 0
    count: int = 0
    irreversible: int = 0
    saving: float = 0.0
    asked_at: str = ""
    deadline: str = ""
    token: str = ""
    nonce: str = ""
    answer: Answer | None = None
    ended_at: str = ""
    counts: dict[str, int] = field(default_factory=dict)
    version: int = 0

    @property
    def root(self) -> str:
        """The id of the first question on the matter."""
        return self.id.split("-again")[0]

    @property
    def in_hand(self) -> bool:
        """Whether it is answered, and not carried to its end yet."""
        return self.status in ANSWERED and not self.ended_at

    def row(self) -> Row:
        """The head's next version."""
        body = {key: value for key, value in asdict(self).items() if key != "version"}
        listing = OPEN_LISTING if self.status in OPEN and not self.ended_at else ENDED_LISTING
        return Row(*head_key(self.id), body, self.version + 1, listing=listing, at=self.opened_at)


def head_key(request: str) -> Key:
    """Where a request's head is kept."""
    return (f"request#{request}", HEAD)


def read(table: Table, request: str) -> Request | None:
    """A request, or None where there is none of that id."""
    row = table.get([head_key(request)]).get(head_key(request))
    return None if row is None else _request(row)


def existing(table: Table, request: str) -> Request:
    """A request that must be there; Refused otherwise."""
    found = read(table, request)
    if found is None:
        raise Refused(f"there is no request {request!r:.80}; `fusebox requests` lists the open ones")
    return found


def listed(table: Table, listing: str = OPEN_LISTING, since: str = "") -> Iterator[Request]:
    """Requests of a listing in the order in which they were opened."""
    for row in table.query_index("listing", listing, since=since):
        yield _request(row)


def change(table: Table, request: Request, *also: Row, **changes: Any) -> Request | None:
    """Writes a changed head, and `also` with it; None where somebody else changed the request first."""
    changed = replace(request, **changes)
    if table.write([(changed.row(), *also)]):
        return None
    return replace(changed, version=request.version + 1)


def _request(row: Row) -> Request:
    body: dict[str, Any] = dict(row.body)
    answer = body.pop("answer")
    if answer is not None:
        items = answer["items"]
        answer = Answer(**{**answer, "items": None if items is None else tuple(items)})
    return Request(**body, answer=answer, version=row.version)


# --- items ----------------------------------------------------------------------------------


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
        return Row(f"request#{self.request}", ITEM + self.id, body, self.version + 1)


def item(request: str, guardrail: str, mode: str, decision: Decision, why: str, owner: str) -> Item:
    """A decision as an item of a request."""
    identity = hashlib.sha256(f"{decision.resource} {plan_hash(guardrail, decision)}".encode()).hexdigest()[:10]
    return Item(identity, request, ledger.describe(guardrail, mode, decision), why, owner)


def items(table: Table, request: str) -> list[Item]:
    """A request's items, those with the largest saving first."""
    found = [_item(row) for row in table.query(f"request#{request}", prefix=ITEM)]
    return sorted(found, key=lambda one: (-abs(one.saving), one.name, one.id))


def _item(row: Row) -> Item:
    body: dict[str, Any] = row.body
    return Item(
        row.sk.removeprefix(ITEM),
        row.pk.removeprefix("request#"),
        body["entry"],
        str(body["why"]),
        str(body["owner"]),
        str(body["result"]),
        str(body["detail"]),
        str(body["action_id"]),
        row.version,
    )


def chosen(request: Request, found: Iterable[Item]) -> list[Item]:
    """The items that the answer approved. A time-out approves nothing that cannot be undone."""
    answer = request.answer
    if answer is None or request.status == "rejected":
        return []
    named = [one for one in found if answer.items is None or one.id in answer.items]
    return [one for one in named if answer.how != "time-out" or not one.irreversible]


# --- what has been asked already ------------------------------------------------------------


def asked_key(guardrail: str, resource: str) -> Key:
    """Where it is kept that a resource was asked about: one question at a time."""
    return (f"state#asked#{guardrail}", resource)


def asked_row(guardrail: str, one: Item, before: Row | None, now: datetime, lasts: timedelta) -> Row:
    """Marks a resource as asked about: the same change is not asked about again before `lasts` is over."""
    until = now + lasts
    body: dict[str, Json] = {"request": one.request, "plan": one.plan, "until": iso(until)}
    version = (before.version if before else 0) + 1
    return Row(*asked_key(guardrail, one.resource), body, version, expires=int((until + timedelta(days=2)).timestamp()))


def still_asked(row: Row | None, plan: str, now: datetime) -> str:
    """The request that has asked about this very change lately, or ""."""
    if row is None or row.body["plan"] != plan or parse_moment(row.body["until"]) <= now:
        return ""
    return str(row.body["request"])


def release(table: Table, guardrail: str, ended: Iterable[Item], now: datetime) -> None:
    """Lets resources be asked about again: their question has ended with an answer."""
    by_key = {asked_key(guardrail, one.resource): one for one in ended}
    rows = table.get(list(by_key))
    groups = []
    for key, row in rows.items():
        if row.body["request"] == by_key[key].request:
            groups.append((replace(row, body=row.body | {"until": iso(now)}, version=row.version + 1),))
    table.write(groups)

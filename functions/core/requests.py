"""Requests for approval as the table holds them: the head, with its state; `items` holds what is asked.

A run's plan is stored here and passed on by its id alone: it may be larger than any message or
state machine input. The head changes under its version, so of two answers at the same time one wins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from functions.core.state import parse_moment
from functions.core.table import Key, Row, Table
from functions.core.types import OnTimeout, Refused

Status = Literal[
    "gathering",
    "asked",
    "approved",
    "rejected",
    "timed_out",
    "done",
    "partly_done",
    "superseded",
    "held_back",
    "failed",
]
How = Literal["iam", "slack", "link", "time-out", "local"]
BY_NAME: frozenset[How] = frozenset({"iam", "slack", "local"})
"""Ways to answer by which it is known who does."""
ASKS_WITHIN, ENDS_WITHIN, CARRIED_OUT_WITHIN = timedelta(minutes=30), timedelta(hours=1), timedelta(hours=6)
"""How long a live workflow takes at most to ask, to time out after the deadline, and to carry out an answer."""
OPEN: frozenset[str] = frozenset({"gathering", "asked", "approved", "rejected"})
"""States in which something is still to come: an answer, or what follows from it."""
ANSWERED: frozenset[str] = frozenset({"approved", "rejected"})
HEAD = "head"
OPEN_LISTING, ENDED_LISTING = "requests#open", "requests#ended"
ROUNDS = 2
"""New questions at most, when what was approved has changed meanwhile; after them it is superseded."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Who decided what, and how it was known who they are.

    `by` is a caller's ARN, a Slack user's id or "link holder". `items` names the approved ones, None means
    all. `owner`, `until` (ISO time) and `reason` go into the exemptions of what was not approved, apart from the
    items `beyond` what they may approve: those were not theirs to decline, and are asked about again.
    """

    by: str
    how: How
    at: str
    items: tuple[str, ...] | None = None
    reason: str = ""
    owner: str = ""
    until: str = ""
    beyond: tuple[str, ...] = ()


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

    def overdue(self, now: datetime) -> bool:
        """Whether its workflow must have died: it should have asked, timed out or carried out the answer long ago."""
        if self.status == "gathering":
            return parse_moment(self.opened_at) + ASKS_WITHIN <= now
        if self.status == "asked":
            return parse_moment(self.deadline) + ENDS_WITHIN <= now
        return self.answer is not None and self.in_hand and parse_moment(self.answer.at) + CARRIED_OUT_WITHIN <= now

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
        items, beyond = answer["items"], tuple(answer.get("beyond", ()))
        answer = Answer(**{**answer, "items": None if items is None else tuple(items), "beyond": beyond})
    return Request(**body, answer=answer, version=row.version)

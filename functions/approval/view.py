"""What the approval page shows of one request: plain values, made by the handler and rendered by `page`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Status = Literal[
    "asked", "approved", "rejected", "timed_out", "done", "partly_done", "superseded", "held_back", "failed"
]


@dataclass(frozen=True, slots=True)
class ItemView:
    """One action that was asked about.

    `change` says it in words ("days none → 30"); `irreversible` what cannot be brought back, or "".
    `named` says that only a person known by name may approve it, and `may_choose` is False where this link may not.
    `result` and `detail` tell how it ended, once
    it has; `action_id` names it in the ledger then, and `undoable` says whether it can be turned back here.
    `approved` says that the answer covers it. `saving` is in US dollars a month.
    """

    id: str
    name: str
    resource: str
    reason: str
    change: str
    saving: float = 0.0
    evidence: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    irreversible: str = ""
    named: bool = False
    may_choose: bool = True
    result: str = ""
    detail: str = ""
    action_id: str = ""
    undoable: bool = False
    approved: bool = False


@dataclass(frozen=True, slots=True)
class RequestView:
    """A request, with as many of its items as a page holds; `count`, `saving` and `named` are those of all.

    `chosen` is how many were approved, `declined` how many were exempted until `until`. `on_timeout` says what
    silence leads to: "nothing", or "act" on what can be undone.
    `undo_note` says what an undo cannot bring back. `commands` are what a person may type instead, by
    what they do ("approve", "reject", "undo", "show").
    """

    request: str
    guardrail: str
    mode: str
    account: str
    region: str
    status: Status
    asked_at: datetime
    deadline: datetime
    items: tuple[ItemView, ...]
    count: int
    saving: float
    irreversible: int
    named: int
    undo_note: str
    reject_days: int
    commands: dict[str, str]
    decided_by: str = ""
    decided_how: str = ""
    decided_at: datetime | None = None
    reason: str = ""
    chosen: int = 0
    declined: int = 0
    on_timeout: str = "nothing"
    until: datetime | None = None
    ended_at: datetime | None = None

    @property
    def more(self) -> int:
        """How many items the page leaves out."""
        return self.count - len(self.items)


@dataclass(frozen=True, slots=True)
class Form:
    """Where a form posts to (a path with its query, of the same origin) and the token that it carries."""

    action: str
    token: str
    decision: Literal["approve", "reject", "undo"]

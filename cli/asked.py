"""What has been asked, as the commands find it; nothing here shows a token or a nonce."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from functions.core import answers, requests
from functions.core.items import Item
from functions.core.requests import Request
from functions.core.state import parse_moment
from functions.core.table import Table
from functions.core.types import Refused

SECRET = ("token", "nonce", "version")
"""Fields of a request's head that never leave the table: one wakes the workflow, one is part of every link."""


def find(table: Table, wanted: str) -> Request:
    """The request that an id names, or the one open request whose id begins so; Refused for none or several."""
    found = requests.read(table, wanted)
    if found is not None:
        return found
    begin = [one for one in requests.listed(table) if wanted and one.id.startswith(wanted)]
    if not begin:
        raise Refused(f"there is no request {wanted!r:.80}; `fusebox requests` lists the open ones")
    if len(begin) > 1:
        raise Refused(f"{wanted} names {len(begin)} open requests, for example {begin[0].id}: give more of the id")
    return begin[0]


def pick(request: Request, items: Sequence[Item], wanted: Iterable[str]) -> list[Item]:
    """The items that ids, or unique beginnings of ids, name; Refused where one names none or several."""
    picked: dict[str, Item] = {}
    for text in wanted:
        found = [one for one in items if text and one.id.startswith(text)]
        if len(found) != 1:
            many = f"names {len(found)} items of request {request.id}: give more of the id"
            none = f"is no item of request {request.id}; `fusebox ledger show {request.id}` lists them"
            raise Refused(f"{text!r:.40} {many if found else none}")
        picked[found[0].id] = found[0]
    return list(picked.values())


def time_out(table: Table, now: datetime) -> list[Request]:
    """Ends the requests whose time is over where no workflow does; returns them as they are then.

    What silence approves (on_timeout: act) is carried out by the next run of that guardrail.
    """
    return [answers.time_out(table, one, now) for one in overdue(table, now)]


def overdue(table: Table, now: datetime) -> list[Request]:
    """The open requests that nobody answered in time."""
    return [one for one in requests.listed(table) if one.status == "asked" and parse_moment(one.deadline) <= now]


def to_json(request: Request) -> dict[str, Any]:
    """A request's head for programs."""
    return {key: value for key, value in asdict(request).items() if key not in SECRET}


def item_to_json(item: Item) -> dict[str, Any]:
    """A request's item for programs."""
    fields = {key: value for key, value in asdict(item).items() if key not in ("entry", "request", "version")}
    return {"id": item.id, **item.entry, **fields}

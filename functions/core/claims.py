"""Claims: one action on one resource at a time, whoever asks for it.

A claim is written together with the intent and marked done together with the outcome. It loses
while another action on the resource is open, and also when the resource was read before the last
action ended, because then what was read is out of date. So duplicate events, retries and a sweep
that overlaps them end in one action. A claim left open by a crash shows in the listing index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from functions.core.state import check_clock, parse_moment
from functions.core.table import Key, Row, Table
from functions.core.types import Json, iso

CLAIM_LASTS, URGENT_CLAIM_LASTS = timedelta(minutes=20), timedelta(seconds=150)
"""Longer than the longest function, or than an urgent guardrail's: until then an open claim may still be at work."""
KEPT = timedelta(days=2)


def lasts(urgent: bool) -> timedelta:
    """How long an open claim may still be at work."""
    return URGENT_CLAIM_LASTS if urgent else CLAIM_LASTS


def acts_within(urgent: bool) -> timedelta:
    """How long after its claim an action may still begin: well before anybody would take the claim for a crash."""
    return lasts(urgent) / 2


def claim_key(guardrail: str, resource: str) -> Key:
    """Where the claim of a resource is kept: one for each guardrail."""
    return (f"state#claims#{guardrail}", resource)


def current(table: Table, guardrail: str, resources: Iterable[str]) -> dict[str, Row]:
    """The claims that exist, by resource."""
    rows = table.get([claim_key(guardrail, resource) for resource in resources])
    return {row.sk: row for row in rows.values()}


def standing(row: Row | None, read_at: datetime, now: datetime) -> Literal["free", "open", "outdated"]:
    """Whether an action on a resource read at `read_at` may begin, given its last claim.

    "open": another action on it is under way, or its run crashed. "outdated": one has ended since the
    resource was read, so what was read no longer counts.
    """
    if row is None:
        return "free"
    check_clock(row.body["at"], now)
    if row.body["done_at"] is None:
        return "open"
    return "free" if parse_moment(row.body["done_at"]) < read_at else "outdated"


def opened(guardrail: str, resource: str, before: Row | None, intent: Row, now: datetime) -> Row:
    """The claim of an action about to begin; it names its intent, so that a crash can be settled."""
    body: dict[str, Json] = {"intent": intent.sk, "partition": intent.pk, "at": iso(now), "done_at": None}
    version = (before.version if before else 0) + 1
    return Row(*claim_key(guardrail, resource), body, version, listing=open_listing(guardrail), at=iso(now))


def closed(claim: Row, now: datetime) -> Row:
    """The same claim once the outcome is known; kept for a while, because others may have read before it."""
    expires = int((now + KEPT).timestamp())
    return replace(
        claim, body=claim.body | {"done_at": iso(now)}, version=claim.version + 1, listing="", at="", expires=expires
    )


def left_open(table: Table, guardrail: str, now: datetime, lasts: timedelta = CLAIM_LASTS) -> Iterator[Row]:
    """Claims whose run must have ended without telling how: their actions are to be settled by looking."""
    for row in table.query_index("listing", open_listing(guardrail)):
        fresh = table.get([row.key]).get(row.key)
        if fresh and is_stale(fresh, now, lasts):
            yield fresh


def is_stale(claim: Row, now: datetime, lasts: timedelta = CLAIM_LASTS) -> bool:
    """Whether a claim is still open though the run that wrote it must have ended."""
    return claim.body["done_at"] is None and parse_moment(claim.body["at"]) + lasts <= now


def open_listing(guardrail: str) -> str:
    """The index partition that shows a guardrail's open claims."""
    return f"open#{guardrail}"

"""What a resource was asked about lately: the same change is not asked about twice.

Field report F20 (the same alert again and again). A few changes are remembered for each resource, so that one
that swings between two is not asked about at every swing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.core.items import Item
from functions.core.state import parse_moment
from functions.core.table import Key, Row, Table
from functions.core.types import iso

REMEMBERED = 5
TRIES = 4


def asked_key(guardrail: str, resource: str) -> Key:
    """Where it is kept what a resource was asked about."""
    return (f"state#asked#{guardrail}", resource)


def asked_row(guardrail: str, one: Item, before: Row | None, now: datetime, lasts: timedelta) -> Row:
    """Remembers a change as asked about until `lasts` is over."""
    until = now + lasts
    plans = {plan: entry for plan, entry in _plans(before).items() if parse_moment(entry["until"]) > now}
    plans.pop(one.plan, None)
    kept = dict(list(plans.items())[-(REMEMBERED - 1) :])
    kept[one.plan] = {"request": one.request, "until": iso(until)}
    version = (before.version if before else 0) + 1
    expires = int((until + timedelta(days=2)).timestamp())
    return Row(*asked_key(guardrail, one.resource), {"plans": kept}, version, expires=expires)


def still_asked(row: Row | None, plan: str, now: datetime) -> str:
    """The request that has asked about this very change lately, or ""."""
    entry = _plans(row).get(plan)
    return str(entry["request"]) if entry is not None and parse_moment(entry["until"]) > now else ""


def asked_in(row: Row | None, request: str) -> list[str]:
    """The changes of a resource that a request asks about."""
    return [plan for plan, entry in _plans(row).items() if entry["request"] == request]


def release(table: Table, guardrail: str, ended: Iterable[Item]) -> None:
    """Lets changes be asked about again: their question has ended with an answer."""
    left = {asked_key(guardrail, one.resource): one for one in ended}
    for _ in range(TRIES):
        changed: list[tuple[Key, Row]] = []
        for key, row in table.get(list(left)).items():
            one = left[key]
            if one.request == _plans(row).get(one.plan, {}).get("request"):
                plans = {plan: entry for plan, entry in _plans(row).items() if plan != one.plan}
                changed.append((key, replace(row, body={"plans": plans}, version=row.version + 1)))
        lost = table.write([(row,) for _, row in changed])
        left = {changed[position][0]: left[changed[position][0]] for position in lost}
        if not left:
            return


def _plans(row: Row | None) -> dict[str, Any]:
    plans = row.body.get("plans") if row is not None else None
    return dict(plans) if isinstance(plans, dict) else {}

"""The blast-radius cap: how much one guardrail may change in any rolling hour.

One row a guardrail counts actions and dollars by minute. Reserving reads, adds and writes it back
under its version, so that events and sweeps that run at once cannot both take the last place.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from functions.core.spec import Cap
from functions.core.table import Row, Table
from functions.core.types import Json, Refused

CAPS = "state#caps"
HOUR_MINUTES = 60
TRIES = 8


def reserve(table: Table, guardrail: str, cap: Cap, dollars: Sequence[float], now: datetime) -> int:
    """Takes places for a batch of actions in its order; returns how many of them may go ahead.

    `dollars` holds each action's weight in US dollars a month. A place taken is not given back if
    the action then fails: a failing action is no reason to try more.
    """
    if not dollars:
        return 0
    key = (CAPS, guardrail)
    for _ in range(TRIES):
        row = table.get([key]).get(key) or Row(*key, {}, version=0)
        minutes = _within_hour(row.body, now)
        granted = _fitting(cap, dollars, *_used(minutes))
        if granted == 0:
            return 0
        this = str(_minute(now))
        actions, spent = minutes.get(this, (0, 0.0))
        minutes[this] = (actions + granted, spent + sum(map(abs, dollars[:granted])))
        body: dict[str, Json] = {minute: list(used) for minute, used in minutes.items()}
        if not table.write([(Row(*key, body, version=row.version + 1),)]):
            return granted
    raise Refused(f"{guardrail}: the cap is being counted by too many runs at once; no action")


def _fitting(cap: Cap, dollars: Sequence[float], actions: int, spent: float) -> int:
    granted = 0
    for amount in dollars:
        actions, spent = actions + 1, spent + abs(amount)
        if actions > cap.actions_per_hour or spent > cap.dollars_per_hour:
            break
        granted += 1
    return granted


def _within_hour(body: dict[str, Json], now: datetime) -> dict[str, tuple[int, float]]:
    """Counts by minute. The minute an hour ago still counts whole: rather too much than too little."""
    oldest = _minute(now) - HOUR_MINUTES
    kept = {}
    for minute, used in body.items():
        if int(minute) >= oldest and isinstance(used, list):
            kept[minute] = (int(str(used[0])), float(str(used[1])))
    return kept


def _used(minutes: dict[str, tuple[int, float]]) -> tuple[int, float]:
    return sum(used[0] for used in minutes.values()), sum(used[1] for used in minutes.values())


def _minute(now: datetime) -> int:
    return int(now.timestamp()) // 60

"""Keeps a burst of events from trying again and again what AWS has just refused.

Each try would be told of, and take a place under the cap, until the guardrail had paused itself for all resources.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from functions.core import adopting, claims
from functions.core.guardrail import F
from functions.core.looking import Candidate
from functions.core.run import Run
from functions.core.state import parse_moment
from functions.core.types import Disposition, plan_hash

RESTS = timedelta(minutes=20)
"""How long a change that failed is left to the next sweep."""
REFUSED_LATELY = "the same change failed just now; the next sweep tries it again"


def failed_since(
    run: Run[F, Any], batch: Sequence[Candidate[F]], since: datetime, *, begun_too: bool = False
) -> set[str]:
    """The resources whose very same change was the last one, and failed, since a moment.

    With `begun_too` it must have been begun since then as well, and not only settled.
    """
    held = claims.current(run.table, run.name, [one.decision.resource for one in batch])
    recent = {
        resource: row
        for resource, row in held.items()
        if row.body["done_at"] is not None and parse_moment(row.body["done_at"]) > since
    }
    if not recent:
        return set()
    keys = [key for row in recent.values() for key in (adopting.intent_of(row), adopting.outcome_of(row))]
    rows = run.table.get(keys)
    failed = set()
    for one in batch:
        row = recent.get(one.decision.resource)
        intent = rows.get(adopting.intent_of(row)) if row is not None else None
        outcome = rows.get(adopting.outcome_of(row)) if row is not None else None
        if intent is None or outcome is None or outcome.body["result"] != Disposition.FAILED:
            continue
        if begun_too and parse_moment(intent.body["at"]) <= since:
            continue
        if intent.body.get("plan") == plan_hash(run.name, one.decision):
            failed.add(one.decision.resource)
    return failed

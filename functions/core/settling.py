"""Finds actions whose run ended between intent and outcome, and settles them by looking."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from functions.core import claims, ledger
from functions.core.guardrail import F
from functions.core.run import Run
from functions.core.types import Action, Disposition

BATCH = 50


def settle(run: Run[F, Any], only: Collection[str] | None = None) -> int:
    """Writes the missing outcomes of crashed runs; returns how many. `only` limits it to some resources."""
    name, now = run.name, run.clock()
    if only is None:
        stale = list(claims.left_open(run.table, name, now))
    else:
        rows = claims.current(run.table, name, only).values()
        stale = [row for row in rows if claims.is_stale(row, now)]
    for start in range(0, len(stale), BATCH):
        batch = stale[start : start + BATCH]
        seen = run.account.read([claim.sk for claim in batch])
        intents = run.table.get([(str(claim.body["partition"]), str(claim.body["intent"])) for claim in batch])
        groups = []
        for claim in batch:
            intent = intents[str(claim.body["partition"]), str(claim.body["intent"])]
            disposition, detail = _judge(run, seen.get(claim.sk), ledger.action_of(intent.body))
            outcome = ledger.outcome_row(intent.body, disposition, f"settled after a crash: {detail}", now)
            groups.append((outcome, claims.closed(claim, now)))
        run.table.write(groups)
    return len(stale)


def _judge(run: Run[F, Any], facts: F | None, action: Action) -> tuple[Disposition, str]:
    if facts is None:
        return Disposition.GONE, "it no longer exists"
    shown = run.guardrail.shows(facts)
    if all(shown[key] == value for key, value in action.parameters.items()):
        return Disposition.DONE, "the change is there, whoever made it"
    if all(shown[key] == value for key, value in action.prior.items()):
        return Disposition.FAILED, "the change was never made"
    return Disposition.CHANGED, f"it now shows {dict(shown)}"

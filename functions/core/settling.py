"""Finds actions whose run ended between intent and outcome, and settles them by looking."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from functions.core import claims, ledger, state
from functions.core.guardrail import F, Recovers, still_there
from functions.core.recorded import SETTLED
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.types import Action, ActionFailed, Disposition, Json, Refused, ResourceGone

BATCH = 50


def settle(run: Run[F, Any], report: RunReport, only: Collection[str] | None = None) -> None:
    """Writes the missing outcomes of crashed runs, and counts them. `only` limits it to some resources.

    What cannot be settled now stays open, so that nobody else acts on it, and makes the run partial. What observe
    mode or a person's pause holds back stays open too, and sweeps tell of it.
    """
    name, now, lasts = run.name, run.clock(), claims.lasts(run.guardrail.spec.urgent)
    if only is None:
        stale = list(claims.left_open(run.table, name, now, lasts))
    else:
        rows = claims.current(run.table, name, only).values()
        stale = [row for row in rows if claims.is_stale(row, now, lasts)]
    held_back = _held_back(run) if stale else ""
    if held_back:
        if only is None:
            report.note(f"actions that were broken off and are left as they are ({len(stale)}): {held_back}")
        return
    for start in range(0, len(stale), BATCH):
        batch = stale[start : start + BATCH]
        seen = run.account.read([claim.sk for claim in batch])
        intents = run.table.get([(str(claim.body["partition"]), str(claim.body["intent"])) for claim in batch])
        groups = []
        for claim in batch:
            intent = intents[str(claim.body["partition"]), str(claim.body["intent"])]
            try:
                disposition, detail, wrote = _judge(run, seen.get(claim.sk), ledger.action_of(intent.body))
            except (ActionFailed, Refused) as error:
                report.could_not_read([f"{intent.body['name']}: what a crash left could not be settled: {error}"])
                continue
            outcome = ledger.outcome_row(intent.body, disposition, f"{SETTLED}: {detail}", now, wrote)
            groups.append((outcome, claims.closed(claim, now)))
            report.never_made += disposition is Disposition.FAILED
        run.table.write(groups)
        report.settled += len(groups)


def _held_back(run: Run[F, Any]) -> str:
    """Why nothing may be settled now that takes a change to the account, or ""; a used-up cap is no reason."""
    account: object = run.account
    if not isinstance(account, Recovers):
        return ""
    if run.settings.mode == "observe":
        return "the guardrail's mode is observe"
    return "" if state.paused_by_itself(run.table, run.name) else state.paused(run.table, run.name)


def _judge(run: Run[F, Any], facts: F | None, action: Action) -> tuple[Disposition, str, Mapping[str, Json] | None]:
    if facts is None:
        return Disposition.GONE, "it no longer exists", None
    account: object = run.account
    if isinstance(account, Recovers):
        try:
            wrote = account.recover(facts, action)
        except ResourceGone:
            return Disposition.GONE, "it no longer exists", None
        if wrote is None:
            return Disposition.FAILED, "the change was never made", None
        return Disposition.DONE, "the change is there, whoever made it", wrote
    return *_compare(run, facts, action), None


def _compare(run: Run[F, Any], facts: F, action: Action) -> tuple[Disposition, str]:
    try:
        shown = run.guardrail.shows(facts)
    except ResourceGone:
        return Disposition.GONE, "it no longer exists"
    there, before = (still_there(shown, some) for some in (action.parameters, action.prior))
    if there and all(value == action.parameters[key] for key, value in there.items()):
        return Disposition.DONE, "the change is there, whoever made it"
    if before and all(value == action.prior[key] for key, value in before.items()):
        return Disposition.FAILED, "the change was never made"
    return Disposition.CHANGED, f"it now shows {dict(shown)}"

"""The way every guardrail takes: find, decide, gates, act, ledger.

The engine knows no guardrail and makes no AWS call of its own: a run brings the guardrail's
account, the table and a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from functions.core import asking, claims, settling, state
from functions.core.evaluating import evaluate
from functions.core.guardrail import F, Leads, S, Tends
from functions.core.report import RunReport
from functions.core.run import Run
from functions.core.types import Busy

LEASE_LASTS = timedelta(minutes=20)
"""Longer than the longest function, so that a lease never ends under a sweep that still runs."""
LEASE_RENEWED_AFTER = timedelta(minutes=5)


def look_at(run: Run[F, S], arns: Sequence[str]) -> RunReport:
    """Evaluates a few resources now, and those that they lead: what an event, a redrive or a person named."""
    report = run.new_report()
    arns = [*arns, *led_by(run, arns)]
    settling.settle(run, report, only=arns)
    evaluate(run, list(run.account.read(arns).values()), report, joins=True)
    return report


def led_by(run: Run[F, S], arns: Sequence[str]) -> list[str]:
    """What is to be looked at together with some resources, themselves left out."""
    account: object = run.account
    return list(account.led_by(arns)) if isinstance(account, Leads) else []


def sweep(run: Run[F, S], report: RunReport, cursor: str, *, stop: Callable[[], bool]) -> str | None:
    """Evaluates everything, page by page, until done or `stop`; returns the cursor to go on from, None when done.

    A page that `stop` interrupts is begun again by the next step, which finds what was done as right.
    Raises Busy where another sweep of this guardrail is under way.
    """
    leased_at = _lease(run)
    if not cursor:
        settling.settle(run, report)
        report.concerns(asking.left_behind(run))
    for page in run.account.pages(cursor):
        report.could_not_read(page.trouble)
        if not evaluate(run, page.facts, report, stop):
            return cursor
        cursor = page.cursor
        if cursor and stop():
            return cursor
        if run.clock() - leased_at > LEASE_RENEWED_AFTER:
            leased_at = _lease(run)
    _tend(run, report, stop)
    state.release_lease(run.table, run.name, run.id)
    return None


def _lease(run: Run[F, S]) -> datetime:
    now = run.clock()
    lasts = claims.URGENT_CLAIM_LASTS if run.guardrail.spec.urgent else LEASE_LASTS
    holder = state.acquire_lease(run.table, run.name, run.id, now, lasts)
    if holder:
        raise Busy(f"another sweep of {run.name} is under way: {holder}")
    return now


def _tend(run: Run[F, S], report: RunReport, stop: Callable[[], bool]) -> None:
    """Lets the guardrail look after what is its own in the account, where it may change anything there."""
    account: object = run.account
    if isinstance(account, Tends) and run.settings.mode != "observe" and not state.paused(run.table, run.name):
        report.could_not_read(account.tend(stop))

"""fusebox run: one sweep of one guardrail, in this process."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from cli.session import Place
    from cli.store import Store
    from functions.core.report import RunReport
    from functions.core.run import Run


class Mode(StrEnum):
    """The modes of a guardrail, as the command line takes them."""

    OBSERVE = "observe"
    APPROVE = "approve"
    ENFORCE = "enforce"


def run(
    guardrail: Annotated[str, typer.Argument(metavar="GUARDRAIL")],
    mode: Annotated[Mode | None, typer.Option("--mode", help="In place of the policy's mode.")] = None,
    policy: options.Policy = None,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Sweep once with one guardrail.

    The engine is the one that runs in Lambda, but nothing needs to be deployed. Without --stack the
    ledger is a local file, and in approve and enforce mode the run is refused where a Fusebox is
    deployed. Exits with 1 where something that should have been done was not.
    """
    from dataclasses import replace

    from cli import chosen, say, session, store
    from functions.core.run import Run, new_run_id
    from functions.core.types import Refused

    one = chosen.guardrail(guardrail)
    found = chosen.policy(policy)
    settings: Any = found.guardrails[one.name]
    if mode:
        settings = replace(settings, mode=mode.value)
    if stack and settings.mode != "observe" and not found.written:
        raise Refused(f"there is no ./{chosen.DEFAULT_POLICY}, and defaults may not be that stack's: add --policy FILE")
    place = session.locate()
    where = store.to_change(place, stack, ledger, alone=settings.mode != "observe")
    account = one.connect(place.clients, place.scope, settings, session.now)
    prefix = where.own_prefix(found.prefix, place.scope)
    it = Run(one, settings, account, where.table, session.now, prefix, new_run_id(session.now()))
    say.note(f"{say.heading('run ' + one.name, settings.mode, place.scope)} · policy: {found.source} · {where.title}")
    report = it.new_report()
    try:
        whole = _sweep(it, report)
    except trouble.expected() as error:
        if not report.seen:
            raise
        report.note(f"stopped by trouble after {report.seen:,} resources: {trouble.explain(error)}")
        whole = False
    told = _tell(place, where, report)
    _show(place, where, report, as_json)
    if report.partial or not whole or not told:
        raise typer.Exit(trouble.PARTIAL)


def _sweep(it: Run[Any, Any], report: RunReport) -> bool:
    """The sweep, with progress; False where the user stopped it before its end."""
    from cli.progress import Progress
    from functions.core import engine, state
    from functions.core.types import Disposition

    # What start-up made lives as long as the process: the collector need not look at it again and again.
    gc.freeze()
    progress = Progress(f"{it.name} ({it.settings.mode})")
    with _stoppable() as stopping:

        def asked_to_stop() -> bool:
            done, asked = report.counts[Disposition.DONE], report.counts[Disposition.NEEDS_APPROVAL]
            progress.say(f"{report.seen:,} seen, {done:,} done, {asked:,} to ask about")
            return bool(stopping)

        try:
            cursor = engine.sweep(it, report, "", stop=asked_to_stop)
        finally:
            progress.end()
            # A sweep that ends early keeps its lease for whoever goes on with it; here nobody does.
            state.release_lease(it.table, it.name, it.id)
    if cursor is not None:
        report.note(f"stopped on request after {report.seen:,} resources; run it again to do the rest")
    return cursor is None


@contextmanager
def _stoppable() -> Iterator[list[int]]:
    """Holds a signal once Ctrl-C or a termination asks for an end: the action under way is finished first."""
    asked: list[int] = []

    def ask(number: int, _: object) -> None:
        asked.append(number)
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.default_int_handler)
        typer.echo("\nfinishing the action under way; once more stops at once", err=True)

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(place: Place, where: Store, report: RunReport) -> bool:
    """Sends the digest where the deployed functions send theirs; says whether that worked."""
    from botocore.exceptions import BotoCoreError, ClientError

    if where.deployed is None or not report.has_news:
        return True
    from functions.core import alerts
    from functions.core.digest import digest

    try:
        alerts.publish(place.clients, where.deployed.alerts_topic, digest(report, place.scope))
    except (ClientError, BotoCoreError) as error:
        report.note(f"the alerts topic was not told: {trouble.explain(error)}")
        return False
    return True


def _show(place: Place, where: Store, report: RunReport, as_json: bool) -> None:
    from cli import say
    from functions.core.digest import digest

    message = digest(report, place.scope)
    if as_json:
        say.as_json(say.here(report.mode, place.scope) | {"ledger": where.title} | message.data)
        return
    say.block(message.text)
    if where.option:
        say.line(f"(with {where.option})")

"""fusebox run: one sweep of one guardrail, in this process."""

from __future__ import annotations

import gc
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.approving import CarriedOut
    from cli.session import Place
    from cli.store import Store
    from functions.core.report import RunReport
    from functions.core.requests import Request
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
    deployed. What needs a person is asked: `fusebox approve` answers it. Exits with 1 where something
    that should have been done was not.
    """
    from dataclasses import replace

    from cli import approving, asked, chosen, say, session, store
    from functions.core.run import new_run_id
    from functions.core.types import Refused

    one = chosen.guardrail(guardrail)
    found = chosen.policy(policy)
    settings: Any = found.guardrails[one.name]
    if mode:
        settings = replace(settings, mode=mode.value)
    if stack and settings.mode != "observe" and not found.written:
        raise Refused(f"there is no ./{chosen.DEFAULT_POLICY}, and defaults may not be that stack's: add --policy FILE")
    place = session.locate()
    where = store.to_run(place, stack, ledger, acts=settings.mode != "observe")
    it = approving.run_of(place, where, found, one, settings, new_run_id(session.now()))
    say.note(f"{say.heading('run ' + one.name, settings.mode, place.scope)} · policy: {found.source} · {where.title}")
    earlier: Sequence[CarriedOut] = ()
    if where.deployed is None:
        asked.time_out(where.table, session.now())
        # Whoever only looks, with --mode observe, ends no request.
        earlier = () if mode is Mode.OBSERVE else approving.catch_up(it)
    report = it.new_report()
    try:
        whole = _sweep(it, report)
    except trouble.expected() as error:
        if not report.seen:
            raise
        report.note(f"stopped by trouble after {report.seen:,} resources: {trouble.explain(error)}")
        whole = False
    questions, asked_all = approving.put_questions(place, where, report)
    told = _tell(place, where, report)
    _show(place, where, report, earlier, questions, as_json)
    failed = any(one.request.status == "failed" or not one.whole for one in earlier)
    if report.partial or failed or not (whole and asked_all and told):
        raise typer.Exit(trouble.PARTIAL)


def _sweep(it: Run[Any, Any], report: RunReport) -> bool:
    """The sweep, with progress; False where the user stopped it before its end."""
    from cli.progress import Progress
    from cli.stopping import stoppable
    from functions.core import engine, state
    from functions.core.types import Disposition

    # What start-up made lives as long as the process: the collector need not look at it again and again. Nor need it
    # look so often at answers of AWS, which are large and have no cycles.
    gc.freeze()
    gc.set_threshold(50_000)
    progress = Progress(f"{it.name} ({it.settings.mode})")
    with stoppable() as stopping:

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


def _tell(place: Place, where: Store, report: RunReport) -> bool:
    """Sends the digest where the deployed functions send theirs; says whether that worked."""
    from botocore.exceptions import BotoCoreError, ClientError

    from cli import session
    from functions.core import alerts, troubles
    from functions.core.digest import digest

    if where.deployed is None or not (report.has_news or troubles.untold(where.table, report, session.now())):
        return True
    try:
        alerts.publish(place.clients, where.deployed.alerts_topic, digest(report, place.scope, where.commands))
        troubles.tell(where.table, report, session.now())
    except (ClientError, BotoCoreError) as error:
        report.note(f"the alerts topic was not told: {trouble.explain(error)}")
        return False
    return True


def _show(
    place: Place,
    where: Store,
    report: RunReport,
    earlier: Sequence[CarriedOut],
    questions: Sequence[Request],
    as_json: bool,
) -> None:
    from cli import say

    if as_json:
        from cli import asked

        body = report.to_json() | {
            "ledger": where.title,
            "questions": [asked.to_json(one) for one in questions],
            "earlier": [asked.to_json(one.request) for one in earlier],
        }
        say.as_json(say.here(report.mode, place.scope) | body)
        return
    from functions.core import answers, message_text
    from functions.core.digest import digest

    for one in earlier:
        say.line(f"Request {one.request.id}: {answers.told(one.request)}.")
    say.block(message_text.render(digest(report, place.scope, where.commands)))
    for request in [*questions, *(again for one in earlier for again in one.again)]:
        many = "change waits" if request.count == 1 else "changes wait"
        say.line(f"Request {request.id}: {request.count:,} {many} for an answer")
        say.line(f"  {where.commands.approve(request.id)}")
        say.line(f"  {where.commands.reject(request.id)}")

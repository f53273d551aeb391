"""Carries out in this process what was approved, where no workflow does."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cli.chosen import AnyGuardrail, ChosenPolicy
    from cli.deployment import Deployed
    from cli.session import Place
    from cli.store import Store
    from functions.core.report import RunReport
    from functions.core.requests import Request
    from functions.core.run import Run
    from functions.core.table import Table


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """A request as it stands now: `whole` is False where a person stopped the acting before its end.

    `again` holds the questions that followed, because something had changed since it was asked about.
    """

    request: Request
    report: RunReport
    whole: bool
    again: tuple[Request, ...] = ()


def run_of(
    place: Place, where: Store, found: ChosenPolicy, guardrail: AnyGuardrail, settings: Any, run: str
) -> Run[Any, Any]:
    """A run of a guardrail in this process, started by the caller."""
    from cli import session
    from functions.core.run import Run

    prefix = where.own_prefix(found.prefix, place.scope)
    account = session.connect(place, guardrail, settings, where.table, prefix)
    return Run(guardrail, settings, account, where.table, session.now, prefix, run, found.asks(place.caller))


def carry_out(run: Run[Any, Any], request: Request) -> CarriedOut:
    """Acts on the approved items that have no result yet, then ends the request; the same for a rejected one.

    Each result is written down, so that a request that is carried out again goes on where it was left.
    """
    from cli import session
    from cli.progress import Progress
    from cli.stopping import stoppable
    from functions.core import answers, approved
    from functions.core.report import RunReport

    report = RunReport(request.id, request.guardrail, run.settings.mode)
    again: tuple[str, ...] = ()
    if request.status == "approved":
        progress = Progress(f"{request.guardrail}: request {request.id}")
        with stoppable() as stopping:

            def asked_to_stop() -> bool:
                progress.say(f"{report.seen:,} of {request.count:,} carried out")
                return bool(stopping)

            try:
                step = approved.act_on(run, request, report, stop=asked_to_stop)
            finally:
                progress.end()
        again = step.requests
        if not step.done:
            return CarriedOut(request, report, False, tuple(open_questions(run.table, again)))
    request = answers.finish(run.table, request, session.now())
    return CarriedOut(request, report, True, tuple(open_questions(run.table, again)))


def catch_up(run: Run[Any, Any]) -> list[CarriedOut]:
    """Ends what was answered, or approved by silence, and never carried out to its end."""
    from functions.core import requests

    waiting = [one for one in requests.listed(run.table) if one.guardrail == run.name]
    return [carry_out(run, one) for one in waiting if one.in_hand]


def open_questions(table: Table, ids: Iterable[str]) -> list[Request]:
    """Opens gathered requests for answers; returns those of `ids` that now wait for one."""
    from cli import session
    from functions.core import answers, requests

    opened = []
    for one in ids:
        request = requests.existing(table, one)
        if request.status == "gathering":
            # No workflow waits for the answer, and no link is made: there is no token and no nonce.
            request = answers.ask(table, request, "", "", session.now()) or requests.existing(table, one)
        if request.status == "asked":
            opened.append(request)
    return opened


def put_questions(place: Place, where: Store, report: RunReport) -> tuple[list[Request], bool]:
    """Puts the run's questions: to the deployed workflow, or open for `fusebox approve`.

    Returns the open ones, and whether all could be put; what could not is put by the next run.
    """
    from cli import trouble

    if not report.requests:
        return [], True
    if where.deployed is None:
        return open_questions(where.table, report.requests), True
    try:
        return start_workflows(place, where.table, where.deployed, report), True
    except trouble.expected() as error:
        report.note(f"the question could not be put: {trouble.explain(error)}")
        return [], False


def start_workflows(place: Place, table: Table, deployed: Deployed, report: RunReport) -> list[Request]:
    """Starts the deployed workflow of each request of a run; returns those that are open."""
    from cli import session
    from functions.core import requests, workflow

    machine, function = deployed.able_to_ask().approval_machine, deployed.function_of(report.guardrail)
    for one in report.requests:
        workflow.start(place.clients, table, machine, function, one, session.now())
    found = [requests.existing(table, one) for one in report.requests]
    return [one for one in found if one.status in ("gathering", "asked")]


def as_asked(settings: Any, request: Request) -> Any:
    """The policy's settings in the mode in which the request was made, which may have been the command line's."""
    return replace(settings, mode=request.mode)

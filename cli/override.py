"""fusebox override: ask to close the open breaker of a budget, so that its keys come back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.store import Store
    from functions.core.report import RunReport
    from functions.core.requests import Request

NAME = "llm_keys"


def override(
    budget: Annotated[str, typer.Argument(metavar="BUDGET", help="The budget's name in the policy, or its ARN.")],
    ceiling: Annotated[
        float | None,
        typer.Option(metavar="DOLLARS", help="Open again at this spend in the period; more than what is spent."),
    ] = None,
    until: Annotated[
        str,
        typer.Option(
            "--until",
            help="A span (4h, 2d), a date or a time, at most 31 days ahead; from then on the budget's "
            "own amount counts again. Without --ceiling there is no limit until then.",
        ),
    ] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why; whoever approves it reads this.")] = "",
    policy: options.Policy = None,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Ask to close the open breaker of a budget, with a new ceiling, an end, or both.

    Nothing is changed by it: it is a question of the approval workflow, which only a person known by
    name may approve, by command or in Slack, and never a link. Once that is done its keys come back,
    apart from those that another open budget holds.
    """
    from dataclasses import asdict, replace

    from cli import approving, asked, breakers, chosen, say, session, store
    from functions.core import evaluating
    from functions.core.memory import Memory
    from functions.core.run import new_run_id
    from functions.core.types import Disposition, Refused
    from functions.llm_keys import overriding

    now = session.now()
    wanted = breakers.terms(ceiling, until, reason, now)
    found = chosen.policy(policy)
    settings: Any = found.guardrails[NAME]
    place = session.locate()
    where = store.to_change(place, stack, ledger)
    if where.deployed:
        where.deployed.able_to_ask()
    one = breakers.budget_of(settings, budget, place.scope, found.source)
    memory = Memory(where.table, NAME)
    breakers.check_guardrail(memory, settings)
    facts = breakers.noted(memory, one, place.scope, now)
    breakers.check(memory, facts, wanted, where.commands)
    # Fusebox asks, not the caller: an approver may approve what he wishes for himself, and says so by name.
    run = approving.run_of(place, where, found, chosen.guardrail(NAME), settings, new_run_id(now))
    run = replace(run, asks=found.asks(""))
    wish = wanted.wish(place.caller, now, run.id)
    overriding.wish(memory, facts.arn, wish, now)
    report = run.new_report()
    evaluating.evaluate(run, [replace(facts, wish=wish)], report)
    if not report.counts[Disposition.NEEDS_APPROVAL]:
        raise Refused(f"nothing was asked: {', '.join(report.counts)}")
    questions, put = approving.put_questions(place, where, report)
    if as_json:
        body = {"ledger": where.title, "budget": one.name, "spent": facts.breaker.spent, "notes": report.notes}
        rows = [asked.to_json(each) for each in questions]
        say.as_json(say.here(settings.mode, place.scope) | body | asdict(wish) | {"questions": rows})
    else:
        say.note(f"{say.heading('override', settings.mode, place.scope)} · {where.title}")
        _show(where, f"budget {one.name!r}, {wanted.words}", report, questions)
    if not put:
        raise typer.Exit(trouble.PARTIAL)


def _show(where: Store, what: str, report: RunReport, questions: Sequence[Request]) -> None:
    from cli import say

    for request in questions:
        say.line(f"Request {request.id} asks to close the breaker of {what}")
        say.line("Only an approver known by name may approve it, who may be you: by command or in Slack, not by link.")
        say.line(f"  {where.commands.approve(request.id)}")
        say.line(f"  {where.commands.reject(request.id)}")
    for text in report.notes:
        say.line(f"The wish for {what}, is kept, but {text}. The next sweep of {NAME} puts it.")

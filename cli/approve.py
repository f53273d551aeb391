"""fusebox approve and reject: a person's answer to what Fusebox asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cli.answering import Question, Told
    from cli.approving import CarriedOut
    from functions.core.items import Item

RequestId = Annotated[str, typer.Argument(metavar="ID", help="The request's id, or enough of its beginning.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before it is recorded.")]


def approve(
    request: RequestId,
    only: Annotated[
        list[str] | None,
        typer.Option("--only", metavar="ITEM,…", help="Approve these items alone; what is left is exempted."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; goes into the ledger.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Who answers for what is not approved; you by default.")] = "",
    days: Annotated[
        int | None,
        typer.Option(min=1, max=3650, help="Days for which what is not approved is exempt; the policy's by default."),
    ] = None,
    yes: Yes = False,
    irreversible: Annotated[
        bool, typer.Option("--irreversible", help="Approve what cannot be undone without a question of its own.")
    ] = False,
    policy: options.Policy = None,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Approve what a request asks, or some of it.

    Shows it first. A deployed Fusebox then carries it out; without one it is carried out here, and
    the exit code is 1 where something that was approved could not be done.
    """
    from datetime import timedelta

    from cli import answering, say, session
    from functions.core.answers import told

    wanted = [one.strip() for text in only or [] for one in text.split(",")]
    until = session.now() + timedelta(days=days) if days else None
    question = answering.find(request, policy=policy, stack=stack, ledger=ledger, acts=True)
    if question.half_done:
        say.note(f"Request {question.request.id} was {told(question.request)}; going on.")
        _end(question, answering.carry_out(question, question.request), as_json)
        return
    question.check()
    chosen = question.pick(wanted) if only else question.items
    _show("approve", question, chosen, as_json)
    _ask(question, chosen, yes, irreversible)
    items = tuple(one.id for one in chosen) if only else None
    answer = answering.Wish("approve", items, reason.strip(), owner.strip(), until)
    _end(question, answering.give(question, answer), as_json)


def reject(
    request: RequestId,
    reason: Annotated[str, typer.Option("--reason", help="Why; shown wherever the exemptions are.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Who answers for the exemptions; you by default.")] = "",
    until: Annotated[
        str, typer.Option("--until", help="Until when the resources are left alone: a date, a time, or a span (30d).")
    ] = "",
    yes: Yes = False,
    policy: options.Policy = None,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Reject what a request asks.

    Nothing is changed, and the resources are exempt until the end you name; by default for as long as
    the policy says. An override that is rejected exempts nothing: the breaker stays open.
    """
    from cli import answering, consent, moments, session
    from functions.core.types import Refused

    if not reason.strip():
        raise Refused("a rejection needs a reason: --reason missing")
    moment = moments.until(until, session.now()) if until else None
    question = answering.find(request, policy=policy, stack=stack, ledger=ledger, acts=False)
    question.check()
    _show("reject", question, question.items, as_json)
    exempts = any(not one.named for one in question.items)
    consent.obtain("Reject it, and exempt its resources?" if exempts else "Reject it?", yes=yes)
    answer = answering.Wish("reject", (), reason.strip(), owner.strip(), moment)
    _end(question, answering.give(question, answer), as_json)


def _ask(question: Question, chosen: Sequence[Item], yes: bool, irreversible: bool) -> None:
    from cli import consent

    lasting = sum(bool(one.irreversible) for one in chosen)
    doubts = []
    if lasting and not irreversible:
        doubts.append(consent.Doubt(f"{lasting} of these changes cannot be undone", "--irreversible"))
    picked = {one.id for one in chosen}
    left = sum(one.id not in picked and not one.named for one in question.items)
    rest = f", and exempt the other {left:,}" if left else ""
    many = "changes" if len(chosen) != 1 else "change"
    consent.obtain(f"Approve {len(chosen):,} {many}{rest}?", doubts, yes=yes)


def _show(command: str, question: Question, chosen: Sequence[Item], as_json: bool) -> None:
    from cli import render, request_view, say

    where = question.where.title
    say.note(f"{say.heading(command, question.request.mode, question.place.scope)} · {where}")
    if as_json:
        return
    out = render.console()
    request_view.head(out, question.request)
    request_view.question(out, chosen)
    left = len(question.items) - len(chosen)
    if left:
        out.print(f"{left:,} more items are not chosen: they are exempted, apart from overrides.")


def _end(question: Question, ended: CarriedOut | Told, as_json: bool) -> None:
    """Says what became of the answer; exits with 1 where something that was approved could not be done."""
    from cli import asked, render, request_view, say
    from cli.approving import CarriedOut
    from functions.core import answers

    commands = question.where.commands
    here = say.here(question.request.mode, question.place.scope) | {"ledger": question.where.title}
    if not isinstance(ended, CarriedOut):
        if as_json:
            body = {"request": ended.request, "status": ended.status, "by": ended.by, "told": ended.told}
            say.as_json(here | body)
        else:
            say.line(f"Request {ended.request}: {ended.told}. To follow it: {commands.show(ended.request)}")
        return
    from functions.core.items import of_request

    request, items = ended.request, of_request(question.where.table, ended.request.id)
    if as_json:
        rows = [asked.item_to_json(one) for one in items]
        again = [one.id for one in ended.again]
        say.as_json(here | {"request": asked.to_json(request), "items": rows, "whole": ended.whole, "again": again})
    else:
        request_view.ended(render.console(), request, items)
        say.line(f"Request {request.id}: {answers.told(request)}.")
        if not ended.whole:
            say.line(f"Stopped on request. To do the rest: {commands.approve(request.id)}")
        for one in ended.again:
            say.line(f"Changed since, so asked anew: {commands.approve(one.id)}")
        if request.counts.get("done"):
            say.line(f"Turn one back: {commands.undo('ACTION')}")
    if request.status == "failed" or not ended.whole:
        raise typer.Exit(trouble.PARTIAL)

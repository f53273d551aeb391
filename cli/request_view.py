"""Requests for approval as people read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from cli import render
from functions.approval.telling import change_of
from functions.core import answers
from functions.core.items import Item, chosen
from functions.core.notice import dollars
from functions.core.requests import Request

SHOWN = 20
QUESTION = ("Item", "Resource", "Change", "Because", "$/month", "Cannot be undone")
ENDED = ("Item", "Resource", "Change", "$/month", "Result", "Detail", "Action")
LISTED = ("Id", "Guardrail", "Mode", "Status", "Changes", "For good", "$/month", "Answer until (UTC)", "Asked by")


def head(out: Console, request: Request) -> None:
    """What a request asks, of which guardrail, until when."""
    changes = f"{request.count} change{'s' if request.count != 1 else ''}"
    lasting = f"{request.irreversible} of them cannot be undone" if request.irreversible else "all can be undone"
    out.print(f"Request {request.id}: {request.guardrail} ({request.mode} mode) asks for {changes}", style="bold")
    out.print(f"  {dollars(request.saving)} a month; {lasting}; undo: {request.undo_note}", soft_wrap=True)
    out.print(f"  asked by {asked_by(request)}; {_until(request)}", soft_wrap=True)


def question(out: Console, items: Sequence[Item]) -> None:
    """The items in question; those that cannot be undone come first."""
    ordered = sorted(items, key=lambda one: not one.irreversible)
    rows = [
        (one.id, one.name, change_of(one), str(one.entry["reason"]), dollars(one.saving), one.irreversible)
        for one in ordered
    ]
    _table(out, QUESTION, rows, whole=("Item", "Change"))


def ended(out: Console, request: Request, items: Sequence[Item]) -> None:
    """How the items stand, all of them."""
    approved = {one.id for one in chosen(request, items)}
    rows = [
        (
            one.id,
            one.name,
            change_of(one),
            dollars(one.saving),
            one.result or ("" if request.answer is None or one.id in approved else "not approved"),
            one.detail or ("" if one.result else one.irreversible),
            one.action_id,
        )
        for one in items
    ]
    _table(out, ENDED, rows, whole=("Item", "Change", "Result", "Action"), most=len(rows))


def as_table(out: Console, listed: Iterable[Request]) -> None:
    """Requests, one a row."""
    rows = [
        (
            one.id,
            one.guardrail,
            one.mode,
            one.status,
            f"{one.count:,}",
            f"{one.irreversible:,}" if one.irreversible else "",
            dollars(one.saving),
            one.deadline[:16].replace("T", " "),
            asked_by(one),
        )
        for one in listed
    ]
    if not rows:
        out.print("No requests.")
        return
    whole = ("Id", "Guardrail", "Mode", "Status", "Answer until (UTC)")
    out.print(render.grid(LISTED, rows, right=("Changes", "For good", "$/month"), whole=whole))


def asked_by(request: Request) -> str:
    """Who started the run that asks."""
    return request.requester or "Fusebox"


def _until(request: Request) -> str:
    if request.status == "gathering":
        return "it is still being gathered"
    if request.status != "asked":
        return answers.told(request)
    silence = "what can be undone is done" if request.on_timeout == "act" else "nothing is done"
    return f"answer until {request.deadline[:16].replace('T', ' ')} UTC, else {silence}"


def _table(
    out: Console, columns: Sequence[str], rows: Sequence[tuple[str, ...]], *, whole: Sequence[str], most: int = SHOWN
) -> None:
    out.print(render.grid(columns, rows[:most], right=("$/month",), whole=whole))
    if len(rows) > most:
        out.print(f"… and {len(rows) - most:,} more")

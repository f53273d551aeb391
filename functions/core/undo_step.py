"""Turns actions back in a guardrail's own function, with its own role: what a page's or button's undo leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from functions.core import undoing
from functions.core.commands import Commands
from functions.core.notice import Example, Group, Notice, Step, place, short
from functions.core.recorded import find_one
from functions.core.types import Disposition, Refused, Scope
from functions.core.undoing import Undoer

EXEMPT = timedelta(days=30)
"""How long a resource is left alone after its undo, so that nothing does the action again."""
NOT_TURNED_BACK = "NOT turned back"


def undo(undoer: Undoer, actions: Sequence[str], reason: str) -> list[tuple[Example, str]]:
    """Turns each action back that can be; returns each as a message shows it, with how it ended.

    Whoever presses a button has not seen what an undo may delete, so such an undo is left to the command.
    """
    return [_undo(undoer, one, reason) for one in actions]


def _undo(undoer: Undoer, action_id: str, reason: str) -> tuple[Example, str]:
    try:
        recorded = find_one(undoer.table, action_id)
    except Refused as error:
        return Example(action_id, "", action_id, str(error)), NOT_TURNED_BACK
    try:
        prepared = undoing.prepare(undoer, recorded)
        if prepared.action.irreversible:
            raise Refused(f"{prepared.action.irreversible}: only the command does that, after asking")
        undone = undoing.carry_out(undoer, prepared, reason=reason, exempt_for=EXEMPT)
    except Refused as error:
        undoing.mark(undoer, recorded, f"not turned back: {error}")
        return Example(recorded.id, recorded.resource, short(recorded.name), short(str(error))), NOT_TURNED_BACK
    why = f"undo of {recorded.id} by {undoer.by}; exempt until {undone.exempt_until:%Y-%m-%d}"
    shown = Example(recorded.id, recorded.resource, short(recorded.name), short(why), short(undone.detail))
    return shown, "turned back" if undone.disposition is Disposition.DONE else NOT_TURNED_BACK


def notice(
    ended: Sequence[tuple[Example, str]], undoer: Undoer, mode: str, run: str, scope: Scope, commands: Commands
) -> Notice:
    """Tells what was turned back, and what was not."""
    words = sorted({end for _, end in ended}, reverse=True)
    groups = [Group(end, sum(e == end for _, e in ended), examples=_first(ended, end)) for end in words]
    told = ", ".join(f"{one.count} {one.words}" for one in groups)
    return Notice(
        "undo",
        f"undo {run}",
        f"{undoer.guardrail.name}: {told}",
        undoer.guardrail.name,
        mode,
        **place(scope),
        run=run,
        notes=(f"Asked for by {short(undoer.by)}.", f"Not brought back: {undoer.guardrail.undo_note}."),
        groups=tuple(groups),
        steps=(Step("show", "Everything about one", commands.show("ID")),),
    )


def _first(ended: Sequence[tuple[Example, str]], end: str) -> tuple[Example, ...]:
    return tuple(example for example, e in ended if e == end)[:5]

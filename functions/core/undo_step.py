"""Turns actions back in a guardrail's own function, with its own role: what a page's or button's undo leads to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from botocore.exceptions import BotoCoreError, ClientError

from functions.core import undoing
from functions.core.commands import Commands
from functions.core.dynamodb_table import Contended
from functions.core.notice import Example, Group, Notice, Step, place, short
from functions.core.recorded import of_resource, undone_by
from functions.core.types import Disposition, Refused, Scope
from functions.core.undoing import Undoer

EXEMPT = timedelta(days=30)
"""How long a resource is left alone after its undo, so that nothing does the action again."""
TURNED_BACK, NOT_TURNED_BACK, FAILED = "turned back", "NOT turned back", "FAILED, to be tried again"


def undo(undoer: Undoer, actions: Sequence[tuple[str, str]], reason: str) -> list[tuple[Example, str]]:
    """Turns each action back that can be: pairs of resource and action id. Returns each with how it ended.

    Whoever presses a button has not seen what an undo may delete, so such an undo is left to the command. What
    an earlier try has turned back counts as turned back; one that AWS or the table fails stops no other.
    """
    return [_undo(undoer, resource, action_id, reason) for resource, action_id in actions]


def failed(ended: Sequence[tuple[Example, str]]) -> bool:
    """Whether one is to be tried again."""
    return any(end == FAILED for _, end in ended)


def _undo(undoer: Undoer, resource: str, action_id: str, reason: str) -> tuple[Example, str]:
    recorded = of_resource(undoer.table, resource, action_id)
    if recorded is None:
        return Example(action_id, resource, action_id, "the ledger holds no such action"), NOT_TURNED_BACK
    shown = Example(recorded.id, recorded.resource, short(recorded.name), "")
    before = undone_by(recorded, undoer.table)
    if before:
        return replace(shown, reason=f"undo {before}"), TURNED_BACK
    try:
        prepared = undoing.prepare(undoer, recorded)
        if prepared.action.irreversible:
            raise Refused(f"{prepared.action.irreversible}: only the command does that, after asking")
        undone = undoing.carry_out(undoer, prepared, reason=reason, exempt_for=EXEMPT)
    except Refused as error:
        undoing.mark(undoer, recorded, f"not turned back: {error}")
        return replace(shown, reason=short(str(error))), NOT_TURNED_BACK
    except (ClientError, BotoCoreError, Contended) as error:
        return replace(shown, reason=short(str(error))), FAILED
    why = f"undo of {recorded.id} by {undoer.by}{undone.exemption}"
    end = TURNED_BACK if undone.disposition is Disposition.DONE else NOT_TURNED_BACK
    return replace(shown, reason=short(why), detail=short(undone.detail)), end


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

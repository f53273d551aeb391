"""fusebox undo: turn one action back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from cli.undoing import Undo, Undone


def undo(
    action_id: Annotated[str, typer.Argument(metavar="ID", help="The action's id, or enough of its beginning.")],
    reason: Annotated[str, typer.Option("--reason", help="Why; goes into the ledger.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before the change.")] = False,
    irreversible: Annotated[
        bool, typer.Option("--irreversible", help="Allow an undo that can itself delete data.")
    ] = False,
    uncertain: Annotated[
        bool, typer.Option("--uncertain", help="Allow the undo of a change that somebody else may have made.")
    ] = False,
    exempt_days: Annotated[int, typer.Option(min=1, max=3650, help="Days the resource is then left alone.")] = 30,
    policy: options.Policy = None,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Restore what one action overwrote.

    The resource is exempted first, so that nothing does the action again. Refused where the action
    was not done, is already undone, or the resource was changed since.
    """
    from cli import chosen, say, session, store, undoing
    from cli.recorded import find_one

    place = session.locate()
    where = store.to_change(place, stack, ledger, alone=ledger is None)
    recorded = find_one(where.table, action_id)
    guardrail = chosen.guardrail(str(recorded.intent["guardrail"]))
    found = chosen.policy(policy)
    settings = found.guardrails[guardrail.name]
    account = guardrail.connect(place.clients, place.scope, settings, session.now)
    prefix = where.own_prefix(found.prefix, place.scope)
    undoer = undoing.Undoer(guardrail, settings, account, where.table, session.now, prefix, place.caller)
    prepared = undoing.prepare(undoer, recorded)
    say.note(f"{say.heading('undo', 'acts', place.scope)} · {where.title}")
    say.note(f"{recorded.name}: {say.change(dict(prepared.action.parameters), dict(prepared.action.prior))}")
    say.note(f"Not brought back: {guardrail.undo_note}.")
    say.note(f"It is then exempt from {guardrail.name} for {exempt_days} days.")
    _ask(prepared, yes, irreversible, uncertain)
    done = undoing.carry_out(undoer, prepared, reason=reason, exempt_for=timedelta(days=exempt_days))
    if as_json:
        body = {
            "action_id": done.action_id,
            "undoes": recorded.id,
            "resource": recorded.resource,
            "result": done.disposition.value,
            "detail": done.detail,
            "exempt_until": done.exempt_until.isoformat(),
        }
        say.as_json(say.here("acts", place.scope) | body)
    else:
        say.line(_told(prepared, done))
    if done.disposition != "done":
        raise typer.Exit(trouble.PARTIAL)


def _ask(prepared: Undo, yes: bool, irreversible: bool, uncertain: bool) -> None:
    from functions.core.types import Refused

    doubts = []
    if prepared.action.irreversible and not irreversible:
        doubts.append(("--irreversible", f"this undo is itself irreversible: {prepared.action.irreversible}"))
    if prepared.of.settled and not uncertain:
        doubts.append(("--uncertain", "a run crashed here, so it is not certain who made the change"))
    if yes and doubts:
        options, whys = zip(*doubts, strict=True)
        raise Refused(f"{'; '.join(whys)}: to do it without being asked, add {' '.join(options)}")
    questions = ([] if yes else ["Turn it back?"]) + [f"{why[0].upper()}{why[1:]}. Really?" for _, why in doubts]
    for question in questions:
        try:
            agreed = typer.confirm(question, err=True)
        except typer.Abort as silence:
            raise Refused("nobody answered, so nothing was changed; --yes does not ask") from silence
        if not agreed:
            raise Refused("nothing was changed")


def _told(prepared: Undo, done: Undone) -> str:
    until = f"{done.exempt_until:%Y-%m-%d %H:%M} UTC"
    if done.disposition == "done":
        return f"{prepared.of.name}: turned back ({done.action_id}); exempt until {until}"
    return f"{prepared.of.name}: {done.disposition.value}: {done.detail} ({done.action_id}); exempt until {until}"

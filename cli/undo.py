"""fusebox undo: turn one action back."""

from __future__ import annotations

import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from cli.session import Place
    from cli.store import Store
    from functions.core.undoing import Undo, Undoer, Undone


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
    from cli import chosen, say, session, store
    from functions.core import undoing
    from functions.core.notice import change_in_words
    from functions.core.recorded import find_one

    place = session.locate()
    where = store.to_change(place, stack, ledger)
    recorded = find_one(where.table, action_id)
    guardrail = chosen.guardrail(str(recorded.intent["guardrail"]))
    found = chosen.policy(policy)
    settings = found.guardrails[guardrail.name]
    prefix = where.own_prefix(found.prefix, place.scope)
    account = session.connect(place, guardrail, settings, where.table, prefix)
    undoer = undoing.Undoer(guardrail, settings, account, where.table, session.now, prefix, place.caller)
    prepared = undoing.prepare(undoer, recorded)
    say.note(f"{say.heading('undo', 'acts', place.scope)} · {where.title}")
    say.note(f"{recorded.name}: {change_in_words(prepared.action.parameters, prepared.action.prior)}")
    say.note(f"Not brought back: {guardrail.undo_note}.")
    if undoing.needs_exemption(recorded):
        say.note(f"It is then exempt from {guardrail.name} for {exempt_days} days.")
    _ask(prepared, yes, irreversible, uncertain)
    done = undoing.carry_out(undoer, prepared, reason=reason, exempt_for=timedelta(days=exempt_days))
    _tell(place, where, undoer, prepared, done, reason)
    if as_json:
        body = {
            "action_id": done.action_id,
            "undoes": recorded.id,
            "resource": recorded.resource,
            "result": done.disposition.value,
            "detail": done.detail,
            "exempt_until": None if done.exempt_until is None else done.exempt_until.isoformat(),
        }
        say.as_json(say.here("acts", place.scope) | body)
    else:
        say.line(_told(prepared, done))
    if done.disposition != "done":
        raise typer.Exit(trouble.PARTIAL)


def _ask(prepared: Undo, yes: bool, irreversible: bool, uncertain: bool) -> None:
    from cli import consent

    doubts = []
    if prepared.action.irreversible and not irreversible:
        why = f"this undo is itself irreversible: {prepared.action.irreversible}"
        doubts.append(consent.Doubt(why, "--irreversible"))
    if prepared.of.settled and not uncertain:
        why = "a run crashed here, so it is not certain who made the change"
        doubts.append(consent.Doubt(why, "--uncertain"))
    consent.obtain("Turn it back?", doubts, yes=yes)


def _tell(place: Place, where: Store, undoer: Undoer, prepared: Undo, done: Undone, reason: str) -> None:
    """Tells the others: what an undo sets, and until when the resource is left alone, concerns them."""
    from dataclasses import replace

    from cli import telling
    from functions.core import undo_step
    from functions.core.notice import Example, Step, short

    recorded, run = prepared.of, done.action_id.partition(".")[0]
    why = f"undo of {recorded.id}" + (f": {reason}" if reason else "") + done.exemption
    example = Example(done.action_id, recorded.resource, short(recorded.name), short(why), short(done.detail))
    words = "turned back" if done.disposition == "done" else undo_step.NOT_TURNED_BACK
    mode = undoer.settings.mode
    notice = undo_step.notice([(example, words)], undoer, mode, run, place.scope, where.commands)
    again = where.command(f"fusebox exempt {shlex.quote(recorded.resource)} --end")
    step = Step("exempt", "End the exemption, so that it may be done again", again)
    steps = notice.steps if done.exempt_until is None else (*notice.steps, step)
    telling.tell(place, where, replace(notice, steps=steps))


def _told(prepared: Undo, done: Undone) -> str:
    until = "" if done.exempt_until is None else f"; exempt until {done.exempt_until:%Y-%m-%d %H:%M} UTC"
    if done.disposition == "done":
        return f"{prepared.of.name}: turned back ({done.action_id}){until}"
    return f"{prepared.of.name}: {done.disposition.value}: {done.detail} ({done.action_id}){until}"

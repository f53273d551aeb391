"""fusebox pause and resume: the switch that stops every action at once.

Neither reads the policy: a broken file must not stand between a person and the switch.
"""

from __future__ import annotations

from typing import Annotated

import typer

from cli import options

Guardrail = Annotated[str | None, typer.Argument(metavar="[GUARDRAIL]", help="One guardrail; all by default.")]


def pause(
    guardrail: Guardrail = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; shown wherever something is held back.")] = "",
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Stop every action, or one guardrail's.

    It holds from the next action on; guardrails go on finding and reporting.
    """
    from cli import say, session, store, telling
    from functions.core import state
    from functions.core.notice import Step

    scope, title = _scope(guardrail)
    place = session.locate()
    where = store.to_change(place, stack, ledger)
    reason = reason.strip() or "no reason given"
    state.pause(where.table, scope, by=place.caller, reason=reason, now=session.now())
    resume = where.command(_command("resume", scope))
    steps = (Step("resume", "Go on", resume),)
    what = "paused: nothing is changed until somebody resumes"
    telling.switched(place, where, guardrail=title, mode="paused", what=what, why=reason, steps=steps)
    if as_json:
        body = {"paused": title, "by": place.caller, "reason": reason, "ledger": where.title}
        say.as_json(say.here("paused", place.scope) | body)
        return
    say.note(f"{say.heading('pause', 'paused', place.scope)} · {where.title}")
    say.line(f"Paused: {title} ({reason}). To go on: {resume}")


def resume(
    guardrail: Guardrail = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; told to everyone.")] = "",
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """End a pause.

    That of everything, or of one guardrail; the other kind stays as it is.
    """
    from cli import say, session, store, telling
    from functions.core import state
    from functions.core.notice import Step
    from functions.registry import GUARDRAILS

    scope, title = _scope(guardrail)
    place = session.locate()
    where = store.to_change(place, stack, ledger)
    ended = state.resume(where.table, scope)
    names = [one.name for one in GUARDRAILS]
    still = {name: why for name in names if (why := state.paused(where.table, name))}
    mode = "paused" if still else "resumed"
    if ended:
        steps = (Step("resume", "Pause again", where.command(_command("pause", scope))),)
        what = "resumed: changes are made again" if not still else f"resumed, but still paused: {', '.join(still)}"
        why = reason.strip() or "no reason given"
        telling.switched(place, where, guardrail=title, mode=mode, what=what, why=why, steps=steps)
    if as_json:
        body = {"resumed": title, "was_paused": ended, "still_paused": still, "ledger": where.title}
        say.as_json(say.here(mode, place.scope) | body)
        return
    say.note(f"{say.heading('resume', mode, place.scope)} · {where.title}")
    say.line(f"Resumed: {title}." if ended else f"There was no pause of {title}.")
    for name, why in still.items():
        say.line(f"Still held back: {name}, {why}")


def _scope(guardrail: str | None) -> tuple[str, str]:
    """The key of the switch and what to call it; Refused for a guardrail that does not exist."""
    from cli import chosen
    from functions.core import state

    if guardrail is None:
        return state.EVERYTHING, "everything"
    name = chosen.guardrail(guardrail).name
    return name, name


def _command(verb: str, scope: str) -> str:
    from functions.core import state

    return f"fusebox {verb}" if scope == state.EVERYTHING else f"fusebox {verb} {scope}"

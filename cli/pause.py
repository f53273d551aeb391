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
    from cli import say, session, store
    from functions.core import state

    scope, title = _scope(guardrail)
    place = session.locate()
    where = store.to_change(place, stack, ledger, alone=ledger is None)
    reason = reason.strip() or "no reason given"
    state.pause(where.table, scope, by=place.caller, reason=reason, now=session.now())
    if as_json:
        body = {"paused": title, "by": place.caller, "reason": reason, "ledger": where.title}
        say.as_json(say.here("paused", place.scope) | body)
        return
    say.note(f"{say.heading('pause', 'paused', place.scope)} · {where.title}")
    say.line(f"Paused: {title} ({reason}). To go on: fusebox resume" + (f" {guardrail}" if guardrail else ""))


def resume(
    guardrail: Guardrail = None,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """End a pause.

    That of everything, or of one guardrail; the other kind stays as it is.
    """
    from cli import say, session, store
    from functions.core import state
    from functions.registry import GUARDRAILS

    scope, title = _scope(guardrail)
    place = session.locate()
    where = store.to_change(place, stack, ledger, alone=ledger is None)
    ended = state.resume(where.table, scope)
    names = [one.name for one in GUARDRAILS]
    still = {name: why for name in names if (why := state.paused(where.table, name))}
    if as_json:
        body = {"resumed": title, "was_paused": ended, "still_paused": still, "ledger": where.title}
        say.as_json(say.here("paused" if still else "resumed", place.scope) | body)
        return
    say.note(f"{say.heading('resume', 'paused' if still else 'resumed', place.scope)} · {where.title}")
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

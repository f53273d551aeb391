"""fusebox exempt and exemptions: what is left alone, until when, and who answers for it."""

from __future__ import annotations

import shlex
from typing import Annotated

import typer

from cli import options


def exempt(
    resource: Annotated[str, typer.Argument(metavar="RESOURCE", help="An ARN, or a plain name.")],
    until: Annotated[str, typer.Option("--until", help="A date (2026-12-31), a time, or a span (30d).")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Who answers for it.")] = "",
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    end: Annotated[bool, typer.Option("--end", help="End the resource's exemption now.")] = False,
    guardrail: Annotated[str | None, typer.Option("--guardrail", help="Whose resource a plain name is.")] = None,
    policy: options.Policy = None,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Leave one resource alone until a moment to come. A later exemption replaces an earlier one."""
    from cli import chosen, moments, say, session, store, telling
    from functions.core import state
    from functions.core.notice import Step
    from functions.core.types import Refused

    now = session.now()
    if end and until:
        raise Refused("--end and --until contradict each other")
    given = {"--until": until, "--owner": owner, "--reason": reason}
    missing = [option for option, text in given.items() if not text.strip()]
    if missing and not end:
        raise Refused(f"an exemption needs an end, an owner and a reason: {', '.join(missing)} missing")
    moment = now if end else moments.until(until, now)
    place = session.locate()
    arn, watching = chosen.resource(resource, guardrail, place.scope, policy)
    barred = watching.spec.not_exempt(arn)
    if barred and not end:
        raise Refused(f"{arn} {barred}")
    where = store.to_change(place, stack, ledger)
    present = state.exemptions(where.table, [arn], now).get(arn)
    if end and present is None:
        raise Refused(f"{arn} has no exemption in {where.title} (one by tag ends with the tag)")
    if end and present:
        one = state.Exemption(arn, present.owner, present.reason, moment)
        mode, what, why = "not exempt", f"{arn} is no longer exempt", reason.strip() or "no reason given"
        steps = (Step("exempt", "Exempt it again", where.commands.exempt(arn)),)
    else:
        one = state.Exemption(arn, owner.strip(), reason.strip(), moment)
        mode, what, why = "exempt", f"{arn} is {one}", one.reason
        steps = (Step("exempt", "End it", where.command(f"fusebox exempt {shlex.quote(arn)} --end")),)
    state.exempt(where.table, [one], now)
    telling.switched(place, where, guardrail=watching.name, mode=mode, what=what, why=why, steps=steps)
    if as_json:
        body = {"resource": arn, "owner": one.owner, "reason": one.reason, "until": one.until.isoformat()}
        say.as_json(say.here("exempt", place.scope) | {"ledger": where.title, "exemption": body})
        return
    say.note(f"{say.heading('exempt', 'no resource is changed', place.scope)} · {where.title}")
    say.line(f"{arn}: " + ("its exemption has ended" if end else str(one)))


def exemptions(stack: options.Stack = None, ledger: options.Ledger = None, as_json: options.AsJson = False) -> None:
    """List the exemptions in force. Those by tag are on the resources themselves."""
    from cli import render, say, session, store
    from functions.core import state

    place = session.locate()
    where = store.to_read(place, stack, ledger)
    found = state.exemptions(where.table, [row.sk for row in where.table.query(state.EXEMPTIONS)], session.now())
    ordered = sorted(found.values(), key=lambda one: one.until)
    if as_json:
        rows = [
            {"resource": one.resource, "owner": one.owner, "reason": one.reason, "until": one.until.isoformat()}
            for one in ordered
        ]
        say.as_json(say.here("read-only", place.scope) | {"ledger": where.title, "exemptions": rows})
        return
    say.note(f"{say.heading('exemptions', 'read-only', place.scope)} · {where.title}")
    if not ordered:
        say.line("No exemption is in force.")
        return
    cells = [(f"{one.until:%Y-%m-%d %H:%M}", one.owner, one.reason, one.resource) for one in ordered]
    render.console().print(render.grid(("Until (UTC)", "Owner", "Reason", "Resource"), cells, whole=("Until (UTC)",)))

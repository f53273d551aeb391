"""fusebox ledger: what was found, done, asked and turned back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options

if TYPE_CHECKING:
    from cli.store import Store
    from functions.core.ledger import Entry
    from functions.core.types import Scope


def ledger(
    action_id: Annotated[
        str | None, typer.Argument(metavar="[ID]", help="Show one action in full: its id, or the id's beginning.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="The entries of one run.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", help="The entries of one ARN or name.")] = None,
    since: Annotated[str, typer.Option("--since", help="A span (24h, 7d), a date or a time.")] = "7d",
    result: Annotated[
        str | None, typer.Option("--result", help="Only what ended so: done, failed, needs_approval, observed, …")
    ] = None,
    last: Annotated[int, typer.Option("--last", min=0, help="At most so many, the newest; 0 for all.")] = 50,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what was found, done and undone.

    The newest comes last; without options, what the last seven days brought.
    """
    from cli import ledger_view, render, say, session, store
    from cli.recorded import find_one
    from functions.core.types import Refused

    if sum(one is not None for one in (action_id, run, resource)) > 1:
        raise Refused("an ID, --run and --resource are three ways to choose entries: give one of them")
    place = session.locate()
    where = store.to_read(place, stack, ledger)
    if not as_json:
        say.note(f"{say.heading('ledger', 'read-only', place.scope)} · {where.title}")
    if action_id:
        recorded = find_one(where.table, action_id)
        undos = [one for one in _of_resource(where, recorded.resource) if one.get("undoes") == recorded.id]
        entries = [one for one in (recorded.intent, recorded.outcome, *undos) if one is not None]
        if as_json:
            say.as_json(say.here("read-only", place.scope) | {"ledger": where.title, "entries": entries})
        else:
            ledger_view.in_full(render.console(), entries)
        return
    entries = _ended(_entries(where, place.scope, run, resource, since), result)
    if as_json:
        shown = entries[-last:] if last else entries
        body = {"ledger": where.title, "entries": shown, "left_out": len(entries) - len(shown)}
        say.as_json(say.here("read-only", place.scope) | body)
        return
    there = ledger_view.as_table(render.console(), entries, last)
    if last and there > last:
        say.note(f"the newest {last} of {there}; --last 0 shows all")


def _entries(where: Store, scope: Scope, run: str | None, resource: str | None, since: str) -> list[Entry]:
    from cli import chosen, moments, session
    from functions.core import ledger as core
    from functions.registry import GUARDRAILS

    if run:
        return list(core.entries_of_run(where.table, run))
    if resource:
        watching = [None] if resource.startswith("arn:") else [one.name for one in GUARDRAILS]
        arns = [chosen.resource(resource, name, scope)[0] for name in watching]
        found = [entry for arn in arns for entry in core.entries_of_resource(where.table, arn)]
        return sorted(found, key=lambda entry: str(entry["at"]))
    now = session.now()
    return list(core.entries_since(where.table, moments.since(since, now), now))


def _ended(entries: list[Entry], result: str | None) -> list[Entry]:
    """The entries with a result, and the intents that ended with it."""
    from functions.core.types import Disposition, Refused

    if result is None:
        return entries
    if result not in set(Disposition):
        raise Refused(f"--result {result!r}: allowed are {', '.join(Disposition)}")
    chosen = {entry.get("action_id") for entry in entries if entry.get("result") == result} - {None}
    return [entry for entry in entries if entry.get("result") == result or entry.get("action_id") in chosen]


def _of_resource(where: Store, resource: str) -> list[Entry]:
    from functions.core import ledger as core

    return list(core.entries_of_resource(where.table, resource))

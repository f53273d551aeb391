"""fusebox requests: what waits for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from cli.session import Place
    from cli.store import Store


def requests(
    everything: Annotated[bool, typer.Option("--all", help="Also those that have ended.")] = False,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """List what waits for a person's answer, the newest last.

    In a local ledger, what nobody answered in time ends with this.
    """
    from cli import asked, render, request_view, say, session, store
    from functions.core import requests as core

    place = session.locate()
    where = store.to_read(place, stack, ledger)
    if where.deployed is None:
        where = _timed_out(place, where, ledger)
    listings = (core.OPEN_LISTING, core.ENDED_LISTING) if everything else (core.OPEN_LISTING,)
    found = sorted(
        (one for listing in listings for one in core.listed(where.table, listing)), key=lambda one: one.opened_at
    )
    if as_json:
        body = {"ledger": where.title, "requests": [asked.to_json(one) for one in found]}
        say.as_json(say.here("read-only", place.scope) | body)
        return
    say.note(f"{say.heading('requests', 'read-only', place.scope)} · {where.title}")
    request_view.as_table(render.console(), found)
    if any(one.status == "asked" for one in found):
        say.line(f"See one: {where.commands.show('ID')}")
        say.line(f"Answer: {where.commands.approve('ID')}, or {where.commands.reject('ID')}")


def _timed_out(place: Place, where: Store, ledger: Path | None) -> Store:
    """The local ledger once what nobody answered has ended; it is opened for writing only where that is so."""
    from cli import asked, session, store

    now = session.now()
    if asked.overdue(where.table, now):
        where = store.to_run(place, None, ledger, acts=False)
        asked.time_out(where.table, now)
    return where

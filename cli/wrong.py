"""fusebox wrong: a guardrail was wrong about something, and everyone should know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options

if TYPE_CHECKING:
    from pathlib import Path

    from cli.marking import Record

NEWEST = 5


def wrong(
    wanted: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]", help="An action or a finding, or enough of its beginning; a request, or REQUEST/ITEM."
        ),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why it was a false positive.")] = "",
    listing: Annotated[bool, typer.Option("--list", help="Show what was marked, by guardrail.")] = False,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Mark an action or a finding as a false positive.

    It is a remark in the ledger: nothing is changed by it, and it cannot be taken back. To turn a
    change back use `fusebox undo`; to have the resource left alone use `fusebox exempt`.
    """
    from functions.core.types import Refused

    if listing and (wanted or reason):
        raise Refused("--list shows what was marked, and takes neither an ID nor --reason")
    if listing:
        _list(stack, ledger, as_json)
        return
    missing = [what for what, text in (("ID", wanted), ("--reason", reason.strip())) if not text]
    if missing or wanted is None:
        raise Refused(f"a mark needs an ID and a reason: {', '.join(missing)} missing")
    _mark(wanted.strip(), reason.strip(), stack, ledger, as_json)


def _mark(wanted: str, reason: str, stack: str | None, ledger: Path | None, as_json: bool) -> None:
    from cli import marking, say, session, store, telling
    from functions.core import ledger as core
    from functions.core.notice import Step

    place = session.locate()
    where = store.to_change(place, stack, ledger)
    now = session.now()
    those = marking.targets(where.table, wanted)
    new, before = marking.mark(where.table, those, place.caller, reason, now)
    record = marking.record(where.table, str(those[0]["guardrail"]), now, new)
    ids = [core.identity_of(one) for one in new]
    if new:
        names = ", ".join(str(one["name"]) for one in new[:3]) + (f" and {len(new) - 3} more" if len(new) > 3 else "")
        telling.switched(
            place,
            where,
            guardrail=record.guardrail,
            mode=str(those[0]["mode"]),
            what=f"marked as a false positive: {names}",
            why=f"{reason} (a remark: nothing was changed, so there is nothing to reverse)",
            steps=(Step("show", "See it", where.commands.show(ids[0])),),
        )
    if as_json:
        body = {"ledger": where.title, "marked": ids, "marked_before": before, "record": _to_json(record)}
        say.as_json(say.here("wrong", place.scope) | body)
        return
    say.note(f"{say.heading('wrong', 'no resource is changed', place.scope)} · {where.title}")
    for one, identity in zip(new, ids, strict=True):
        say.line(f"{one['name']}: marked as a false positive ({identity})")
    if before:
        say.line(
            f"{wanted} is marked already." if len(those) == 1 else f"{before} of {len(those)} were marked already."
        )
    say.line(_told(record))


def _list(stack: str | None, ledger: Path | None, as_json: bool) -> None:
    from cli import marking, render, say, session, store
    from functions.registry import GUARDRAILS

    place = session.locate()
    where = store.to_read(place, stack, ledger)
    now = session.now()
    records = [marking.record(where.table, one.name, now) for one in GUARDRAILS]
    newest = {one.name: marking.marks(where.table, one.name)[: -NEWEST - 1 : -1] for one in GUARDRAILS}
    if as_json:
        rows = [_to_json(one) | {"newest": newest[one.guardrail]} for one in records]
        say.as_json(say.here("read-only", place.scope) | {"ledger": where.title, "guardrails": rows})
        return
    say.note(f"{say.heading('wrong', 'read-only', place.scope)} · {where.title}")
    for one in records:
        say.line(_told(one))
        if newest[one.guardrail]:
            cells = [
                (str(mark["at"])[:16].replace("T", " "), str(mark["by"]), str(mark["name"]), str(mark["reason"]))
                for mark in newest[one.guardrail]
            ]
            columns = ("Time (UTC)", "By", "Resource", "Reason")
            render.console().print(render.grid(columns, cells, whole=columns[:1]))


def _told(record: Record) -> str:
    many = "false positives" if record.marked != 1 else "false positive"
    changes = "change" if record.changes == 1 else "changes"
    return (
        f"{record.guardrail}: {record.marked:,} {many} marked so far, {record.lately:,} in the last 30 days, "
        f"in which it made {record.changes:,} {changes}"
    )


def _to_json(record: Record) -> dict[str, object]:
    from dataclasses import asdict

    return asdict(record)

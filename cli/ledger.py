"""fusebox ledger: what was found, done, asked and turned back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from cli import options

if TYPE_CHECKING:
    from cli.store import Store
    from functions.core.ledger import Entry
    from functions.core.types import Scope

ANSWERS = ("approved", "rejected", "timed_out")
"""Results of answers, beside those of actions and findings."""


class Group(TyperGroup):
    """Lists by itself; says where one entry is to be seen when it is given an id."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The subcommand; Refused, in one line, for anything else."""
        from functions.core.types import Refused

        if args and self.get_command(ctx, args[0]) is None:
            raise Refused(f"`fusebox ledger` lists; to see one: fusebox ledger show {args[0]:.80}")
        return super().resolve_command(ctx, args)


app = typer.Typer(cls=Group, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def ledger(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Option("--run", help="The entries of one run.")] = None,
    resource: Annotated[str | None, typer.Option("--resource", help="The entries of one ARN or name.")] = None,
    since: Annotated[str, typer.Option("--since", help="A span (24h, 7d), a date or a time.")] = "7d",
    result: Annotated[
        str | None,
        typer.Option("--result", help="Only what ended so: done, failed, needs_approval, observed, approved, …"),
    ] = None,
    last: Annotated[int, typer.Option("--last", min=0, help="At most so many, the newest; 0 for all.")] = 50,
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what was found, asked, done and undone.

    The newest comes last; without options, what the last seven days brought. `fusebox ledger show ID`
    shows one action, finding or request in full.
    """
    if ctx.invoked_subcommand:
        _must_come_after(ctx)
        return
    from cli import ledger_view, render, say, session, store
    from functions.core.types import Refused

    if run is not None and resource is not None:
        raise Refused("--run and --resource are two ways to choose entries: give one of them")
    place = session.locate()
    where = store.to_read(place, stack, ledger)
    if not as_json:
        say.note(f"{say.heading('ledger', 'read-only', place.scope)} · {where.title}")
    entries = _ended(_entries(where, place.scope, run, resource, since), result)
    if as_json:
        shown = entries[-last:] if last else entries
        body = {"ledger": where.title, "entries": shown, "left_out": len(entries) - len(shown)}
        say.as_json(say.here("read-only", place.scope) | body)
        return
    there = ledger_view.as_table(render.console(), entries, last)
    if last and there > last:
        say.note(f"the newest {last} of {there}; --last 0 shows all")


@app.command("show")
def show(
    wanted: Annotated[
        str, typer.Argument(metavar="ID", help="An action, a finding or a request: its id, or the id's beginning.")
    ],
    stack: options.Stack = None,
    ledger: options.Ledger = None,
    as_json: options.AsJson = False,
) -> None:
    """Show one action, one finding or one request in full, with what followed from it."""
    from cli import entries, ledger_view, render, request_view, say, session, store

    place = session.locate()
    where = store.to_read(place, stack, ledger)
    found = entries.show(where.table, wanted)
    if as_json:
        say.as_json(say.here("read-only", place.scope) | {"ledger": where.title} | found.to_json())
        return
    say.note(f"{say.heading('ledger show', 'read-only', place.scope)} · {where.title}")
    out = render.console()
    if found.request is not None:
        request_view.head(out, found.request)
        request_view.ended(out, found.request, found.items)
    ledger_view.in_full(out, found.entries)


def _must_come_after(ctx: typer.Context) -> None:
    """Refuses options between `ledger` and `show`: they would be for the list, and not heard."""
    from functions.core.types import Refused

    sources = [(one.opts[0], ctx.get_parameter_source(str(one.name))) for one in ctx.command.params]
    early = [option for option, source in sources if source and source.name != "DEFAULT"]
    if early:
        raise Refused(f"{', '.join(early)}: options come after the subcommand: fusebox ledger show ID {early[0]} …")


def _entries(where: Store, scope: Scope, run: str | None, resource: str | None, since: str) -> list[Entry]:
    from cli import chosen, moments, session
    from functions.core import ledger as core
    from functions.registry import GUARDRAILS

    if run:
        return list(core.entries_of_run(where.table, run))
    if resource:
        if resource.startswith("arn:"):
            arns = [chosen.resource(resource, None, scope)[0]]
        else:
            arns = sorted(
                {arn for one in GUARDRAILS for arn in chosen.arns(one, resource, scope)} | _named(resource, scope)
            )
        found = [entry for arn in arns for entry in core.entries_of_resource(where.table, arn)]
        return sorted(found, key=lambda entry: str(entry["at"]))
    now = session.now()
    return list(core.entries_since(where.table, moments.since(since, now), now))


def _named(name: str, scope: Scope) -> set[str]:
    """What the policy calls so, as far as there is one to be read: the ledger is shown whatever is wrong with it."""
    from cli import chosen
    from functions.policy_errors import PolicyError
    from functions.registry import GUARDRAILS

    try:
        found = chosen.policy(None)
    except PolicyError:
        return set()
    return {arn for one in GUARDRAILS for arn in one.spec.known_as(found.guardrails[one.name], name, scope)}


def _ended(entries: list[Entry], result: str | None) -> list[Entry]:
    """The entries with a result, and the intents that ended with it."""
    from functions.core.types import Disposition, Refused

    if result is None:
        return entries
    if result not in {*Disposition, *ANSWERS}:
        raise Refused(f"--result {result!r}: allowed are {', '.join([*Disposition, *ANSWERS])}")
    chosen = {entry.get("action_id") for entry in entries if entry.get("result") == result} - {None}
    return [entry for entry in entries if entry.get("result") == result or entry.get("action_id") in chosen]

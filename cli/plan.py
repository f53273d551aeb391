"""fusebox plan: what Fusebox would do here, without doing any of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from cli.chosen import AnyGuardrail, ChosenPolicy
    from cli.deployment import Lease
    from cli.planning import Plan
    from cli.preflight import Check
    from cli.readonly import ReadOnly
    from cli.session import Place
    from functions.core.table import Table

MODE = "plan (read-only)"


def plan(
    guardrails: Annotated[
        list[str] | None, typer.Argument(metavar="[GUARDRAIL]...", help="Guardrails to plan; all of them by default.")
    ] = None,
    policy: options.Policy = None,
    as_json: options.AsJson = False,
) -> None:
    """Show what would be done here.

    Only reads, and makes no file. Begins with a preflight: which permissions, trail and SDK fields
    are missing, and what therefore cannot be seen. Exits with 1 where a guardrail could not be
    planned.
    """
    from cli import chosen, preflight, say, session
    from cli.readonly import ReadOnly
    from functions.core.clients import Clients

    wanted = chosen.guardrails(guardrails or [])
    settings = chosen.policy(policy)
    clients = Clients(patience=session.PATIENCE)
    permissions = [one for each in wanted for one in each.spec.granted(settings.guardrails[each.name])]
    watch = ReadOnly(clients, permissions)
    place = session.locate(clients)
    deployment, lease = preflight.of_deployment(place)
    checks = [*preflight.of_place(place), deployment, *preflight.of_trail(place, wanted)]
    checks += preflight.of_approvals(settings, wanted)
    plans = []
    for guardrail in wanted:
        found, seen = _of_guardrail(guardrail, settings, place, watch, lease)
        checks += seen
        plans.append(found)
    if as_json:
        rows = [{"subject": one.subject, "state": one.state, "text": one.text} for one in checks]
        body = {"policy": settings.source, "preflight": rows, "plans": [one.to_json() for one in plans]}
        say.as_json(say.here(MODE, place.scope) | body)
    else:
        _show(place, settings, checks, plans)
    if any(one.blind for one in plans):
        raise typer.Exit(trouble.PARTIAL)


def _of_guardrail(
    guardrail: AnyGuardrail, chosen: ChosenPolicy, place: Place, watch: ReadOnly, lease: Lease | None
) -> tuple[Plan, list[Check]]:
    from botocore.exceptions import ClientError

    from cli import llm_preflight, planning, preflight, session, store
    from cli.progress import Progress
    from functions.llm_keys.settings import LlmKeysSettings

    settings: Any = chosen.guardrails[guardrail.name]
    table, caveat = _switches(place, guardrail, lease)
    prefix = store.own_prefix(lease.prefix if lease else chosen.prefix, place.scope)
    account = session.connect(place, guardrail, settings, table, prefix, lasts=False)
    checks = [*preflight.of_sdk(place, guardrail), *preflight.of_reads(guardrail, settings, account, watch)]
    if isinstance(settings, LlmKeysSettings):
        fusebox = llm_preflight.Fusebox(place, prefix.removesuffix("-"), deployed=lease is not None)
        checks += llm_preflight.of_settings(settings, fusebox)
    progress = Progress(f"{guardrail.name}: planning")
    try:
        found = planning.plan(
            guardrail, settings, account, table, own_prefix=prefix, clock=session.now, progress=progress.resources
        )
    except ClientError as error:
        if trouble.code_of(error) not in trouble.DENIED:
            raise
        found = planning.Plan(guardrail.name, settings.mode, blind=trouble.refusal(error))
    finally:
        progress.end()
    if caveat:
        found.notes.append(caveat)
    return found, checks


def _switches(place: Place, guardrail: AnyGuardrail, lease: Lease | None) -> tuple[Table, str]:
    """Where exemptions and pauses are read from, and a remark where they cannot be."""
    from botocore.exceptions import ClientError

    from cli import store
    from functions.core import state
    from functions.core.dynamodb_table import DynamoDBTable

    if lease is None:
        file = store.default_file(place.scope)
        if not file.exists():
            return store.nothing(), ""
        return store.read_only(file, place.scope), f"exemptions and pause: from {file}"
    table = DynamoDBTable(place.clients.get("dynamodb"), lease.table)
    try:
        state.paused(table, guardrail.name)
    except ClientError as error:
        return store.nothing(), f"exemptions and pause are not considered: {trouble.refusal(error)}"
    return table, f"exemptions and pause: from table {lease.table}"


def _show(place: Place, chosen: ChosenPolicy, checks: list[Check], plans: list[Plan]) -> None:
    from cli import plan_view, render, say

    out = render.console()
    out.print(f"{say.heading('plan', 'read-only', place.scope)} · policy: {chosen.source}", style="bold")
    plan_view.preflight(out, checks)
    for one in plans:
        plan_view.plan(out, one)

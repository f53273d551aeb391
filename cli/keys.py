"""fusebox keys: what LLM budgets have spent, and whether their keys are stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import options, trouble

if TYPE_CHECKING:
    from pathlib import Path

    from cli.key_rows import Inventory
    from cli.session import Place

Stack = Annotated[
    str | None, typer.Option("--stack", metavar="NAME", help="The stack; by default the one deployed here.")
]


def keys(policy: options.Policy = None, stack: Stack = None, as_json: options.AsJson = False) -> None:
    """Show budgets, what their sources say is spent, keys, and credentials that no budget covers.

    The deployed function answers: it alone may read the providers' admin credentials. Where there is
    none, it says so, and shows what the policy says. Exits with 1 where a key of an open budget is not
    stopped, or something is not known.
    """
    from dataclasses import asdict

    from cli import keys_view, render, say, session
    from functions.core.commands import Commands

    place = session.locate()
    named, inventory = _inventory(place, stack, policy)
    problems = inventory.problems
    if as_json:
        say.as_json(say.here("read-only", place.scope) | {"stack": named, **asdict(inventory), "problems": problems})
    else:
        say.note(f"{say.heading('keys', 'read-only', place.scope)} · {f'stack {named}' if named else 'policy'}")
        if inventory.missing:
            say.line(f"Nothing but the policy is known: {inventory.missing}.")
        keys_view.show(render.console(), inventory)
        for one in inventory.budgets:
            if one.state == "open":
                say.line(f"To have it closed: {Commands(f'--stack {named}').override(one.name)}")
    if problems:
        raise typer.Exit(trouble.PARTIAL)


def _inventory(place: Place, stack: str | None, policy: Path | None) -> tuple[str, Inventory]:
    """The name of the stack that was asked, "" for none, and what it told, or else the policy says."""
    from botocore.exceptions import ClientError

    from cli import chosen, deployment, key_inventory
    from functions.core.types import Refused

    named, missing = stack or "", ""
    if not stack:
        try:
            found = deployment.lease(place)
            named = found.stack if found else ""
            here = f"account {place.scope.account}, Region {place.scope.region}"
            missing = "" if found else f"no Fusebox is deployed in {here}, so nobody watches these budgets"
        except (ClientError, Refused) as error:
            missing = f"it cannot be told whether a Fusebox is deployed here ({trouble.explain(error)})"
    if named:
        deployed = deployment.of_stack(place, named)
        try:
            return named, key_inventory.ask(place, deployed)
        except Refused as error:
            missing = str(error)
    return named, key_inventory.by_policy(chosen.policy(policy).guardrails["llm_keys"], missing)

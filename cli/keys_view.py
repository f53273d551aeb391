"""Budgets, sources and keys as people read them."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from cli import render
from cli.key_rows import BudgetRow, CredentialRow, Inventory, KeyRow
from functions.core.notice import dollars

NOT_KNOWN = "?"
LONGEST_ID = 24
"""Characters of an id that are shown whole; `--json` has all of it."""
BUDGETS = ("Budget", "Period", "Spent", "Of", "%", "Breaker", "Since (UTC)", "Opens at", "Until (UTC)")
SOURCES = ("Budget", "Source", "Spent", "Behind by", "Not read because")
KEYS = (
    "Key",
    "Kind",
    "Id",
    "Provider",
    "State",
    "Held by",
    "In budgets",
    "Same key again",
    "Tried",
    "Not known because",
)
UNCOVERED = ("Kind", "Id", "Name", "Note")


def show(out: Console, inventory: Inventory) -> None:
    """Budgets, their sources, keys, what no budget covers, what bills on, and what is not as it should be.

    Nothing of it is a secret: ids and names alone were ever read.
    """
    if not inventory.budgets:
        out.print("There are no budgets: llm_keys stops nothing.")
    else:
        _budgets(out, inventory.budgets)
        out.print()
        _sources(out, inventory.budgets)
    if inventory.keys:
        out.print()
        _keys(out, inventory.keys)
    if inventory.uncovered:
        out.print("\nNo budget covers these, so nothing ever stops them:", style="bold")
        _uncovered(out, inventory.uncovered)
    for text in inventory.going_on:
        out.print(f"Goes on billing after a stop: {text}", soft_wrap=True)
    for text in inventory.unstoppable:
        out.print(f"Out of reach: {text}", soft_wrap=True)
    if inventory.problems and not inventory.missing:
        out.print("\nNot as it should be, or not known:", style="bold")
        for text in inventory.problems:
            out.print(f"  {text}", soft_wrap=True)


def short_id(id: str) -> str:
    """An id as a table shows it: of an ARN its last part, of a long one both ends."""
    if id.startswith("arn:"):
        id = id.split(":", 5)[-1].removeprefix("secret:")
    return id if len(id) <= LONGEST_ID else f"{id[:12]}…{id[-6:]}"


def _budgets(out: Console, budgets: Sequence[BudgetRow]) -> None:
    rows = [
        (
            one.name,
            one.period,
            _money(one.spent),
            dollars(one.amount),
            NOT_KNOWN if one.spent is None else f"{100 * one.spent / one.amount:,.0f}",
            one.state.upper() if one.state == "open" else one.state,
            _minute(one.since),
            "no limit" if one.ceiling is None else dollars(one.ceiling),
            _minute(one.until),
        )
        for one in budgets
    ]
    whole = ("Period", "Breaker", "Since (UTC)")
    out.print(render.grid(BUDGETS, rows, right=("Spent", "Of", "%", "Opens at"), whole=whole))
    for one in budgets:
        if one.why:
            out.print(f"{one.name}: {one.why}", soft_wrap=True)


def _sources(out: Console, budgets: Sequence[BudgetRow]) -> None:
    rows = [
        (budget.name, one.kind, _money(one.spent), one.lag, one.trouble) for budget in budgets for one in budget.sources
    ]
    out.print(render.grid(SOURCES, rows, right=("Spent",), whole=("Source",)))


def _keys(out: Console, keys: Sequence[KeyRow]) -> None:
    lasting = any(not one.same_key for one in keys)
    rows = [
        (
            one.name,
            one.kind,
            short_id(one.id),
            one.provider,
            one.state,
            ", ".join(one.held_by),
            ", ".join(one.budgets),
            ("yes" if one.same_key else "NO") if lasting else "",
            one.probe,
            one.trouble,
        )
        for one in keys
    ]
    # Most columns are empty most of the time, and a terminal is narrow.
    filled = [at for at in range(len(KEYS)) if any(row[at] for row in rows)]
    columns, cells = [KEYS[at] for at in filled], [[row[at] for at in filled] for row in rows]
    out.print(render.grid(columns, cells, whole=("Key", "Kind", "State")))
    for kind, caveat in {one.kind: one.caveat for one in keys if one.caveat}.items():
        out.print(f"{kind}: {caveat}", soft_wrap=True)


def _uncovered(out: Console, uncovered: Sequence[CredentialRow]) -> None:
    rows = [(one.kind, short_id(one.id), one.name, one.note) for one in uncovered]
    out.print(render.grid(UNCOVERED, rows, whole=("Kind",)))


def _money(amount: float | None) -> str:
    return NOT_KNOWN if amount is None else dollars(amount)


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")

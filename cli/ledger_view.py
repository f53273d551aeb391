"""Ledger entries as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rich.console import Console

from cli import render
from cli.say import change, dollars
from functions.core import ledger
from functions.core.ledger import Entry

RUN_WIDTH = len("20260101T000000-abcdef")
COLUMNS = ("Time (UTC)", "Guardrail", "Mode", "What", "Result", "$/month", "Resource", "Id")


def as_table(out: Console, entries: Sequence[Entry], last: int) -> int:
    """One row for each finding and action, an action's outcome in the row of its intent.

    Shows the newest `last` of them (0: all); returns how many there are.
    """
    rows = list(_rows(entries))
    if not rows:
        out.print("No entries.")
        return 0
    whole = ("Time (UTC)", "Guardrail", "Mode", "What", "Result", "Id")
    out.print(render.grid(COLUMNS, rows[-last:], right=("$/month",), whole=whole))
    return len(rows)


def in_full(out: Console, entries: Iterable[Entry]) -> None:
    """Everything recorded, entry by entry."""
    for entry in entries:
        out.print(f"{entry['kind']} at {entry['at']}", style="bold")
        for key, value in entry.items():
            if key in ("kind", "at") or value in ("", {}, []):
                continue
            shown = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
            out.print(f"  {key:<10} {shown}", soft_wrap=True)


def _rows(entries: Sequence[Entry]) -> Iterable[tuple[str, ...]]:
    outcomes = {entry["action_id"]: entry for entry in entries if entry["kind"] == ledger.OUTCOME}
    begun = {entry["action_id"] for entry in entries if entry["kind"] in (ledger.INTENT, ledger.UNDO)}
    for entry in entries:
        identity = str(entry.get("action_id", ""))
        if entry["kind"] == ledger.OUTCOME:
            if identity not in begun:
                yield _row(entry, "outcome", str(entry["result"]), identity)
        elif entry["kind"] == ledger.FINDING:
            yield _row(entry, _what(entry), str(entry["result"]), f"run {entry['run']}")
        else:
            ended = outcomes.get(entry["action_id"])
            undo = "undo: " if entry["kind"] == ledger.UNDO else ""
            yield _row(entry, undo + _what(entry), str(ended["result"]) if ended else "open", identity)


def _row(entry: Entry, what: str, result: str, identity: str) -> tuple[str, ...]:
    time, saving = str(entry["at"])[:19].replace("T", " "), float(str(entry.get("saving", 0.0)))
    mode, name = str(entry.get("mode", "")), str(entry["name"])
    return (time, str(entry["guardrail"]), mode, what, result, dollars(saving) if saving else "", name, identity)


def _what(entry: Entry) -> str:
    action = entry.get("action")
    if not isinstance(action, dict):
        return str(entry["verdict"])
    parameters, prior = action["parameters"], action["prior"]
    assert isinstance(parameters, dict)
    assert isinstance(prior, dict)
    return change(parameters, prior)

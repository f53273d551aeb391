"""Ledger entries as people read them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from rich.console import Console

from cli import render
from functions.core import ledger
from functions.core.ledger import Entry
from functions.core.notice import change_in_words, dollars
from functions.core.types import Json

RUN_WIDTH = len("20260101T000000-abcdef")
WHAT_WIDTH = 80
"""Characters of a change in the table; `fusebox ledger show ID` has the whole."""
ABOUT_REQUESTS = (ledger.QUESTION, ledger.ANSWER)
COLUMNS = ("Time (UTC)", "Guardrail", "Mode", "What", "Result", "$/month", "Resource", "Id")


def as_table(out: Console, entries: Sequence[Entry], last: int) -> int:
    """One row for each finding, action, question and answer; an action's outcome is in the row of its intent.

    Shows the newest `last` of them (0: all); returns how many there are.
    """
    rows = list(_rows(entries))
    if not rows:
        out.print("No entries.")
        return 0
    whole = ("Time (UTC)", "Guardrail", "Mode", "Result", "Id")
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
            # Findings of version 0.1.0 have no id.
            yield _row(entry, _what(entry), str(entry["result"]), str(entry.get("finding_id") or f"run {entry['run']}"))
        elif entry["kind"] == ledger.QUESTION:
            yield _row(entry, _asks(entry), "asked", str(entry["run"]))
        elif entry["kind"] == ledger.ANSWER:
            yield _row(entry, f"answer by {who(entry['by'])}, {entry['how']}", str(entry["result"]), str(entry["run"]))
        elif entry["kind"] == ledger.WRONG:
            yield _row(entry, f"marked by {who(entry['by'])}", "false positive", str(entry["marks"]))
        else:
            ended = outcomes.get(entry["action_id"])
            undo = "undo: " if entry["kind"] == ledger.UNDO else ""
            yield _row(entry, undo + _what(entry), str(ended["result"]) if ended else "open", identity)


def _row(entry: Entry, what: str, result: str, identity: str) -> tuple[str, ...]:
    time, saving = str(entry["at"])[:19].replace("T", " "), float(str(entry.get("saving", 0.0)))
    # A request's entries have its id already.
    what = what if len(what) <= WHAT_WIDTH else what[: WHAT_WIDTH - 1] + "…"
    mode, name = str(entry.get("mode", "")), "" if entry["kind"] in ABOUT_REQUESTS else str(entry["name"])
    return (time, str(entry["guardrail"]), mode, what, result, dollars(saving) if saving else "", name, identity)


def who(by: Json) -> str:
    """Who somebody is: of an ARN the part that tells people apart."""
    return str(by).rsplit(":", 1)[-1]


def _asks(entry: Entry) -> str:
    count, lasting = entry["count"], entry["irreversible"]
    return f"asks about {count}" + (f", {lasting} for good" if lasting else "")


def _what(entry: Entry) -> str:
    action = entry.get("action")
    if not isinstance(action, dict):
        return str(entry["verdict"])
    parameters, prior = action["parameters"], action["prior"]
    assert isinstance(parameters, dict)
    assert isinstance(prior, dict)
    return change_in_words(parameters, prior)

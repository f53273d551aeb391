"""Finds the actions that the ledger recorded, and says which of them can be turned back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from functions.core import ledger
from functions.core.ledger import Entry
from functions.core.table import Table
from functions.core.types import Disposition, Refused

RUN_DAY = len("20260101")


@dataclass(frozen=True, slots=True)
class Recorded:
    """An action as the ledger holds it: its intent, and its outcome once there is one."""

    intent: Entry
    outcome: Entry | None

    @property
    def id(self) -> str:
        return str(self.intent["action_id"])

    @property
    def resource(self) -> str:
        return str(self.intent["resource"])

    @property
    def name(self) -> str:
        return str(self.intent["name"])


def find(table: Table, wanted: str) -> list[Recorded]:
    """The recorded actions whose id begins with `wanted`, which names at least the day of the run."""
    run, dot, _ = wanted.partition(".")
    if dot:
        entries = ledger.entries_of_run(table, run)
    else:
        try:
            day = datetime.strptime(wanted[:RUN_DAY], "%Y%m%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise Refused(f"{wanted!r} is no action id; one looks like 20260131T180000-1a2b3c.0123456789") from error
        # A run that began before midnight may have acted after it.
        entries = ledger.entries_since(table, day, day + timedelta(days=1))
    intents: dict[str, Entry] = {}
    outcomes: dict[str, Entry] = {}
    for entry in entries:
        identity = str(entry.get("action_id", ""))
        if identity.startswith(wanted):
            (outcomes if entry["kind"] == ledger.OUTCOME else intents)[identity] = entry
    return [Recorded(intent, outcomes.get(identity)) for identity, intent in intents.items()]


def find_one(table: Table, wanted: str) -> Recorded:
    """The one recorded action that `wanted` names; Refused where it names none or several."""
    found = find(table, wanted)
    if not found:
        raise Refused(f"the ledger holds no action {wanted}; `fusebox ledger` shows the ids")
    if len(found) > 1:
        raise Refused(f"{wanted} names {len(found)} actions, for example {found[0].id}: give more of the id")
    return found[0]


def check_undoable(recorded: Recorded, table: Table) -> None:
    """Refused, with why, where the ledger says that there is nothing to turn back."""
    if recorded.intent["kind"] == ledger.UNDO:
        raise Refused(f"{recorded.id} is itself an undo; end the resource's exemption to let Fusebox act on it again")
    if recorded.outcome is None:
        raise Refused(f"{recorded.id} has no outcome yet: it is under way, or the next sweep settles it")
    if recorded.outcome["result"] != Disposition.DONE:
        raise Refused(f"{recorded.id} changed nothing ({_ended(recorded.outcome)}), so there is nothing to undo")
    results: dict[str, str] = {}
    for entry in ledger.entries_of_resource(table, recorded.resource):
        if entry.get("undoes") != recorded.id:
            continue
        identity = str(entry["action_id"])
        results[identity] = str(entry["result"]) if entry["kind"] == ledger.OUTCOME else results.get(identity, "")
    for identity, result in results.items():
        if result == Disposition.DONE:
            raise Refused(f"{recorded.id} was already undone by {identity}")
        if not result:
            raise Refused(f"{recorded.id} is being undone by {identity}, which has no outcome yet")


def _ended(outcome: Entry) -> str:
    return f"{outcome['result']}: {outcome['detail']}" if outcome["detail"] else str(outcome["result"])

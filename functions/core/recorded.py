"""Finds the actions that the ledger recorded, and says which of them can be turned back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from functions.core import ledger
from functions.core.ledger import Entry
from functions.core.table import Table
from functions.core.types import Action, Disposition, Refused

SETTLED = "settled after a crash"
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
    def settled(self) -> bool:
        """Whether its outcome was found by looking, after a crash: someone else may have made the change."""
        return self.outcome is not None and str(self.outcome["detail"]).startswith(SETTLED)

    @property
    def name(self) -> str:
        return str(self.intent["name"])

    @property
    def change(self) -> Action:
        """The action with the values that it wrote in the end."""
        action = ledger.action_of(self.intent)
        wrote = self.outcome.get("wrote") if self.outcome is not None else None
        return replace(action, parameters=wrote) if isinstance(wrote, dict) else action


def find(table: Table, wanted: str) -> list[Recorded]:
    """The recorded actions whose id begins with `wanted`, which names at least the day of the run."""
    intents: dict[str, Entry] = {}
    outcomes: dict[str, Entry] = {}
    for entry in named(table, wanted):
        if "action_id" in entry:
            (outcomes if entry["kind"] == ledger.OUTCOME else intents)[str(entry["action_id"])] = entry
    return [Recorded(intent, outcomes.get(identity)) for identity, intent in intents.items()]


def named(table: Table, wanted: str) -> Iterator[Entry]:
    """What was recorded of the actions and findings whose id begins with `wanted`, in the order of time."""
    run, dot, _ = wanted.partition(".")
    if dot:
        entries = ledger.entries_of_run(table, run)
    else:
        try:
            day = datetime.strptime(wanted[:RUN_DAY], "%Y%m%d").replace(tzinfo=UTC)
        except ValueError as error:
            raise Refused(f"{wanted!r} is no ledger id; one looks like 20260131T180000-1a2b3c.0123456789") from error
        # A run that began before midnight may have acted after it.
        entries = ledger.entries_since(table, day, day + timedelta(days=1))
    yield from (entry for entry in entries if ledger.identity_of(entry).startswith(wanted))


def of_resource(table: Table, resource: str, action_id: str) -> Recorded | None:
    """One action of a resource, read consistently; None where the ledger does not hold it."""
    entries = [one for one in ledger.entries_of_resource(table, resource) if one.get("action_id") == action_id]
    outcomes = [one for one in entries if one["kind"] == ledger.OUTCOME]
    intents = [one for one in entries if one["kind"] in (ledger.INTENT, ledger.UNDO)]
    return Recorded(intents[0], outcomes[0] if outcomes else None) if intents else None


def undone_by(recorded: Recorded, table: Table) -> str:
    """The id of the undo that has turned an action back, or ""."""
    return next(
        (
            str(other["action_id"])
            for other, result in _others(recorded, table)
            if other.get("undoes") == recorded.id and result == Disposition.DONE
        ),
        "",
    )


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
    for other, result in _others(recorded, table):
        undoes, identity = other.get("undoes") == recorded.id, str(other["action_id"])
        if not result:
            what = "is being undone by" if undoes else "was followed by"
            raise Refused(f"{recorded.id} {what} {identity}, which has no outcome yet")
        if result == Disposition.DONE and undoes:
            raise Refused(f"{recorded.id} was already undone by {identity}")
        if result == Disposition.DONE:
            raise Refused(
                f"{recorded.name} is no longer as {recorded.id} left it: a later action {identity} changed it"
            )


def _others(recorded: Recorded, table: Table) -> list[tuple[Entry, str]]:
    """The actions on the resource since, undos among them, each with its result or ""."""
    entries = list(ledger.entries_of_resource(table, recorded.resource))
    results = {entry["action_id"]: str(entry["result"]) for entry in entries if entry["kind"] == ledger.OUTCOME}
    later = [
        entry
        for entry in entries
        if entry["kind"] in (ledger.INTENT, ledger.UNDO) and str(entry["at"]) > str(recorded.intent["at"])
    ]
    return [(entry, results.get(entry["action_id"], "")) for entry in sorted(later, key=lambda one: str(one["at"]))]


def _ended(outcome: Entry) -> str:
    return f"{outcome['result']}: {outcome['detail']}" if outcome["detail"] else str(outcome["result"])

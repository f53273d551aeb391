"""What a guardrail remembers from one look at a resource to the next: its standing change, and notes of its own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from functions.core import ledger
from functions.core.recorded import Recorded
from functions.core.state import parse_moment
from functions.core.table import Row, Table
from functions.core.types import Disposition, Json, Refused

TRIES = 12
Note = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Standing:
    """The last change that Fusebox made to a resource and that nobody has turned back.

    `wrote` holds the values as it left them, `prior` those from before it, both under the same keys; `since` says
    from when each of them stands.
    """

    action_id: str
    kind: str
    at: datetime
    wrote: Mapping[str, Json]
    prior: Mapping[str, Json]
    terms: Mapping[str, Json]
    since: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Memory:
    """What the table holds for one guardrail, by resource. Where it does not last, as in a plan, nothing is noted."""

    table: Table
    guardrail: str
    sleep: Callable[[float], None] = time.sleep
    lasts: bool = True

    def standing(self, resource: str, identity: str) -> Standing | None:
        """The change that stands, from the ledger, or None; one whose outcome is not known yet stands not.

        `identity` keeps changes of a predecessor of the same name out.
        """
        standing: Standing | None = None
        for one in self._done(resource, identity):
            standing = None if one.intent["kind"] == ledger.UNDO else _on_top(standing, one)
        return standing

    def last_written(self, resource: str, identity: str, key: str) -> Json:
        """The value that the last change of a key left, an undo being one too; None where none was made or left."""
        changes = [one.change.parameters for one in self._done(resource, identity)]
        return next((values[key] for values in reversed(changes) if key in values), None)

    def changes(self, resource: str, identity: str) -> list[Recorded]:
        """The guardrail's changes of a resource, and their undos, in the order of time; those with an outcome."""
        entries = [one for one in ledger.entries_of_resource(self.table, resource) if one.get("action_id")]
        mine = [
            one for one in entries if one["guardrail"] == self.guardrail and one.get("identity", identity) == identity
        ]
        outcomes = {str(one["action_id"]): one for one in mine if one["kind"] == ledger.OUTCOME}
        ended = [
            Recorded(one, outcomes[str(one["action_id"])])
            for one in mine
            if one["kind"] in (ledger.INTENT, ledger.UNDO) and str(one["action_id"]) in outcomes
        ]
        return sorted(ended, key=lambda each: str(each.intent["at"]))

    def notes(self, resources: Sequence[str]) -> dict[str, Note]:
        """The notes kept of some resources, by resource."""
        return {row.sk: row.body for row in self.table.get([self._key(one) for one in resources]).values()}

    def memos(self, resources: Sequence[str]) -> dict[str, Note]:
        """What decisions left to be known while what they found lasts, by resource; only of what is over."""
        key = episodes_of(self.guardrail)
        rows = self.table.get([(key, one) for one in resources]).values()
        return {row.sk: memo for row in rows if row.body["over"] and isinstance(memo := row.body.get("memo"), dict)}

    def note(self, resource: str, change: Callable[[Note], Note], until: datetime) -> None:
        """Changes the note of a resource, whoever else does so at the same time; it may go after `until`.

        `change` gets the present note ({} for none) and must not alter it; the same note again is not written.
        """
        if not self.lasts:
            return
        key = self._key(resource)
        for attempt in range(TRIES):
            if attempt:
                # A burst of events notes one resource many times at once: not all in step.
                self.sleep(random.uniform(0.01, 0.02 * 2 ** min(attempt, 5)))  # noqa: S311 - no secret
            row = self.table.get([key]).get(key) or Row(*key, {}, version=0)
            body = change(row.body)
            if body == row.body:
                return
            new = Row(*key, body, version=row.version + 1, expires=int(until.timestamp()))
            if not self.table.write([(new,)]):
                return
        raise Refused(f"{resource}: too many write its note at once; the event is to be tried again")

    def _done(self, resource: str, identity: str) -> list[Recorded]:
        ended = self.changes(resource, identity)
        return [one for one in ended if one.outcome is not None and one.outcome["result"] == Disposition.DONE]

    def _key(self, resource: str) -> tuple[str, str]:
        return (notes_of(self.guardrail), resource)


def _on_top(standing: Standing | None, one: Recorded) -> Standing:
    """What stands after one action more."""
    change, at = one.change, parse_moment(one.intent["at"])
    before, stood = (standing.wrote, standing.since) if standing is not None else ({}, {})
    kept = {key: stood[key] for key, value in change.parameters.items() if key in stood and before[key] == value}
    since = {key: kept.get(key, at) for key in change.parameters}
    return Standing(one.id, change.kind, at, change.parameters, change.prior, change.terms, since)


def notes_of(guardrail: str) -> str:
    """The partition of a guardrail's notes."""
    return f"state#notes#{guardrail}"


def episodes_of(guardrail: str) -> str:
    """The partition that holds what a guardrail finds that comes and goes."""
    return f"state#episodes#{guardrail}"

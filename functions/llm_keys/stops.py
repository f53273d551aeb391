"""What of a key is as Fusebox's stop left it, value by value, and what each value was before.

A key may have many values (an OpenAI project has limits for each model), and a stop may break off between two of
them, or be made again when a model was added. So each value is kept by itself: what it was before any stop of Fusebox
that was not given back (field report F13).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from functions.core import ledger
from functions.core.recorded import Recorded
from functions.core.state import parse_moment
from functions.core.types import Disposition, Json

STOP, RESTORE = "stop", "restore"
"""The kinds of action on a key."""


@dataclass(frozen=True, slots=True)
class Stop:
    """The stops of a key that were not given back: when the last of them began, what they wrote, what was before."""

    at: datetime
    wrote: Mapping[str, Json]
    prior: Mapping[str, Json]

    def before(self, values: Mapping[str, Json]) -> dict[str, Json]:
        """What was before, of those among the present values that are still as the stop left them."""
        return {key: self.prior[key] for key, value in values.items() if key in self.prior and value == self.wrote[key]}


def stop_in(changes: Iterable[Recorded], since: datetime) -> Stop | None:
    """The stop that stands after the changes since a moment, which come in the order of time; None where none does.

    One that broke off counts as far as it went. One that surely changed nothing does not: a key that somebody has
    stopped by hand, because Fusebox could not, is that person's to give back.
    """
    at: datetime | None = None
    wrote: dict[str, Json] = {}
    prior: dict[str, Json] = {}
    for one in changes:
        if parse_moment(one.intent["at"]) < since:
            continue
        change = one.change
        if one.intent["kind"] == ledger.UNDO or change.kind != STOP:
            if _done(one):
                for key in change.parameters:
                    wrote.pop(key, None)
                    prior.pop(key, None)
        elif _done(one) or _broken_off(one):
            at = parse_moment(one.intent["at"])
            changed = {key: value for key, value in change.parameters.items() if value != change.prior.get(key)}
            wrote |= changed
            prior |= {key: change.prior.get(key) for key in changed}
    return None if at is None or not wrote else Stop(at, wrote, prior)


def _done(one: Recorded) -> bool:
    return one.outcome is not None and one.outcome["result"] == Disposition.DONE


def _broken_off(one: Recorded) -> bool:
    """Whether a crash, or an answer that never came, left open how far it went, or the policy forgot the key then."""
    return one.settled and one.outcome is not None and one.outcome["result"] in (Disposition.CHANGED, Disposition.GONE)

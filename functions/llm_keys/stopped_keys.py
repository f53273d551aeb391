"""The note of what Fusebox has stopped and not given back.

Only what stands in it is given back. So a key that somebody has taken back into his hands stays as he leaves it: once
it was seen to work again while nothing held it, it is Fusebox's no longer, and whoever stops it then stops it himself.
The note also tells of a key that is to be given back and that the policy no longer names.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.core import claims
from functions.core.memory import Memory, Note
from functions.core.state import parse_moment
from functions.core.types import Json, Scope, iso
from functions.llm_keys.arns import stopped_arn
from functions.llm_keys.facts import KeyFacts

REMEMBERED = timedelta(days=3650)
TOLD_FOR = timedelta(days=30)
"""How long after its stop it is told that a key is to be given back and no longer in the policy."""


@dataclass(frozen=True, slots=True)
class StoppedKeys:
    """Keys by ARN, each with its name, since when it stands there, and when it was last noted."""

    memory: Memory
    scope: Scope
    clock: Callable[[], datetime]

    def names(self) -> dict[str, str]:
        """The names of the keys, by ARN."""
        return {arn: str(entry["name"]) for arn, entry in self._entries().items()}

    def forgotten(self, known: Collection[str]) -> list[str]:
        """The names of keys that were stopped lately, and are not among the `known` of the policy any more."""
        from_then = self.clock() - TOLD_FOR
        entries = sorted(self._entries().items())
        return [str(one["name"]) for arn, one in entries if arn not in known and parse_moment(one["at"]) > from_then]

    def since(self) -> dict[str, datetime]:
        """From when on the stops of the keys count, by ARN: those before were given back by hand."""
        return {arn: parse_moment(entry["since"]) for arn, entry in self._entries().items()}

    def add(self, stopped: Iterable[KeyFacts]) -> None:
        """Notes keys before they are stopped: a crash after the stop must not make a key forgotten."""
        now = self.clock()
        # The intents of these very stops were written a moment ago.
        since = iso(now - claims.URGENT_CLAIM_LASTS)
        names = {one.arn: one.key.name for one in stopped}

        def entry(arn: str, before: Json) -> Json:
            kept = before["since"] if isinstance(before, Mapping) else since
            return {"name": names[arn], "since": kept, "at": iso(now)}

        if names:
            self._change(lambda note: {**note, **{arn: entry(arn, note.get(arn)) for arn in names}})

    def remove(self, given_back: Collection[str]) -> None:
        """Forgets keys that were given back."""
        if given_back:
            self._change(lambda note: {arn: entry for arn, entry in note.items() if arn not in given_back})

    def release(self, found: Iterable[KeyFacts]) -> None:
        """Forgets what nothing holds and somebody else has given back, or changed, since Fusebox stopped it.

        What another run is just about to stop, or has stopped since this look, stays.
        """
        free = {one.arn: one for one in found if one.noted and one.values is not None and not (one.holds or one.before)}
        if not free:
            return
        busy = claims.current(self.memory.table, self.memory.guardrail, free)
        left = {arn: one for arn, one in free.items() if arn not in busy or busy[arn].body["done_at"] is not None}

        def stays(arn: str, entry: Json) -> bool:
            return arn not in left or (isinstance(entry, Mapping) and parse_moment(entry["at"]) >= left[arn].read_at)

        if left:
            self._change(lambda note: {arn: entry for arn, entry in note.items() if stays(arn, entry)})

    def _entries(self) -> dict[str, Mapping[str, Json]]:
        arn = stopped_arn(self.scope)
        note = self.memory.notes([arn]).get(arn, {})
        return {key: entry for key, entry in note.items() if isinstance(entry, Mapping)}

    def _change(self, change: Callable[[Note], Note]) -> None:
        self.memory.note(stopped_arn(self.scope), change, self.clock() + REMEMBERED)

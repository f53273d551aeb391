"""A table and a provider that break when told, and watch that no rule is broken meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from functions.core.table import Group, Index, Key, Row, Table
from functions.llm_keys.keys import Key as LlmKey
from functions.llm_keys.providers.provider import Values
from tests.unit.llm_keys.office import Desk


@dataclass
class Died(SystemExit):
    """The function's process ends, wherever it was."""


@dataclass
class BrittleTable:
    """A table at whose `dies_at`-th write from now the function dies, before it or, with `after`, right after it."""

    table: Table
    dies_at: int = 0
    after: bool = False
    writes: int = 0

    def get(self, keys: Sequence[Key]) -> dict[Key, Row]:
        return self.table.get(keys)

    def write(self, groups: Sequence[Group]) -> list[int]:
        self.writes += 1
        dies = self.dies_at > 0 and self.writes == self.dies_at
        if dies and not self.after:
            raise Died
        lost = self.table.write(groups)
        if dies:
            raise Died
        return lost

    def query(self, pk: str, *, prefix: str = "") -> Iterator[Row]:
        return self.table.query(pk, prefix=prefix)

    def query_index(self, index: Index, value: str, *, since: str = "") -> Iterator[Row]:
        return self.table.query_index(index, value, since=since)

    def delete(self, key: Key, version: int) -> bool:
        return self.table.delete(key, version)

    def breaks(self, at: int, *, after: bool) -> None:
        """Lets the function die soon."""
        self.dies_at, self.after, self.writes = at, after, 0

    def mends(self) -> None:
        """Lets it live."""
        self.dies_at = 0


@dataclass
class WatchedDesk(Desk):
    """A desk that shows each write before it is made to `watch`, and remembers whose doing a state is.

    `ours` are keys that Fusebox has stopped and nobody has given back since.
    """

    watch: Callable[[LlmKey, Values], None] = lambda key, values: None
    ours: set[str] = field(default_factory=set)

    def write(self, key: LlmKey, values: Values) -> None:
        self.watch(key, values)
        before = self.status.get(key.id)
        try:
            super().write(key, values)
        finally:
            now = self.status.get(key.id)
            if now != before:
                (self.ours.add if now == "inactive" else self.ours.discard)(key.name)

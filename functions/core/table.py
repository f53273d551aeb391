"""The one table behind ledger and state, as its users see it; DynamoDB deployed, SQLite on a laptop.

A row is a key, a version and a JSON body. The only condition either store must offer is "the row
still has the version I read" (0: it does not exist), which is enough for an append-only ledger,
single-flight leases, claims and the atomic cap.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from functions.core.types import Json

Key = tuple[str, str]
Index = Literal["listing", "day"]
SHARDS = 8
"""Index partitions are spread over this many keys, so that one busy run or day is no hot partition."""


@dataclass(slots=True)
class Row:
    """One row. `version` is the version this row will have once written; 1 must not exist before.

    `listing` and `day` are the partitions under which the two indexes show it, `at` the sort key of
    both; `expires` (epoch seconds) lets DynamoDB's TTL remove it. Nobody changes a row once it is made;
    it is not frozen because a sweep makes tens of thousands, and that would double their cost.
    """

    pk: str
    sk: str
    body: dict[str, Json]
    version: int = 1
    listing: str = ""
    day: str = ""
    at: str = ""
    expires: int = 0

    @property
    def key(self) -> Key:
        return (self.pk, self.sk)


Group = tuple[Row, ...]


class Table(Protocol):
    """Reads are consistent, except through an index."""

    def get(self, keys: Sequence[Key]) -> dict[Key, Row]:
        """The rows that exist among `keys`."""

    def write(self, groups: Sequence[Group]) -> list[int]:
        """Writes each group wholly or not at all; returns the positions of the groups that lost.

        A group loses when any of its rows is no longer at the version before the one to be written.
        One lost group never takes another with it.
        """

    def query(self, pk: str, *, prefix: str = "") -> Iterator[Row]:
        """The rows of one partition in the order of their sort key."""

    def query_index(self, index: Index, value: str, *, since: str = "") -> Iterator[Row]:
        """The rows of one index partition in the order of `at`, from `since` on."""

    def delete(self, key: Key, version: int) -> bool:
        """Removes a state row if it still has `version`; says whether it did."""


def shard_of(value: str) -> int:
    """The index shard of a resource: stable over processes and Python versions."""
    return zlib.crc32(value.encode()) % SHARDS

"""The table as a local SQLite file: for runs from cron or a pipeline with nothing deployed."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from functions.core.table import Group, Index, Key, Row
from functions.core.types import COMPACT

SCHEMA = """
CREATE TABLE IF NOT EXISTS rows (
    pk TEXT NOT NULL, sk TEXT NOT NULL, body TEXT NOT NULL, version INTEGER NOT NULL,
    listing TEXT NOT NULL, day TEXT NOT NULL, at TEXT NOT NULL, expires INTEGER NOT NULL,
    PRIMARY KEY (pk, sk)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS by_listing ON rows (listing, at) WHERE listing != '';
CREATE INDEX IF NOT EXISTS by_day ON rows (day, at) WHERE day != '';
"""
INDEX_QUERY = {
    "listing": "SELECT * FROM rows WHERE listing = ? AND listing != '' AND at >= ? ORDER BY at, sk",
    "day": "SELECT * FROM rows WHERE day = ? AND day != '' AND at >= ? ORDER BY at, sk",
}
BUSY_SECONDS = 30.0
KEYS_AT_ONCE = 200


class SqliteTable:
    """See `Table`. Several processes may share the file, and threads this object; each write is one transaction."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        self._turn = threading.RLock()
        self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(SCHEMA)

    def get(self, keys: Sequence[Key]) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[start : start + KEYS_AT_ONCE]
            with self._turn:
                records = self._db.execute(_among("rows.*", len(some)), _flat(some)).fetchall()
            for record in records:
                row = _row(record)
                found[row.key] = row
        return found

    def write(self, groups: Sequence[Group]) -> list[int]:
        with self._turn:
            return self._write(groups)

    def query(self, pk: str, *, prefix: str = "") -> Iterator[Row]:
        with self._turn:
            asked = "SELECT * FROM rows WHERE pk = ? AND sk >= ? ORDER BY sk"
            records = self._db.execute(asked, (pk, prefix)).fetchall()
        for record in records:
            row = _row(record)
            if not row.sk.startswith(prefix):
                return
            yield row

    def query_index(self, index: Index, value: str, *, since: str = "") -> Iterator[Row]:
        with self._turn:
            records = self._db.execute(INDEX_QUERY[index], (value, since)).fetchall()
        yield from map(_row, records)

    def delete(self, key: Key, version: int) -> bool:
        with self._turn:
            done = self._db.execute("DELETE FROM rows WHERE pk = ? AND sk = ? AND version = ?", (*key, version))
            return done.rowcount == 1

    def _write(self, groups: Sequence[Group]) -> list[int]:
        lost: list[int] = []
        kept: list[Record] = []
        self._db.execute("BEGIN IMMEDIATE")
        try:
            versions = self._versions([row.key for group in groups for row in group])
            for position, group in enumerate(groups):
                if all(versions.get(row.key, 0) == row.version - 1 for row in group):
                    kept += map(_record, group)
                    versions.update((row.key, row.version) for row in group)
                else:
                    lost.append(position)
            self._db.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?, ?, ?, ?, ?)", kept)
        except BaseException:
            self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")
        return lost

    def _versions(self, keys: Sequence[Key]) -> dict[Key, int]:
        found: dict[Key, int] = {}
        for start in range(0, len(keys), KEYS_AT_ONCE):
            some = keys[start : start + KEYS_AT_ONCE]
            query = _among("rows.pk, rows.sk, rows.version", len(some))
            found.update(((pk, sk), version) for pk, sk, version in self._db.execute(query, _flat(some)))
        return found


Record = tuple[str, str, str, int, str, str, str, int]
"""A row in the order of the schema's columns."""


def _row(record: Record) -> Row:
    pk, sk, body, version, listing, day, at, expires = record
    return Row(pk, sk, json.loads(body), version, listing, day, at, expires)


def _record(row: Row) -> Record:
    return (row.pk, row.sk, COMPACT(row.body), row.version, row.listing, row.day, row.at, row.expires)


@cache
def _among(columns: str, keys: int) -> str:
    """The query for so many keys at once; the cross join keeps SQLite on the primary key, a row-value IN does not."""
    wanted = ", ".join(["(?, ?)"] * keys)
    return (
        f"WITH wanted (pk, sk) AS (VALUES {wanted}) SELECT {columns} FROM wanted "  # noqa: S608 - no outside text
        "CROSS JOIN rows ON rows.pk = wanted.pk AND rows.sk = wanted.sk"
    )


def _flat(keys: Sequence[Key]) -> list[str]:
    return [part for key in keys for part in key]

"""Tells the same trouble of a guardrail, and the same message, once a day (UTC).

What AWS refuses for good would come with every sweep, and a message comes as often as it is delivered.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from functions.core.report import RunReport
from functions.core.table import Key, Row, Table
from functions.core.types import canonical_hash

TROUBLES = "state#troubles"


def untold(table: Table, report: RunReport, now: datetime) -> bool:
    """Whether a run met with trouble, or heard something, that nobody has been told of on this day."""
    said = [*report.trouble, *report.heard]
    return bool(said) and not _names(said) <= _told(_row(table, report), now)


def tell(table: Table, report: RunReport, now: datetime) -> None:
    """Notes that the trouble of a run, and what it heard, have been told of."""
    said = [*report.trouble, *report.heard]
    if not said:
        return
    row = _row(table, report)
    names = sorted(_told(row, now) | _names(said))
    # Who writes it at the same time has told of trouble as well.
    table.write([(Row(*row.key, {"day": f"{now:%Y-%m-%d}", "told": [*names]}, row.version + 1),)])


def _row(table: Table, report: RunReport) -> Row:
    key: Key = (TROUBLES, report.guardrail)
    return table.get([key]).get(key) or Row(*key, {}, version=0)


def _told(row: Row, now: datetime) -> set[str]:
    names = row.body.get("told")
    return set(map(str, names)) if isinstance(names, list) and row.body["day"] == f"{now:%Y-%m-%d}" else set()


def _names(trouble: Iterable[str]) -> set[str]:
    """Short names, without what AWS adds in its own words: that differs each time (encoded messages, request ids)."""
    return {canonical_hash(text.partition(" operation")[0])[:12] for text in trouble}

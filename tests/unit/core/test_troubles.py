"""Trouble is told once a day, however often it comes, and in whatever words AWS puts it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions.core import troubles
from functions.core.report import RunReport
from functions.core.sqlite_table import SqliteTable

MORNING = datetime(2026, 11, 22, 6, tzinfo=UTC)
DENIED = (
    "AWS::EC2::Volume could not be listed: An error occurred (UnauthorizedOperation) when calling the DescribeVolumes "
    "operation: You are not authorized. Encoded authorization failure message: {0}"
)


@pytest.fixture
def table(tmp_path: Path) -> SqliteTable:
    return SqliteTable(tmp_path / "ledger.sqlite3")


def told(table: SqliteTable, *trouble: str, hours: float = 0, guardrail: str = "tag_check") -> bool:
    """Whether a run that met with this trouble tells of it."""
    report, now = RunReport("run", guardrail, "observe"), MORNING + timedelta(hours=hours)
    report.could_not_read(trouble)
    assert report.partial is bool(trouble)
    if not troubles.untold(table, report, now):
        return False
    troubles.tell(table, report, now)
    return True


def test_the_same_trouble_is_told_once_a_day(table: SqliteTable) -> None:
    assert told(table, DENIED.format("aGVsbG8"))
    assert not told(table, DENIED.format("d29ybGQ"), hours=6)
    assert not told(table, DENIED.format("d29ybGQ"), hours=17.9)
    assert told(table, DENIED.format("aGVsbG8"), hours=18)


def test_other_trouble_is_told_on_the_same_day_and_the_first_stays_told(table: SqliteTable) -> None:
    assert told(table, DENIED)
    assert told(table, DENIED.replace("Volume", "Snapshot"), hours=1)
    assert not told(table, DENIED, DENIED.replace("Volume", "Snapshot"), hours=2)


def test_each_guardrail_has_its_own(table: SqliteTable) -> None:
    assert told(table, DENIED)
    assert told(table, DENIED, guardrail="idle_gpu")


def test_what_was_not_told_is_told_next_time(table: SqliteTable) -> None:
    report = RunReport("run", "tag_check", "observe")
    report.could_not_read([DENIED])
    assert troubles.untold(table, report, MORNING)
    assert told(table, DENIED)


def test_no_trouble_writes_nothing(table: SqliteTable) -> None:
    assert not told(table)
    troubles.tell(table, RunReport("run", "tag_check", "observe"), MORNING)
    assert list(table.query(troubles.TROUBLES)) == []

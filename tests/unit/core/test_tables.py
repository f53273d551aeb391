"""Both tables keep the same promises: conditional, grouped, ordered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from moto import mock_aws

from functions.core.dynamodb_table import DynamoDBTable
from functions.core.sqlite_table import SqliteTable
from functions.core.table import Row, Table
from tests.aws_world import create_table


@pytest.fixture(params=["sqlite", "dynamodb"])
def table(request: pytest.FixtureRequest, tmp_path: Path, aws_keys: None) -> Iterator[Table]:
    if request.param == "sqlite":
        yield SqliteTable(tmp_path / "ledger.sqlite3")
        return
    with mock_aws():
        yield DynamoDBTable(create_table(), "fusebox")


def row(sk: str, *, version: int = 1, **more: str) -> Row:
    return Row("thing", sk, {"what": sk, "n": 1.5, "none": None}, version=version, **more)  # type: ignore[arg-type]


def test_a_row_is_written_once(table: Table) -> None:
    assert table.write([(row("a"),)]) == []
    assert table.write([(replace(row("a"), body={"what": "else"}),)]) == [0]
    assert table.get([("thing", "a"), ("thing", "b")]) == {("thing", "a"): row("a")}


def test_a_state_row_changes_only_for_who_read_its_last_version(table: Table) -> None:
    table.write([(row("a"),)])
    assert table.write([(row("a", version=2),)]) == []
    assert table.write([(row("a", version=2),)]) == [0]
    assert table.delete(("thing", "a"), 1) is False
    assert table.delete(("thing", "a"), 2) is True
    assert table.get([("thing", "a")]) == {}


def test_a_group_that_loses_is_dropped_whole_and_the_others_are_written(table: Table) -> None:
    table.write([(row("taken"),)])
    groups = [(row("a"), row("a2")), (row("b"), row("taken")), (row("c"), row("c2"))]
    assert table.write(groups) == [1]
    assert [one.sk for one in table.query("thing")] == ["a", "a2", "c", "c2", "taken"]


def test_more_groups_than_a_transaction_holds(table: Table) -> None:
    groups = [(row(f"{n:03}a"), row(f"{n:03}b")) for n in range(130)]
    table.write([groups[77]])
    assert table.write(groups) == [77]
    assert len(list(table.query("thing"))) == 260
    assert len(table.get([one.key for group in groups for one in group])) == 260


def test_a_partition_reads_in_the_order_of_its_sort_key_and_by_prefix(table: Table) -> None:
    table.write([(row("b#2"),), (row("a#1"),), (row("b#1"),), (row("c"),)])
    assert [one.sk for one in table.query("thing", prefix="b#")] == ["b#1", "b#2"]


def test_an_index_shows_the_rows_listed_under_a_value_by_time(table: Table) -> None:
    table.write(
        [
            (row("x", listing="run#1#0", day="2026-11-22#0", at="2026-11-22T02"),),
            (row("y", listing="run#1#0", day="2026-11-22#0", at="2026-11-22T01"),),
            (row("z", listing="run#2#0", at="2026-11-22T00"),),
            (row("plain"),),
        ]
    )
    assert [one.sk for one in table.query_index("listing", "run#1#0")] == ["y", "x"]
    assert [one.sk for one in table.query_index("day", "2026-11-22#0", since="2026-11-22T02")] == ["x"]

"""How many resources carry what is required: counted by sweeps, kept by day, and never counted twice."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core.memory import Memory, notes_of
from functions.core.sqlite_table import SqliteTable
from functions.tag_check import coverage
from functions.tag_check.coverage import Coverage
from functions.tag_check.facts import Resource
from functions.tag_check.required import RequiredTag
from functions.tag_check.sweeping import Batch
from tests.unit.tag_check.builders import (
    FUNCTION,
    INSTANCE,
    NOW,
    PROJECT,
    RIGHT_TAGS,
    TEAM,
    function,
    policy,
    quarantine,
    seen,
)

POLICY = policy(quarantine=quarantine())
BAD, GOOD = seen({"team": "ml"}), seen(RIGHT_TAGS)


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(SqliteTable(tmp_path / "notes.sqlite3"), "tag_check")


def keep(memory: Memory, found: list[Resource], *, later: float = 0, **batch: Any) -> None:
    """Keeps a batch, `later` hours after the first."""
    coverage.keep(memory, Batch(NOW, **batch), found, POLICY, NOW + timedelta(hours=later))


def days(memory: Memory) -> list[tuple[str, str, int, int, bool]]:
    found = coverage.days(memory.table, "tag_check")
    return [(f"{one.day:%d}", one.type, one.coverage.seen, one.coverage.right, one.whole) for one in found]


# --- counting


def test_resources_are_counted_by_type_team_and_key() -> None:
    found = coverage.count([GOOD, BAD, seen({}), function(RIGHT_TAGS)], POLICY)
    assert set(found) == {INSTANCE, FUNCTION}
    instances = found[INSTANCE]
    assert (instances.seen, instances.right) == (3, 1)
    assert instances.teams == {"ml": [2, 1], "": [1, 0]}
    assert instances.lacking == {"project": 2, "team": 1}


def test_ai_is_counted_apart_with_and_without_its_model() -> None:
    asked = policy(required=(PROJECT, TEAM, RequiredTag(key="model_id", only="ai")))
    with_model, blank = {**RIGHT_TAGS, "model_id": "llama"}, {**RIGHT_TAGS, "model_id": " "}
    found = coverage.count([seen(with_model), seen(blank), seen(RIGHT_TAGS), function(RIGHT_TAGS)], asked)
    assert (found[INSTANCE].ai, found[INSTANCE].ai_with_model, found[INSTANCE].right) == (3, 1, 1)
    assert (found[FUNCTION].ai, found[FUNCTION].right) == (0, 1)


def test_what_is_new_or_could_not_be_read_is_not_counted() -> None:
    young = seen({}, since=NOW - timedelta(minutes=1))
    unread = Resource("arn:aws:lambda:us-east-1:1:function:f", NOW, None, FUNCTION, "f")
    assert coverage.count([young, unread], POLICY) == {}


def test_counts_come_back_from_the_table_as_they_were() -> None:
    (one,) = coverage.count([GOOD, BAD], POLICY).values()
    assert Coverage.from_json(one.to_json()) == one


# --- keeping


def test_parts_of_a_listing_add_up(memory: Memory) -> None:
    keep(memory, [GOOD, BAD], begins={INSTANCE: ""})
    assert days(memory) == [("22", INSTANCE, 2, 1, False)]
    keep(memory, [GOOD], begins={INSTANCE: "more"}, ends={INSTANCE})
    assert days(memory) == [("22", INSTANCE, 3, 2, True)]


def test_a_part_that_is_listed_again_replaces_itself(memory: Memory) -> None:
    keep(memory, [GOOD, BAD], begins={INSTANCE: ""})
    for found in ([GOOD], [GOOD, GOOD]):
        keep(memory, found, begins={INSTANCE: "more"}, ends={INSTANCE})
    assert days(memory) == [("22", INSTANCE, 4, 3, True)]


def test_the_next_sweep_of_a_day_begins_anew(memory: Memory) -> None:
    keep(memory, [GOOD, BAD], begins={INSTANCE: ""})
    keep(memory, [GOOD], begins={INSTANCE: "more"}, ends={INSTANCE})
    keep(memory, [GOOD], later=6, begins={INSTANCE: ""}, ends={INSTANCE})
    assert days(memory) == [("22", INSTANCE, 1, 1, True)]


def test_parts_of_a_day_s_earlier_sweep_do_not_count(memory: Memory) -> None:
    keep(memory, [GOOD], begins={INSTANCE: ""})
    keep(memory, [GOOD], begins={INSTANCE: "more"}, ends={INSTANCE})
    keep(memory, [BAD], later=6, begins={INSTANCE: ""})
    assert days(memory) == [("22", INSTANCE, 1, 0, False)]
    keep(memory, [BAD], later=6, begins={INSTANCE: "other"}, ends={INSTANCE})
    assert days(memory) == [("22", INSTANCE, 2, 0, True)]


def test_however_long_a_listing_is_each_of_its_items_fits_into_a_table(memory: Memory) -> None:
    teams = [seen({"team": f"{number:06}" + chr(0x20000) * 250}) for number in range(300)]
    for part in range(40):
        keep(memory, teams, begins={INSTANCE: f"part {part}" if part else ""})
    rows = list(memory.table.query(notes_of("tag_check")))
    assert len(rows) == 40
    assert max(len(json.dumps(row.body)) for row in rows) < 400 * 1024
    ((_, _, seen_in_all, _, _),) = days(memory)
    assert seen_in_all == 40 * 300


def test_each_day_has_its_own_and_stays(memory: Memory) -> None:
    keep(memory, [BAD], begins={INSTANCE: ""}, ends={INSTANCE})
    keep(memory, [GOOD], later=24, begins={INSTANCE: ""}, ends={INSTANCE})
    assert days(memory) == [("22", INSTANCE, 1, 0, True), ("23", INSTANCE, 1, 1, True)]


def test_a_sweep_over_midnight_makes_no_half_day_look_whole(memory: Memory) -> None:
    keep(memory, [GOOD, GOOD], begins={INSTANCE: ""})
    keep(memory, [BAD], later=12, begins={INSTANCE: "more"}, ends={INSTANCE})
    assert days(memory) == [("22", INSTANCE, 2, 2, False), ("23", INSTANCE, 1, 0, False)]


def test_a_kind_of_which_there_is_nothing_is_whole_and_empty(memory: Memory) -> None:
    keep(memory, [], begins={INSTANCE: ""}, ends={INSTANCE})
    assert days(memory) == [("22", INSTANCE, 0, 0, True)]


def test_a_plan_keeps_nothing(memory: Memory) -> None:
    keep(Memory(memory.table, "tag_check", lasts=False), [GOOD], begins={INSTANCE: ""}, ends={INSTANCE})
    assert days(memory) == []

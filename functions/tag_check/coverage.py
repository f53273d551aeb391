"""How many resources carry what is required, by type, team and key: counted by each sweep and kept by day."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from functions.core.memory import Memory, Note, notes_of
from functions.core.spec import OWN_TAG
from functions.core.table import Table
from functions.core.types import Json, iso
from functions.tag_check.decide import is_young, subject
from functions.tag_check.facts import Resource
from functions.tag_check.required import lacks
from functions.tag_check.settings import TagCheckSettings
from functions.tag_check.sweeping import Batch

PREFIX = "coverage#"
KEPT = timedelta(days=400)
START = "start"
"""The part with which a listing begins; a sweep that began yesterday has none today, and is not whole."""
TEAM, MODEL = "team", "model_id"
NO_TEAM, OTHERS = "", "(others)"
TEAMS_KEPT, LONGEST_TEAM = 200, 64
"""The largest, and their names' first signs: an item of a table holds 400 KB, and anybody may make up values."""


@dataclass
class Coverage:
    """Counts of resources: all and those that carry everything, by team and of AI; how many lack which key."""

    seen: int = 0
    right: int = 0
    ai: int = 0
    ai_with_model: int = 0
    teams: dict[str, list[int]] = field(default_factory=dict)
    lacking: Counter[str] = field(default_factory=Counter)

    def add(self, other: Coverage) -> None:
        """Adds another count to this one."""
        self.seen += other.seen
        self.right += other.right
        self.ai += other.ai
        self.ai_with_model += other.ai_with_model
        self.lacking.update(other.lacking)
        for team, (seen, right) in other.teams.items():
            kept = self.teams.setdefault(team, [0, 0])
            kept[0] += seen
            kept[1] += right

    def to_json(self) -> dict[str, Json]:
        """As the table keeps it."""
        most = sorted(self.teams.items(), key=lambda pair: -pair[1][0])
        teams: dict[str, Json] = {team: [*two] for team, two in most[:TEAMS_KEPT]}
        if most[TEAMS_KEPT:]:
            teams[OTHERS] = [sum(two[at] for _, two in most[TEAMS_KEPT:]) for at in (0, 1)]
        return {**vars(self), "lacking": dict(self.lacking), "teams": teams}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Coverage:
        """What `to_json` wrote; numbers may have become decimals on the way."""
        numbers = {key: int(data[key]) for key in ("seen", "right", "ai", "ai_with_model")}
        teams = {str(team): [int(one) for one in two] for team, two in data["teams"].items()}
        return cls(
            **numbers, teams=teams, lacking=Counter({str(key): int(one) for key, one in data["lacking"].items()})
        )


@dataclass(frozen=True, slots=True)
class Day:
    """What was counted of one type on one day; `whole` where its listing came to its end."""

    day: date
    type: str
    coverage: Coverage
    whole: bool


def count(found: Iterable[Resource], settings: TagCheckSettings) -> dict[str, Coverage]:
    """Coverage by type. What is new, cannot be read, or is Fusebox's own is not counted."""
    counts: dict[str, Coverage] = {}
    for one in found:
        if one.tags is None or OWN_TAG in one.tags or is_young(one, settings):
            continue
        of = subject(one, settings)
        lacking = lacks(settings.required, one.tags, of)
        right = not lacking
        team = one.tags.get(TEAM, NO_TEAM)[:LONGEST_TEAM]
        single = Coverage(
            seen=1,
            right=int(right),
            ai=int(of.ai),
            ai_with_model=int(of.ai and bool(one.tags.get(MODEL, "").strip())),
            teams={team: [1, int(right)]},
            lacking=Counter(lack.key for lack in lacking),
        )
        counts.setdefault(one.type, Coverage()).add(single)
    return counts


def keep(memory: Memory, batch: Batch, found: Iterable[Resource], settings: TagCheckSettings, now: datetime) -> None:
    """Keeps a batch's counts, each part of a listing as a note of its own: together they might be too large for one.

    A part that is listed again replaces itself; a listing from its start begins anew.
    """
    counts = count(found, settings)
    starts = {type: _name(now.date(), type, "") for type in batch.begins}
    begun = memory.notes(list(starts.values()))
    for type, token in batch.begins.items():
        note: Note = {
            "listing": begun.get(starts[type], {}).get("listing", "") if token else iso(now),
            "part": counts.get(type, Coverage()).to_json(),
            "ends": type in batch.ends,
        }
        memory.note(_name(now.date(), type, token), lambda _, note=note: note, now + KEPT)  # type: ignore[misc]


def days(table: Table, guardrail: str) -> list[Day]:
    """What sweeps counted, in the order of days and types."""
    parts: dict[tuple[str, str], dict[str, Note]] = {}
    for row in table.query(notes_of(guardrail), prefix=PREFIX):
        _, day, type, part = row.sk.split("#", 3)
        parts.setdefault((day, type), {})[part] = row.body
    return [_day(day, type, notes) for (day, type), notes in sorted(parts.items())]


def _name(day: date, type: str, token: str) -> str:
    part = hashlib.sha256(token.encode()).hexdigest()[:10] if token else START
    return f"{PREFIX}{day}#{type}#{part}"


def _day(day: str, type: str, parts: Mapping[str, Note]) -> Day:
    """The parts of the day's last listing together; what is left of earlier ones does not count."""
    listing = parts[START]["listing"] if START in parts else ""
    counted = [one for one in parts.values() if one["listing"] == listing]
    total = Coverage()
    for one in counted:
        assert isinstance(one["part"], dict)
        total.add(Coverage.from_json(one["part"]))
    whole = START in parts and any(one["ends"] for one in counted)
    return Day(date.fromisoformat(day), type, total, whole)

"""Pure: launches from events, kept as a note, and from scaling activities, put together so that each counts once.

Events come late, twice, out of order or not at all (EventBridge is best effort), and activities are read by
sweeps only: both lead to the same history, told apart by activity id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.asg_clamp.facts import Call, History, Launch
from functions.core.state import parse_moment
from functions.core.types import COMPACT, Json, iso

LAUNCHES_KEPT = 300
CALLS_KEPT = 10
LARGEST = 250_000
"""Characters of the launches of a note: a row of the table holds 400 KB (DynamoDB developer guide, "Quotas")."""
Note = dict[str, Json]


def with_launch(note: Note, launch: Launch, since: datetime) -> Note:
    """A group's note with one launch more; the same note where it holds that launch already, or it is too old."""
    kept = {one.activity: one for one in _launches(note)}
    if launch.activity in kept or launch.at < since:
        return note
    fresh = sorted([*(one for one in kept.values() if one.at >= since), launch], key=lambda one: (one.at, one.activity))
    kept_json = [_to_json(one) for one in fresh[-LAUNCHES_KEPT:]]
    while len(COMPACT(kept_json)) > LARGEST:
        kept_json = kept_json[len(kept_json) // 4 + 1 :]
    return {**note, "launches": kept_json}


def with_call(note: Note, call: Call, since: datetime) -> Note:
    """A group's note with one API call more; the same note where it holds that call already, or it is too old."""
    kept = {one.event: one for one in _calls(note)}
    if call.event in kept or call.at < since:
        return note
    fresh = sorted([*(one for one in kept.values() if one.at >= since), call], key=lambda one: (one.at, one.event))
    return {**note, "calls": [[iso(one.at), one.event, one.what, one.by] for one in fresh[-CALLS_KEPT:]]}


def history(note: Mapping[str, Json], activities: Iterable[Launch] = (), created_at: datetime | None = None) -> History:
    """What a note and scaling activities say together, without what a predecessor of the same name did."""
    launches = {one.activity: one for one in _launches(note)} | {one.activity: one for one in activities}
    ordered = sorted(launches.values(), key=lambda one: (one.at, one.activity))
    # Events tell whole seconds only.
    born = created_at.replace(microsecond=0) if created_at is not None else None
    return History(
        tuple(one for one in ordered if born is None or one.at >= born),
        tuple(one for one in _calls(note) if born is None or one.at >= born),
    )


def begin(now: datetime, minutes: int) -> datetime:
    """The begin of a window."""
    return now - timedelta(minutes=minutes)


def _to_json(one: Launch) -> Json:
    return {
        "at": iso(one.at),
        "activity": one.activity,
        "ok": one.ok,
        "replaces": one.replaces,
        "refresh": one.refresh,
        "before": one.before,
        "fills": one.fills,
        "by": one.by,
        "message": one.message,
    }


def _launches(note: Mapping[str, Any]) -> list[Launch]:
    return [Launch(**{**one, "at": parse_moment(one["at"])}) for one in note.get("launches", ())]


def _calls(note: Mapping[str, Any]) -> list[Call]:
    return [Call(parse_moment(at), event, what, by) for at, event, what, by in note.get("calls", ())]

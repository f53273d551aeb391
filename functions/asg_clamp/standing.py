"""Pure: what Fusebox holds of a group already, and how a further change is put on top of it.

Each change carries all that stands, with the values from before the first of them: so the last one, turned back,
brings everything back, and no clamp ever takes clamped values for the state to restore (field report F13).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from functions.asg_clamp.facts import ACTIVE, DESIRED, MAX, PROCESSES, SUSPENDED, THAW, Group, shows
from functions.asg_clamp.settings import AsgClampSettings
from functions.core.types import Action, Json

SLACK = timedelta(minutes=5)
"""Sweeps come at fixed distances: without it a freeze made by one would outlast the sweep that is to end it."""
MOVING = (DESIRED,)
"""Scaling itself changes it all the time."""


def held(group: Group) -> dict[str, tuple[Json, Json]]:
    """What stands of Fusebox's changes: by key the value from before, and the present one that Fusebox wrote.

    What somebody else has set since is theirs.
    """
    if group.standing is None:
        return {}
    prior, wrote, now = group.standing.prior, group.standing.wrote, shows(group)
    return {key: (prior[key], value) for key, value in wrote.items() if prior[key] != value and now.get(key) == value}


def overruled(group: Group, settings: AsgClampSettings, now: datetime) -> str:
    """That somebody raised max again after Fusebox had set it, lately: then they are asked. "" where nobody did."""
    standing = group.standing
    if (
        standing is None
        or now - standing.at > timedelta(days=settings.remind_days)
        or standing.wrote.get(MAX) == standing.prior.get(MAX)
    ):
        return ""
    ours = standing.wrote.get(MAX)
    if not isinstance(ours, int) or group.maximum <= ours:
        return ""
    return f"somebody set max to {group.maximum} after Fusebox had set it to {ours}"


def change(
    group: Group, kind: str, new: Mapping[str, Json], *, irreversible: str = "", terms: Mapping[str, Json] | None = None
) -> Action:
    """The action that sets `new` on top of what stands."""
    stands, now = held(group), shows(group)
    values = {key: value for key, (_, value) in stands.items()} | dict(new)
    before = {key: stands[key][0] if key in stands else now[key] for key in values}
    return Action(kind, values, before, irreversible, dict(terms or {}))


def frozen_since(group: Group) -> dict[str, datetime]:
    """The processes that Fusebox suspended and that still are, with the time of it."""
    if group.standing is None:
        return {}
    mine = held(group)
    return {one: group.standing.since[one] for one in PROCESSES if one in mine and mine[one][1] == SUSPENDED}


def thaw(group: Group, hours: float, now: datetime) -> Action | None:
    """Resumes what a freeze suspended and whose time is over; what else stands goes on standing."""
    lasts = timedelta(hours=hours) - SLACK
    over = [one for one, since in frozen_since(group).items() if now >= since + lasts]
    return change(group, THAW, dict.fromkeys(over, ACTIVE)) if over else None

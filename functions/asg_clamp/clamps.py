"""Pure: the changes that clamp a group, from the gentlest to the hardest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from functions.asg_clamp.facts import (
    ACTIVE,
    CAP,
    DESIRED,
    FREEZE,
    MAX,
    MIN,
    SHRINK,
    SUSPENDED,
    Group,
    shows,
)
from functions.asg_clamp.runaway import Breach
from functions.asg_clamp.settings import AsgClampSettings
from functions.asg_clamp.standing import change, held
from functions.core.types import Action, Json

GROWTH_STOPPERS = ("AlarmNotification", "ScheduledActions")
WHAT_RUNS = "what runs"
"""The terms of a cap for a pace: whoever approves it agrees to what runs then, not to the number of now."""
LAUNCHERS = ("Launch", "ReplaceUnhealthy")
"""Suspended together: with Launch alone, unhealthy instances would be terminated and not replaced (Auto Scaling
user guide, "Suspend and resume processes")."""


@dataclass(frozen=True, slots=True)
class Clamp:
    """A change, the max it leaves (None: as it is), what it takes away in units, and why a person must decide.

    `goes_on` names the action whose next step it is, "" for a first one.
    """

    action: Action
    clamped: int | None
    takes: int = 0
    asks: str = ""
    goes_on: str = ""


def limit_of(group: Group, crossed: Sequence[Breach]) -> int | None:
    """The capacity that a cap leaves: the lowest that the crossed limits name, a pace counting as what runs."""
    sizes = [group.runs if one.holds else one.to for one in crossed if one.to is not None]
    return min(sizes) if sizes else None


def cap(group: Group, crossed: Sequence[Breach]) -> Clamp | None:
    """Max down to the limit, but never under what runs or under min; None where it is there already.

    Desired goes down with it only where it asks for more than runs: then launches end that were not made yet.
    """
    limit = limit_of(group, crossed)
    if limit is None:
        return None
    target = max(limit, group.floor, group.minimum)
    new: dict[str, Json] = {MAX: target} if target < group.maximum else {}
    if group.desired > target:
        new[DESIRED] = target
    if not new:
        return None
    firm = {"max": held(group).get(MAX, (group.maximum, None))[0], "Terminate": shows(group)["Terminate"]}
    lowest = next(one for one in crossed if one.holds or one.to == limit)
    to: Json = WHAT_RUNS if lowest.holds else lowest.bound or limit
    return Clamp(change(group, CAP, new, terms={**firm, "to": to}), min(target, group.maximum))


def freeze(group: Group, settings: AsgClampSettings) -> Clamp | None:
    """Suspends what makes the group grow, for a while; None where it is suspended already."""
    wanted = (*GROWTH_STOPPERS, *(LAUNCHERS if settings.freeze_launches else ()))
    now = shows(group)
    new: dict[str, Json] = {one: SUSPENDED for one in wanted if now[one] == ACTIVE}
    if not new:
        return None
    asks = ["with launches suspended unhealthy instances are not replaced"] if set(new) & set(LAUNCHERS) else []
    resumed = [one for one in new if group.standing is not None and group.standing.wrote.get(one) == SUSPENDED]
    asks += [f"somebody resumed {', '.join(resumed)} since Fusebox suspended it"] if resumed else []
    return Clamp(change(group, FREEZE, new), None, asks="; ".join(asks))


def shrink(group: Group, crossed: Sequence[Breach], settings: AsgClampSettings) -> Clamp | None:
    """Max and desired down to the limit, in steps, never under min or what scale-in protection holds.

    None where nothing is to go down. Max goes down with desired: else the next alarm would bring it up again.
    """
    goal = _goal(group, crossed, settings)
    if goal is None:
        return None
    to, floor, goes_on = goal
    size = max(group.desired, group.runs)
    step = size if settings.shrink_step is None else settings.shrink_step
    target = max(to, size - step) if size > to else to
    new: dict[str, Json] = {MIN: floor} if floor < group.minimum else {}
    if target < group.maximum:
        new[MAX] = target
    if group.desired > target:
        new[DESIRED] = target
    if not new:
        return None
    takes = max(0, group.runs - target)
    terms: dict[str, Json] = {"to": to, "min": floor, "max": held(group).get(MAX, (group.maximum, None))[0]}
    terms["by"] = group.standing.terms.get("by") if goes_on and group.standing is not None else crossed[0].kind
    return Clamp(
        change(group, SHRINK, new, irreversible=_lost(group, to, takes), terms=terms),
        target,
        takes,
        goes_on=goes_on,
    )


def unfinished(group: Group) -> tuple[int, int] | None:
    """Where a shrink in steps is on its way to, with its min.

    None where there is none, it has got there, or somebody changed its max.
    """
    standing = group.standing
    if standing is None or standing.kind != SHRINK or MAX not in held(group):
        return None
    to, floor = standing.terms.get("to"), standing.terms.get("min")
    if not isinstance(to, int) or not isinstance(floor, int) or group.maximum <= to:
        return None
    return to, floor


def _goal(group: Group, crossed: Sequence[Breach], settings: AsgClampSettings) -> tuple[int, int, str] | None:
    """How far down, the min that goes with it, and the action whose next step this is, or ""; None: not by size."""
    begun = unfinished(group)
    if begun is not None and group.standing is not None:
        return *begun, group.standing.action_id
    sizes = [one.to for one in crossed if one.to is not None]
    if not sizes:
        return None
    limit = min(sizes)
    floor = min(group.minimum, limit) if settings.lower_min else group.minimum
    return max(limit, floor, group.protected_units), floor, ""


def _lost(group: Group, to: int, takes: int) -> str:
    if not takes:
        return ""
    most = max(group.maximum, group.runs) - to
    what = "instances" if all(one.weight == 1 for one in group.running) else "units of capacity"
    said = f"{takes} of the {group.runs} {what} that run are terminated, with what they work on and hold"
    return f"{said}; in all {most} at the most" if most > takes else said

"""Pure: what should become of one Auto Scaling group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from functions.asg_clamp import clamps, money
from functions.asg_clamp.clamps import Clamp
from functions.asg_clamp.conclude import clamped, found, given_back, leave
from functions.asg_clamp.facts import CAP, DESIRED_METRIC, THAW, UNITS, Group
from functions.asg_clamp.limits import Applied, applied, protecting
from functions.asg_clamp.owners import only_cap, owner
from functions.asg_clamp.runaway import Breach, breaches
from functions.asg_clamp.settings import AsgClampSettings
from functions.asg_clamp.standing import frozen_since, held, overruled, thaw
from functions.core.types import RIGHT, Decision, iso


def decide(group: Group, settings: AsgClampSettings, now: datetime) -> Decision:
    """The decision about one group: the first of these that applies."""
    if group.tags is None or group.unreadable:
        return found(group, "unknown", group.unreadable or "its tags could not be read", (), settings, now)
    if group.leaving:
        return leave(group, "leaving", "is being deleted")
    protected = protecting(group, settings)
    if protected:
        return _protected(group, protected, settings, now)
    over = thaw(group, settings.freeze_hours, now)
    if over is not None:
        why = f"was frozen for {settings.freeze_hours:g} h; the freeze ends by itself"
        return given_back(group, over, why, settings, now)
    limits = applied(group, settings)
    if limits is None:
        return leave(group, "not_watched", "no limit of the policy is about it")
    group = _since_thaw(group)
    crossed = breaches(group, limits, settings, now)
    if limits.action == "shrink" and _goes_on(group, crossed):
        return _next_step(group, crossed, limits, settings, now)
    if not crossed:
        return _keeps_to_it(group, limits, settings, now)
    return _act_on(group, crossed, limits, settings, now)


def is_candidate(group: Group, settings: AsgClampSettings, now: datetime) -> bool:
    """Whether it matters what is looked up for few groups only: Fusebox's own standing change, refreshes, Spot."""
    if group.suspended or (group.grown_from is not None and group.runs > group.grown_from):
        return True
    limits = applied(group, settings)
    return limits is not None and bool(breaches(group, limits, settings, now))


def _protected(group: Group, entry: str, settings: AsgClampSettings, now: datetime) -> Decision:
    frozen = sorted(frozen_since(group))
    if frozen:
        why = f"Fusebox suspended {', '.join(frozen)} before {entry} protected it: resume them yourself"
        return found(group, "frozen_and_protected", why, (), settings, now)
    return leave(group, "protected", "the policy protects it", entry)


def _keeps_to_it(group: Group, limits: Applied, settings: AsgClampSettings, now: datetime) -> Decision:
    dollars = limits.limits.dollars_per_hour
    if dollars is not None and group.running and money.unit_price(group) is None:
        types = ", ".join(sorted({one.type for one in group.running}))
        why = f"what an hour of {types} costs is not known, so that its limit of ${dollars:,.2f} is blind"
        return found(group, "unknown", why, (), settings, now)
    if settings.alarms and limits.limits.ceiling is not None and not group.metrics_on:
        why = f"its group metric {DESIRED_METRIC} is not collected, so that it has no alarm: enable group metrics"
        return found(group, "no_metrics", why, (), settings, now)
    if group.growth_lapsed is not None and group.runs > group.growth_lapsed:
        why = f"its growth from {group.growth_lapsed} to {group.runs} is old, and counts as its size now"
        return leave(group, "grown", why, limits.source)
    stands = held(group)
    still = ""
    if stands and group.standing is not None:
        values = ", ".join(f"{key} {value}" for key, (_, value) in stands.items())
        still = f"; Fusebox still holds {values} (undo {group.standing.action_id})"
    return leave(group, RIGHT, f"keeps to its limits{still}", limits.source)


def _act_on(
    group: Group, crossed: Sequence[Breach], limits: Applied, settings: AsgClampSettings, now: datetime
) -> Decision:
    """The policy's action, or the gentler one that the group allows."""
    if group.unit != UNITS:
        why = f"{crossed[0].why}; it counts capacity in {group.unit}, and how much of that runs is not known"
        return found(group, "unknown_units", why, crossed, settings, now)
    bar = only_cap(group)
    kind, notes = ("cap", [f"{bar}; only a cap is offered"]) if bar and limits.action != "cap" else (limits.action, [])
    who = owner(group)
    if kind == "cap" and who is not None and not notes:
        notes = [f"it belongs to {who.name}: {who.undoes}"]
    clamp = _clamp_in_doubt(kind, group, crossed, settings, now)
    if clamp is None:
        return _as_it_is(group, crossed, settings, now, *notes)
    if clamp.action.kind == CAP and group.runs > (limit := clamps.limit_of(group, crossed) or 0):
        notes.append(f"{group.runs} run, {group.runs - limit} over the limit: they go on costing until they are shrunk")
    return clamped(group, clamp, crossed, settings, now, limits, *notes)


def _clamp_in_doubt(
    kind: str, group: Group, crossed: Sequence[Breach], settings: AsgClampSettings, now: datetime
) -> Clamp | None:
    """What is in doubt takes nothing further down than what is not, unless a person says so."""
    sure, doubtful = [one for one in crossed if not one.asks], [one for one in crossed if one.asks]
    if settings.mode != "enforce" or not sure or not doubtful:
        return _clamp(kind, group, crossed, settings, now)
    further = _clamp(kind, group, doubtful, settings, now)
    asks = "; ".join(filter(None, [further.asks if further else "", *(one.asks for one in doubtful)]))
    return _clamp(kind, group, sure, settings, now) or (further and replace(further, asks=asks))


def _clamp(
    kind: str, group: Group, crossed: Sequence[Breach], settings: AsgClampSettings, now: datetime
) -> Clamp | None:
    cap = clamps.cap(group, crossed)
    if kind == "freeze":
        standing, lately = group.standing, now - timedelta(days=settings.remind_days)
        again = standing is not None and standing.kind == THAW and standing.at > lately
        clamp = clamps.freeze(group, settings) if settings.freeze_launches or _sized(crossed) else None
        if clamp is None and not frozen_since(group):
            # Somebody else has suspended it all, and it runs away nevertheless.
            return cap
        why = "it was frozen before, and runs away again"
        return clamp and Clamp(clamp.action, None, asks="; ".join(filter(None, [clamp.asks, why if again else ""])))
    if kind == "cap":
        return cap
    shrink = clamps.shrink(group, crossed, settings)
    acts_alone = settings.mode == "enforce" and settings.allow_irreversible
    if shrink is not None and not shrink.takes and not acts_alone:
        # Nothing is to be terminated, so the way is taken on which nothing can be.
        return cap
    theirs = overruled(group, settings, now)
    if shrink is not None and settings.mode == "enforce" and not acts_alone and cap is not None and not theirs:
        # Held at once, while a person is asked about the rest.
        return cap
    return shrink


def _as_it_is(
    group: Group, crossed: Sequence[Breach], settings: AsgClampSettings, now: datetime, *notes: str
) -> Decision:
    """Limits are crossed and the policy's action has nothing left to change."""
    why = "; ".join([*(one.why for one in crossed), *notes])
    if not _sized(crossed):
        return found(group, crossed[0].kind, f"{why}: only a person can cure that", crossed, settings, now)
    told_at = ""
    standing = group.standing
    if standing is not None and held(group) and now - standing.at < timedelta(days=settings.remind_days):
        told_at = iso(standing.at)
    state = "frozen" if frozen_since(group) else f"at its max of {group.maximum}"
    return found(group, "held", f"{why}; it is {state}, {group.runs} run", crossed, settings, now, told_at)


def _next_step(
    group: Group, crossed: Sequence[Breach], limits: Applied, settings: AsgClampSettings, now: datetime
) -> Decision:
    """A shrink that has begun goes on, but not before its time."""
    assert group.standing is not None
    due = group.standing.at + timedelta(minutes=settings.step_minutes)
    if now < due:
        return leave(group, "shrinking", f"its next step is due at {due:%Y-%m-%d %H:%M} UTC")
    bar = only_cap(group)
    if bar:
        return found(
            group, "shrink_stopped", f"its shrink has stopped at {group.desired}: {bar}", crossed, settings, now
        )
    clamp = clamps.shrink(group, crossed, settings)
    if clamp is None:
        return leave(group, "shrinking", "nothing is left to shrink")
    begun = f"shrinks on, from {group.desired} towards {clamp.action.terms['to']}"
    return clamped(group, clamp, crossed, settings, now, limits, begun)


def _since_thaw(group: Group) -> Group:
    """Without a growth that a freeze has been the answer to: only what comes after its end is a new one."""
    standing = group.standing
    if standing is None or standing.kind != THAW or group.grown_at is None or group.grown_at > standing.at:
        return group
    return replace(group, grown_from=None, grown_at=None)


def _goes_on(group: Group, crossed: Sequence[Breach]) -> bool:
    """Whether a shrink has begun and is still called for: a growth is taken back whole, though part were allowed."""
    if group.standing is None or clamps.unfinished(group) is None:
        return False
    return _sized(crossed) or group.standing.terms.get("by") == "growth"


def _sized(crossed: Sequence[Breach]) -> bool:
    return any(one.to is not None for one in crossed)

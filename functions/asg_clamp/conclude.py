"""Pure: how what was concluded about a group is put, with its reason, its figures and its change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from functions.asg_clamp import money
from functions.asg_clamp.clamps import WHAT_RUNS, Clamp
from functions.asg_clamp.facts import FREEZE, Group, Launch
from functions.asg_clamp.limits import Applied
from functions.asg_clamp.runaway import Breach
from functions.asg_clamp.settings import AsgClampSettings
from functions.asg_clamp.standing import overruled
from functions.core.notice import change_in_words
from functions.core.prices_ec2 import HOURS_PER_MONTH
from functions.core.types import Action, Decision, Json, iso

POINTS = 9
"""Points of a capacity table in a message; the ledger's evidence holds no more, because a row has its limits."""


def leave(group: Group, verdict: str, reason: str, rule: str = "") -> Decision:
    """Nothing to do and nothing to tell."""
    return Decision(group.arn, group.name, verdict, rule or verdict, reason, identity=group.identity)


def found(
    group: Group,
    verdict: str,
    reason: str,
    crossed: Sequence[Breach],
    settings: AsgClampSettings,
    now: datetime,
    told_at: str = "",
) -> Decision:
    """Something to tell from which no change follows."""
    return Decision(
        group.arn,
        group.name,
        verdict,
        crossed[0].kind if crossed else verdict,
        reason,
        report=True,
        evidence=figures(group, crossed, settings, now, None),
        identity=group.identity,
        told_at=told_at,
        memo=memo(group, crossed, now),
    )


def clamped(
    group: Group,
    clamp: Clamp,
    crossed: Sequence[Breach],
    settings: AsgClampSettings,
    now: datetime,
    limits: Applied,
    *notes: str,
) -> Decision:
    """The change that follows from crossed limits."""
    theirs = overruled(group, settings, now)
    on_their_way = group.desired - group.runs
    if clamp.action.kind == FREEZE and on_their_way > 0:
        notes = (*notes, f"{on_their_way} more are on their way: desired is {group.desired}, and a freeze leaves it")
    doubts = [one.asks for one in crossed if one.asks] if crossed and all(one.asks for one in crossed) else []
    unit = money.unit_price(group)
    source = "" if limits.source == "default" else f"rule {limits.source}"
    does = change_in_words(clamp.action.parameters, clamp.action.prior)
    if clamp.action.terms.get("to") == WHAT_RUNS and settings.mode == "approve":
        does += f" ({WHAT_RUNS}, whatever that is when it is done)"
    reasons = [*(one.why for one in crossed), *notes, source]
    return Decision(
        group.arn,
        group.name,
        "runaway",
        str(clamp.action.terms.get("by") or crossed[0].kind),
        f"{does}: {'; '.join(one for one in reasons if one)}",
        clamp.action,
        saving=round((unit or 0.0) * clamp.takes * HOURS_PER_MONTH, 2),
        evidence=figures(group, crossed, settings, now, clamp.clamped),
        identity=group.identity,
        asks="; ".join(one for one in (clamp.asks, theirs, *doubts) if one),
        goes_on=clamp.goes_on,
        memo=memo(group, crossed, now, goes_on=bool(clamp.goes_on)),
        cures=_cures(clamp, crossed),
    )


def _cures(clamp: Clamp, crossed: Sequence[Breach]) -> bool:
    """Whether the group keeps to every limit once its max is where the clamp leaves it."""
    if clamp.clamped is None or any(one.holds for one in crossed):
        return False
    return all(one.to is not None and clamp.clamped <= one.to for one in crossed)


def given_back(group: Group, action: Action, why: str, settings: AsgClampSettings, now: datetime) -> Decision:
    """The end of what was taken for a time."""
    return Decision(
        group.arn,
        group.name,
        "thaw",
        "freeze_hours",
        why,
        action,
        evidence=figures(group, (), settings, now, None),
        identity=group.identity,
        returns=True,
    )


def memo(group: Group, crossed: Sequence[Breach], now: datetime, *, goes_on: bool = False) -> dict[str, Json]:
    """What later looks are to know: a growth stays one when its window is over, until the group has come down."""
    began = next((one.to for one in crossed if one.kind == "growth"), group.grown_from if goes_on else None)
    said: dict[str, Json] = {} if began is None else {"grew_from": began, "at": iso(group.grown_at or now)}
    if any(one.kind in ("churn", "failing") for one in crossed):
        # Maybe only a sweep has seen it: a later look at this group asks for its activities as well.
        said["activities"] = True
    return said


def figures(
    group: Group, crossed: Sequence[Breach], settings: AsgClampSettings, now: datetime, target: int | None
) -> dict[str, Json]:
    """The numbers behind a verdict: sizes, capacity over time, launches, what drove them, and the money."""
    launches = group.history.since(now, settings.growth_minutes)
    numbers: dict[str, Json] = {
        "sizes": f"min {group.minimum} · desired {group.desired} · max {group.maximum} · {group.runs} run",
        "capacity": over_time(group, launches),
        "launches": _counted(launches, settings.growth_minutes),
        "driven_by": _drivers(group, launches),
        "cost": money.in_words(group, target),
        **money.figures(group, target),
    }
    for one in crossed:
        numbers |= one.figures
    return {key: value for key, value in numbers.items() if value not in ("", None)}


def over_time(group: Group, launches: Sequence[Launch]) -> str:
    """What the launches of each minute started from, and the present capacity: "12:00 5 · 12:04 8 · now 12"."""
    lowest: dict[str, int] = {}
    for one in launches:
        if one.before is not None:
            at = f"{one.at:%H:%M}"
            lowest[at] = min(one.before, lowest.get(at, one.before))
    if not lowest:
        return ""
    shown = [f"{at} {size}" for at, size in lowest.items()]
    if len(shown) > POINTS:
        shown = [shown[0], "…", *shown[-(POINTS - 1) :]]
    return " · ".join([*shown, f"now {group.runs}"])


def _counted(launches: Sequence[Launch], minutes: int) -> str:
    if not launches:
        return ""
    failed, replaced = sum(not one.ok for one in launches), sum(one.replaces for one in launches)
    parts = [f"{len(launches)} within {minutes} min"]
    parts += [f"{failed} failed"] if failed else []
    parts += [f"{replaced} in place of unhealthy ones"] if replaced else []
    return ", ".join(parts)


def _drivers(group: Group, launches: Sequence[Launch]) -> str:
    """What the launches say drove them, the most frequent first, and the last call that set a size."""
    counted = Counter(one.by for one in launches if one.by)
    said = [f"{name} ({count})" for name, count in counted.most_common(3)]
    said += [f"{one.what} by {one.by} at {one.at:%H:%M}" for one in group.history.calls[-1:]]
    return "; ".join(said)

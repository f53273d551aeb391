"""Pure: whether a group runs away, by which limit, and how far down that limit would take it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from functions.asg_clamp import money
from functions.asg_clamp.facts import Group
from functions.asg_clamp.limits import Applied
from functions.asg_clamp.settings import AsgClampSettings
from functions.core.types import Json

Kind = Literal["ceiling", "dollars", "growth", "churn", "failing"]


@dataclass(frozen=True, slots=True)
class Breach:
    """One limit that a group has crossed.

    `to` is the capacity that keeps to the limit, None where no size cures it. `holds` says that the limit is
    about the pace: a cap then holds the group at what runs. `asks` says why a person must decide. `bound` is what
    a person agrees to where `to` follows from prices.
    """

    kind: Kind
    why: str
    to: int | None
    holds: bool = False
    asks: str = ""
    bound: str = ""
    figures: dict[str, Json] = field(default_factory=dict)


def breaches(group: Group, limits: Applied, settings: AsgClampSettings, now: datetime) -> list[Breach]:
    """Every limit that a group has crossed, the hardest first."""
    found = [
        _ceiling(group, limits),
        _dollars(group, limits),
        _growth(group, limits, settings, now),
        _churn(group, limits, settings, now),
        _failing(group, limits, settings, now),
    ]
    return [one for one in found if one is not None]


def _ceiling(group: Group, applied: Applied) -> Breach | None:
    ceiling = applied.limits.ceiling
    if ceiling is None or max(group.maximum, group.desired) <= ceiling:
        return None
    over = [
        f"{name} {value}" for name, value in (("desired", group.desired), ("max", group.maximum)) if value > ceiling
    ]
    return Breach(
        "ceiling", f"{' and '.join(over)} over the ceiling of {ceiling}", ceiling, figures={"ceiling": ceiling}
    )


def _dollars(group: Group, applied: Applied) -> Breach | None:
    limit, unit = applied.limits.dollars_per_hour, money.unit_price(group)
    if limit is None or unit is None:
        return None
    cost = group.desired * unit
    if cost <= limit:
        return None
    why = f"desired {group.desired} costs ${cost:,.2f} an hour, over the limit of ${limit:,.2f}"
    affordable = int(limit / unit) if unit else group.desired
    asks = ""
    if group.spot is not False:
        asks = "members are or may be Spot, which costs less than the price on demand that this reckons with"
    said = f"${limit:,.2f} an hour"
    return Breach("dollars", why, affordable, asks=asks, bound=said, figures={"limit_usd_hour": limit})


def _growth(group: Group, applied: Applied, settings: AsgClampSettings, now: datetime) -> Breach | None:
    """Too much within the window, or so found lately and still as large: what ran away has not come back by itself."""
    began = growth_began(group, settings, now)
    within = f" within {settings.growth_minutes} min"
    if group.grown_from is not None and (began is None or group.grown_from < began):
        began, within = group.grown_from, " at once lately, and has not come down since"
    if began is None:
        return None
    rise = group.runs - began
    most, share = applied.limits.growth_instances, applied.limits.growth_percent
    percent = 100 * rise / began if began else 0.0
    over = []
    if most is not None and rise > most:
        over.append(f"over the limit of {most}")
    if share is not None and rise > 0 and percent > share:
        over.append(f"{percent:,.0f}%, over the limit of {share:g}%")
    if not over:
        return None
    why = f"grew from {began} to {group.runs}{within}: {rise} more, {' and '.join(over)}"
    return Breach("growth", why, began, holds=True, figures={"grew_from": began})


def growth_began(group: Group, settings: AsgClampSettings, now: datetime) -> int | None:
    """The smallest capacity that the launches of the window started from; None where nothing was launched.

    Where no launch says it, the launches themselves are counted, each as the mean weight of what runs. Replacements,
    refreshes and the first launches of a new group are no growth.
    """
    heard = group.history.since(now, settings.growth_minutes)
    known = [one.before for one in heard if one.before is not None]
    # What fills up a raised desired is growth, too: its first tries may have failed, and they say from where.
    launches = [one for one in heard if one.grows or (one.fills and one.ok and known)]
    if not launches:
        return None
    if known:
        return min(known)
    units = group.runs / len(group.running) if group.running else 1.0
    return max(0, round(group.runs - len(launches) * units))


def _churn(group: Group, applied: Applied, settings: AsgClampSettings, now: datetime) -> Breach | None:
    """Unhealthy instances replaced again and again, which no size cures."""
    most = applied.limits.churn
    replaced = [one for one in group.history.since(now, settings.churn_minutes) if one.replaces]
    if most is None or len(replaced) <= most:
        return None
    why = (
        f"{len(replaced)} unhealthy instances were replaced within {settings.churn_minutes} min, over the limit of "
        f"{most}: new ones fail as well, and no size cures that"
    )
    return Breach("churn", why, None, figures={"replaced": len(replaced)})


def _failing(group: Group, applied: Applied, settings: AsgClampSettings, now: datetime) -> Breach | None:
    most = applied.limits.failed_launches
    failed = [one for one in group.history.since(now, settings.failed_minutes) if not one.ok]
    if most is None or len(failed) <= most:
        return None
    last = f"; the last: {failed[-1].message}" if failed[-1].message else ""
    why = f"{len(failed)} launches failed within {settings.failed_minutes} min, over the limit of {most}{last}"
    return Breach("failing", why, None, figures={"failed_launches": len(failed)})

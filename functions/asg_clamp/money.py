"""Pure: what a group costs, at the price on demand of what runs in it; all estimates."""

from __future__ import annotations

from functions.asg_clamp.facts import UNITS, Group
from functions.core import prices_ec2
from functions.core.prices_ec2 import HOURS_PER_MONTH
from functions.core.types import Json


def unit_price(group: Group) -> float | None:
    """US dollars an hour of one unit of capacity, over the mix that runs or stands by; None where it is not known.

    Nothing runs, or a type has no known price: then nothing is said, rather than too little.
    """
    if group.unit != UNITS or not group.floor:
        return None
    prices = [prices_ec2.hourly(one.type) for one in group.running]
    known = [price for price in prices if price is not None]
    return sum(known) / group.floor if len(known) == len(prices) else None


def hourly(group: Group, units: int) -> float | None:
    """What so many units of a group cost in an hour."""
    unit = unit_price(group)
    return None if unit is None else round(unit * units, 4)


def monthly(group: Group, units: int) -> float | None:
    """What so many units of a group cost in a month of 730 hours."""
    unit = unit_price(group)
    return None if unit is None else round(unit * units * HOURS_PER_MONTH, 2)


def in_words(group: Group, clamped: int | None) -> str:
    """The hour and the month now, and what they may come to at the present max and clamped; "" without a price."""
    if unit_price(group) is None:
        return ""
    said = [f"{_amount(group, group.floor)} now", f"up to {_amount(group, group.maximum)} at max {group.maximum}"]
    if clamped is not None and clamped < group.maximum:
        said.append(f"up to {_amount(group, clamped)} clamped to {clamped}")
    return ", ".join(said)


def _amount(group: Group, units: int) -> str:
    return f"${hourly(group, units):,.2f} an hour (${monthly(group, units):,.0f} a month)"


def figures(group: Group, clamped: int | None) -> dict[str, Json]:
    """Dollars an hour now, clamped and at the present max, and the months they make; None is "not known"."""
    at: dict[str, Json] = {"usd_hour_now": hourly(group, group.floor)}
    if clamped is not None:
        at |= {"usd_hour_clamped": hourly(group, clamped), "usd_month_clamped": monthly(group, clamped)}
    at |= {"usd_hour_at_max": hourly(group, group.maximum), "usd_month_at_max": monthly(group, group.maximum)}
    at["usd_month_now"] = monthly(group, group.floor)
    if clamped is not None:
        at["usd_month_after"] = monthly(group, min(clamped, group.runs))
    return at

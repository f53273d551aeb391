"""Coverage of required tags as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

from rich.console import Console

from cli import render
from functions.tag_check.catalog.kinds import KINDS
from functions.tag_check.coverage import NO_TEAM, Coverage, Day

COLUMNS = ("Resources", "Right", "Share", "AI", "With model_id", "Share of AI")
SHOWN_KEYS = 50


def show(out: Console, days: Sequence[Day], by: str) -> None:
    """A table by type, service, team, key or day, and the sums under it."""
    newest = latest(days)
    if by == "key":
        _keys(out, newest)
    elif by == "team":
        _teams(out, newest)
    else:
        _counts(out, by, _by_day(days) if by == "day" else _grouped(newest, by))
    total = _sum(one.coverage for one in newest)
    out.print(f"{total.right:,} of {total.seen:,} resources ({share(total.right, total.seen)}) carry what is required.")
    if total.ai:
        ai = f"{total.ai_with_model:,} of {total.ai:,} AI resources ({share(total.ai_with_model, total.ai)})"
        out.print(f"{ai} carry model_id.")
    broken = sorted(one.type for one in newest if not one.whole)
    if broken:
        out.print(f"Not counted to the end: {', '.join(broken)}.", soft_wrap=True)
    out.print(f"No listing, so seen by their events only: {', '.join(unlisted())}.", soft_wrap=True)


def unlisted() -> list[str]:
    """The types that no sweep can list."""
    return [kind.type for kind in KINDS.values() if kind.lists is None]


def latest(days: Sequence[Day]) -> list[Day]:
    """The newest count of each type that was made to its end, else the newest."""
    found: dict[str, Day] = {}
    for one in days:
        if one.whole or one.type not in found or not found[one.type].whole:
            found[one.type] = one
    return sorted(found.values(), key=lambda one: one.type)


def share(part: int, whole: int) -> str:
    """A share in per cent that says 100 only where nothing is missing."""
    if not whole:
        return "–"
    percent = 100 * part / whole
    return "100%" if part == whole else f"{min(percent, 99.9):.1f}%"


def _grouped(newest: Sequence[Day], by: str) -> dict[str, Coverage]:
    groups: dict[str, Coverage] = {}
    for one in newest:
        name = one.type if by == "type" else one.type.split("::")[1]
        groups.setdefault(name, Coverage()).add(one.coverage)
    return {name: one for name, one in groups.items() if one.seen}


def _by_day(days: Sequence[Day]) -> dict[str, Coverage]:
    """The sums of each day, of the types that were counted on it."""
    groups: dict[date, Coverage] = {}
    for one in days:
        groups.setdefault(one.day, Coverage()).add(one.coverage)
    return {day.isoformat(): one for day, one in sorted(groups.items())}


def _counts(out: Console, by: str, groups: dict[str, Coverage]) -> None:
    rows = [
        (
            name,
            f"{one.seen:,}",
            f"{one.right:,}",
            share(one.right, one.seen),
            f"{one.ai:,}" if one.ai else "",
            f"{one.ai_with_model:,}" if one.ai else "",
            share(one.ai_with_model, one.ai) if one.ai else "",
        )
        for name, one in groups.items()
    ]
    out.print(render.grid((by.capitalize(), *COLUMNS), rows, right=COLUMNS, whole=(by.capitalize(),)))


def _teams(out: Console, newest: Sequence[Day]) -> None:
    teams = _sum(one.coverage for one in newest).teams
    ordered = sorted(teams.items(), key=lambda pair: (-(pair[1][0] - pair[1][1]), pair[0]))
    rows = [
        (team if team != NO_TEAM else "(no team)", f"{seen:,}", f"{right:,}", share(right, seen))
        for team, (seen, right) in ordered
    ]
    out.print(render.grid(("Team", *COLUMNS[:3]), rows, right=COLUMNS[:3]))


def _keys(out: Console, newest: Sequence[Day]) -> None:
    total = _sum(one.coverage for one in newest)
    rows = [(key, f"{count:,}", share(count, total.seen)) for key, count in total.lacking.most_common(SHOWN_KEYS)]
    out.print(render.grid(("Key", "Lacking it", "Share"), rows, right=("Lacking it", "Share")))


def _sum(some: Iterable[Coverage]) -> Coverage:
    total = Coverage()
    for one in some:
        total.add(one)
    return total

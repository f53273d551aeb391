"""A budget's breaker: closed, warned or open, judged by level and never by a message.

Pure: what it is next follows from what it was, the level that was read, and the time. So the same message twice, late
or out of order changes nothing, and a level that is still too high is found by any later look (field reports F20, F30).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from functions.core.state import CLOCK_SLACK, parse_moment
from functions.core.types import Json, iso
from functions.llm_keys.budgets import Budget
from functions.llm_keys.flows import Flows, next_flows
from functions.llm_keys.periods import Span
from functions.llm_keys.sources.reading import Level

State = Literal["closed", "warned", "open"]


@dataclass(frozen=True, slots=True)
class Override:
    """A person's word that a breaker may be closed: up to a new `ceiling` in US dollars, `until` a moment, or both.

    A ceiling alone holds to the end of its period; an end alone sets no limit until then. `at` is when it was given:
    what was spent in that hour and day is not held against it once more.
    """

    at: str
    ceiling: float | None = None
    until: str = ""
    period: str = ""

    def holds(self, span: Span, now: datetime) -> bool:
        """Whether it still counts."""
        return parse_moment(self.until) > now if self.until else self.period == span.key


@dataclass(frozen=True, slots=True)
class Breaker:
    """A breaker as it stands in a period. `since` and `at` are ISO times: of its state, and of its last judgement.

    `spent` is what had been spent by then, None where that was never known; `percent` is the highest warning passed;
    `why` says what opened it. `flows` watches what goes on after a stop.
    """

    period: str
    state: State = "closed"
    since: str = ""
    at: str = ""
    spent: float | None = None
    percent: float = 0.0
    why: str = ""
    override: Override | None = None
    flows: Flows = field(default_factory=Flows)


def ceiling(breaker: Breaker, budget: Budget) -> float | None:
    """The spend in US dollars at which it opens; None where an override sets no limit for now."""
    if breaker.override is None:
        return budget.amount * budget.stop_percent / 100
    return breaker.override.ceiling


def present(before: Breaker | None, budget: Budget, span: Span, now: datetime) -> Breaker:
    """What a breaker is now without anything having been read: a new period may have begun, an override ended."""
    if before is None:
        return Breaker(span.key, since=iso(now))
    if before.override is not None and not before.override.holds(span, now):
        before = replace(before, override=None)
    if before.period == span.key:
        return before
    if before.state == "open" and budget.closes == "by_hand":
        return replace(before, period=span.key, spent=None, flows=before.flows.renewed())
    return Breaker(span.key, since=iso(now), override=before.override)


def judge(
    before: Breaker | None, budget: Budget, span: Span, level: Level, now: datetime, leak_dollars: float
) -> Breaker:
    """What a breaker is at a level that was read at `now`, or from then on.

    One that is open stays so; a level that nobody could read changes nothing. One that was read in part only, or before
    another that is judged already, opens a breaker but takes no warning back. In a new period it says nothing. No look
    takes as long as clocks may differ: what was judged later still was judged by a wrong clock.
    """
    late = before is not None and iso(now) < before.at <= iso(now + CLOCK_SLACK)
    if before is not None and late and before.period != span.key:
        return before
    was = present(before, budget, span, now)
    if level.spent is None:
        return was
    seen = was if late else replace(was, spent=round(level.spent, 6), at=iso(now))
    if was.state == "open" and late:
        return was
    if was.state == "open":
        return replace(seen, flows=next_flows(was.flows, parse_moment(was.since), level, now, leak_dollars))
    why = _why_open(was, budget, level, span, now)
    if why:
        return replace(seen, state="open", since=iso(now), why=why, flows=Flows())
    percent = _warned_at(was, budget, level.spent)
    if late or any(one.spent is None for one in level.readings):
        percent = max(percent, was.percent)
    state: State = "warned" if percent else "closed"
    since = was.since if state == was.state else iso(now)
    return replace(seen, state=state, since=since, percent=percent, why="")


def closed(before: Breaker, override: Override, now: datetime) -> Breaker:
    """A breaker that a person has closed; the next look judges it by the override's terms."""
    return replace(before, state="closed", since=iso(now), why="", percent=0.0, override=override, flows=Flows())


def reopened(before: Breaker, override: Override | None, now: datetime) -> Breaker:
    """A breaker as it was before a person had closed it, on a person's word too."""
    return replace(before, state="open", since=iso(now), why="turned back by a person", override=override)


def _why_open(was: Breaker, budget: Budget, level: Level, span: Span, now: datetime) -> str:
    limit = ceiling(was, budget)
    if limit is None:
        return ""
    assert level.spent is not None
    if level.spent >= limit:
        return f"${level.spent:,.2f} of ${limit:,.2f} spent in {span.key}"
    hour = now.replace(minute=0, second=0, microsecond=0)
    given = parse_moment(was.override.at) if was.override is not None else None
    for start, spent, most, name in (
        (hour, level.hour, budget.per_hour, "hour"),
        (hour.replace(hour=0), level.day, budget.per_day, "day"),
    ):
        held_against = given is None or given < start
        if most is not None and spent is not None and spent >= most and held_against:
            return f"${spent:,.2f} of ${most:,.2f} spent in the {name} from {start:%Y-%m-%d %H:%M} UTC"
    return ""


def _warned_at(was: Breaker, budget: Budget, spent: float) -> float:
    whole = was.override.ceiling if was.override is not None else budget.amount
    if whole is None:
        return 0.0
    return max((one for one in budget.warn_percent if spent >= whole * one / 100), default=0.0)


def to_note(breaker: Breaker) -> dict[str, Json]:
    """A breaker as the table holds it."""
    override = breaker.override
    return {
        "period": breaker.period,
        "state": breaker.state,
        "since": breaker.since,
        "at": breaker.at,
        "spent": breaker.spent,
        "percent": breaker.percent,
        "why": breaker.why,
        "override": None if override is None else {name: getattr(override, name) for name in Override.__slots__},
        "flows": breaker.flows.to_json(),
    }


def from_note(note: Mapping[str, Any]) -> Breaker | None:
    """The breaker that a note holds, None where it holds none yet."""
    if "state" not in note:
        return None
    override = note["override"]
    kept = {name: note[name] for name in ("period", "state", "since", "at", "spent", "percent", "why")}
    return Breaker(
        **kept,
        override=None if override is None else Override(**override),
        flows=Flows.from_json(note["flows"]),
    )

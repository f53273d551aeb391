"""The period of a budget that a moment falls in: explicit, in UTC, with a key of its own (field report F30)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.llm_keys.budgets import Period


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to, and without, `end`; `key` names the period, so that two of them are never mixed up."""

    key: str
    start: datetime
    end: datetime


def period_at(kind: Period, now: datetime) -> Span:
    """The period that runs. AWS Budgets' periods begin at midnight UTC too (Budgets user guide)."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if kind == "daily":
        return Span(f"{day:%Y-%m-%d}", day, day + timedelta(days=1))
    if kind == "monthly":
        start = day.replace(day=1)
        return Span(f"{start:%Y-%m}", start, _months_on(start, 1))
    if kind == "quarterly":
        start = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
        return Span(f"{start.year}-Q{(start.month + 2) // 3}", start, _months_on(start, 3))
    start = day.replace(month=1, day=1)
    return Span(f"{start.year}", start, start.replace(year=start.year + 1))


def _months_on(start: datetime, months: int) -> datetime:
    year, month = divmod(start.month - 1 + months, 12)
    return start.replace(year=start.year + year, month=month + 1)

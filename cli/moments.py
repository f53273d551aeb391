"""Times as people type them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from functions.core.types import Refused

SPAN = re.compile(r"(\d{1,5})([mhdw])")
UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def since(text: str, now: datetime) -> datetime:
    """A moment in the past: "24h", "7d", or an ISO date or time (UTC unless it says otherwise)."""
    try:
        span = _span(text)
        moment = now - span if span is not None else _iso(text, "--since", "24h, 7d")
    except OverflowError as error:
        raise Refused(f"--since {text}: that is out of range") from error
    if moment > now:
        raise Refused(f"--since {text}: that is in the future")
    return moment


def until(text: str, now: datetime) -> datetime:
    """A moment to come: "30d", an ISO time, or a date, which counts to its end (UTC)."""
    try:
        span = _span(text)
        moment = now + span if span is not None else _iso(text, "--until", "30d")
        if span is None and len(text.strip()) == len("2026-01-31"):
            moment += timedelta(days=1)
    except OverflowError as error:
        raise Refused(f"--until {text}: that is out of range; 9999-12-30 is the last day there is") from error
    if moment <= now:
        raise Refused(f"--until {text}: that is in the past; now is {now:%Y-%m-%d %H:%M} UTC")
    return moment


def _span(text: str) -> timedelta | None:
    found = SPAN.fullmatch(text.strip())
    return timedelta(**{UNITS[found[2]]: int(found[1])}) if found else None


def _iso(text: str, option: str, spans: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    except ValueError as error:
        raise Refused(
            f"{option} {text!r} is no time: write {spans}, a date (2026-01-31) or a time (2026-01-31T18:00Z)"
        ) from error
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)

"""Texts, amounts and times as the page writes them. Whatever comes from an account goes through `safe` or `bdi`."""

from __future__ import annotations

import html
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from functions.core.notice import dollars

LONGEST_NAME = 600
"""Characters of a name that are shown: longer than any name in AWS, shorter than what fills a page."""
LONGEST_TEXT = 400


def safe(text: str, longest: int = LONGEST_TEXT) -> str:
    """Text for an element or a quoted attribute: no markup, bounded, and with every unseen character spelled out.

    A line break, a right-to-left override or a zero-width space in a name becomes its number, so that two
    names that differ never look alike because of it.
    """
    cut = text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    return html.escape("".join(sign if sign.isprintable() else f"[U+{ord(sign):04X}]" for sign in cut))


def bdi(text: str, longest: int = LONGEST_TEXT) -> str:
    """`safe` text that cannot change the direction or the place of what stands around it."""
    return f"<bdi>{safe(text, longest)}</bdi>"


def name(text: str) -> str:
    """A name, which breaks after a slash or colon before it breaks anywhere else; neither is part of an entity."""
    breaking = safe(text, LONGEST_NAME).replace("/", "/<wbr>").replace(":", ":<wbr>")
    return f"<bdi>{breaking}</bdi>"


def code(text: str) -> str:
    """A command, an id or an ARN."""
    return f"<code>{name(text)}</code>"


def amount(saving: float) -> str:
    """The size of a saving or of a cost: its direction is said in words beside it."""
    return html.escape(dollars(abs(saving)))


def saves(saving: float) -> str:
    """A saving in words, for the middle of a sentence."""
    if not saving:
        return "saves no money"
    return f"saves {amount(saving)} a month" if saving > 0 else f"costs {amount(saving)} more a month"


def counted(count: int, word: str) -> str:
    """A number and its noun."""
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


def every(count: int, word: str) -> str:
    """All of them, by number: "the change", "both changes", "all 12 changes"."""
    if count == 1:
        return f"the {word}"
    return f"both {word}s" if count == 2 else f"all {count:,} {word}s"


def day(moment: datetime) -> str:
    """A date."""
    at = moment.astimezone(UTC)
    return f'<time datetime="{at:%Y-%m-%d}">{at.day} {at:%B %Y}</time>'


def minute(moment: datetime) -> str:
    """A date and time, in UTC as everything that Fusebox says."""
    at = moment.astimezone(UTC)
    return f'<time datetime="{at:%Y-%m-%dT%H:%MZ}">{at:%A} {at.day} {at:%B %Y}, {at:%H:%M} UTC</time>'


def span(lasts: timedelta) -> str:
    """A length of time in its two largest units, rounded down: nobody is promised more time than there is."""
    minutes = max(int(lasts.total_seconds()) // 60, 0)
    days, hours = minutes // 1440, minutes // 60 % 24
    parts = [(days, "day"), (hours, "hour")] if days else [(hours, "hour"), (minutes % 60, "minute")]
    said = " ".join(counted(number, word) for number, word in parts if number)
    return said or "less than a minute"


def pairs(rows: Iterable[tuple[str, str]], kind: str = "") -> str:
    """A list of names and values; both are markup already."""
    body = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in rows if value)
    return f'<dl class="{kind}">{body}</dl>' if body else ""

"""Foreign text on one line: names, tags, reasons and answers of AWS, as messages may show them."""

from __future__ import annotations

from functions.core.notice import LONGEST_TEXT

UNSHOWN = "\N{REPLACEMENT CHARACTER}"
"""Stands for what has no shape of its own: line ends, control signs, reversed direction, half a surrogate pair."""


def one_line(text: str, longest: int = LONGEST_TEXT) -> str:
    """A text without line ends and invisible signs, at most `longest` characters with "…" where it was cut."""
    if len(text) > longest:
        text = text[: longest - 1] + "…"
    return text if text.isprintable() else "".join(sign if sign.isprintable() else UNSHOWN for sign in text)

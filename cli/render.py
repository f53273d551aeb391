"""Tables for people.

Names, tags and reasons come from the account and may hold anything, so nothing is ever parsed as
Rich markup, and control characters are made visible.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.say import plain

PIPED_WIDTH = 200


class PlainConsole(Console):
    """A console that shows the control characters of what it is given instead of obeying them."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Prints text and tables."""
        super().print(*(plain(one, "\n") if isinstance(one, str) else one for one in objects), **options)


def console() -> Console:
    """Standard output; where it is no terminal, wide enough for most resource names."""
    out = PlainConsole(highlight=False, markup=False, emoji=False)
    if not out.is_terminal and "COLUMNS" not in os.environ:
        out.width = PIPED_WIDTH
    return out


def grid(
    columns: Sequence[str],
    rows: Iterable[Sequence[str | Text]],
    *,
    right: Sequence[str] = (),
    whole: Sequence[str] = (),
) -> Table:
    """A plain table; the columns in `right` hold numbers, and those in `whole` are never broken."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
    for name in columns:
        number = name in right
        table.add_column(name, justify="right" if number else "left", overflow="fold", no_wrap=number or name in whole)
    for row in rows:
        table.add_row(*(cell if isinstance(cell, Text) else Text(plain(cell)) for cell in row))
    return table

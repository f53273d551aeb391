"""How the demo looks in a terminal."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from rich.console import Console
from rich.panel import Panel
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from local.account import Message


class Show:
    """Prints the demo's steps; outside a terminal the same without spinner and colour."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._began = time.perf_counter()

    @contextmanager
    def step(self, what: str) -> Iterator[None]:
        """A step that takes a while: turns while it runs, ticked off with its seconds."""
        began = time.perf_counter()
        with self.console.status(f"{what} …"):
            yield
        self.done(f"{what} ({time.perf_counter() - began:.0f} s)")

    def done(self, what: str) -> None:
        self.console.print(f"[green]✓[/] {what}")

    def line(self, text: str) -> None:
        self.console.print(f"  {text}")

    def link(self, url: str) -> None:
        """An address on a line of its own, unbroken, so that a terminal opens it."""
        self.console.print(url, soft_wrap=True, markup=False, highlight=False)

    def chapter(self, title: str, how: str) -> None:
        """A heading, and under it the command or way that the chapter shows."""
        self.console.print()
        self.console.print(Rule(f"[bold]{title}[/]", align="left"))
        self.console.print(f"[dim]{how}[/]")

    def output(self, text: str) -> None:
        """What a command of the product printed, as it printed it."""
        self.console.print(Text.from_ansi(text.rstrip()))

    def before_and_after(self, before: Counter[str], after: Counter[str]) -> None:
        table = Table("Retention", "before", "after", box=None, header_style="dim")
        for column in table.columns[1:]:
            column.justify = "right"
        order = sorted({*before, *after}, key=lambda days: int(days.split()[0]) if days[0].isdigit() else -1)
        for days in order:
            style = "" if before[days] == after[days] else "bold"
            table.add_row(days, str(before[days]), str(after[days]), style=style)
        self.console.print(table)

    def states(self, states: Mapping[str, str]) -> None:
        """What state each instance is in now."""
        table = Table("Instance", "now", box=None, header_style="dim")
        for name, state in states.items():
            table.add_row(name, state, style="" if state == "running" else "bold")
        self.console.print(table)

    def tags(self, tags: Mapping[str, str]) -> None:
        """What a resource is tagged with, in one paragraph."""
        self.line("its tags: " + ", ".join(f"{key}={value}" for key, value in tags.items()))

    def climb(self, climb: Sequence[tuple[datetime, int, int]], name: str) -> None:
        """A group's desired capacity and max over time, as bars; bold from where max came down."""
        table = Table("UTC", name, "", "max", box=None, header_style="dim")
        table.columns[1].justify = table.columns[3].justify = "right"
        first = climb[0][2]
        for at, desired, maximum in climb:
            table.add_row(
                f"{at:%H:%M}", str(desired), "█" * desired, str(maximum), style="" if maximum == first else "bold"
            )
        self.console.print(table)

    def loop(self, loop: Sequence[tuple[datetime, int, int, float]]) -> None:
        """Calls of a model over time, served and refused, and what they cost in all, as bars."""
        table = Table("UTC", "served", "refused", "spent", "", box=None, header_style="dim")
        for column in table.columns[1:4]:
            column.justify = "right"
        for at, served, refused, spent in loop:
            bar = "█" * round(spent / 5)
            table.add_row(
                f"{at:%H:%M}", str(served), str(refused), f"${spent:,.0f}", bar, style="bold" if refused else ""
            )
        self.console.print(table)

    def pairs(self, pairs: Mapping[str, str]) -> None:
        """What is so, and how."""
        table = Table("", "", box=None, show_header=False)
        for name, value in pairs.items():
            table.add_row(name, value)
        self.console.print(table)

    def bill(self, bill: Mapping[str, float]) -> None:
        """What an hour and a month cost, held and as it would have been."""
        table = Table("", "an hour", "a month", box=None, header_style="dim")
        for column in table.columns[1:]:
            column.justify = "right"
        for label, hour in bill.items():
            table.add_row(label, f"${hour:,.2f}", f"${hour * 730:,.0f}")
        self.console.print(table)

    def message(self, message: Message) -> None:
        """An alert as its e-mail subscribers get it."""
        self.console.print(Panel(Text(message.body("email")), title=Text(message.subject or ""), title_align="left"))

    def the_end(self) -> None:
        self.console.print()
        self.done(
            f"That was Fusebox, in {time.perf_counter() - self._began:.0f} s. Your own account: [bold]make plan[/]"
        )

"""Progress on stderr, where that is a terminal: one line, rewritten a few times a second."""

from __future__ import annotations

import sys
import time

import typer

EVERY = 0.2
"""Seconds between two rewrites."""


class Progress:
    """What a long command has done so far. Not Rich's: its refresh thread costs more than a run's own work."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._shown = sys.stderr.isatty()
        self._width = 0
        self._next = 0.0

    def resources(self, seen: int) -> None:
        """Shows how many resources have been seen."""
        self.say(f"{seen:,} resources seen")

    def say(self, text: str) -> None:
        """Replaces the line."""
        now = time.monotonic()
        if self._shown and now >= self._next:
            self._next = now + EVERY
            line = f"{self._title}: {text}"
            typer.echo(f"\r{line:<{self._width}}", err=True, nl=False)
            self._width = len(line)

    def end(self) -> None:
        """Removes the line, so that what follows starts clean."""
        if self._width:
            typer.echo("\r" + " " * self._width + "\r", err=True, nl=False)
            self._width = 0

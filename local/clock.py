"""Virtual time: it ticks like real time and jumps when the account is told to advance.

The whole process that owns the account travels (time-machine), because moto reads the clock in many places
(`utcnow`, `datetime.now`, `time.time`) and one consistent time is worth more than a list of patches.
Monotonic clocks are not touched, so timeouts and sleeps stay real. Lambda child processes travel on their
own.
"""

from __future__ import annotations

from datetime import UTC, datetime

import time_machine


class VirtualClock:
    """The account's time. It starts at `start` and never goes back."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("the account's start must be an aware datetime")
        self._travel = time_machine.travel(start.astimezone(UTC), tick=True)
        self._traveller: time_machine.Traveller | None = None

    def start(self) -> None:
        self._traveller = self._travel.start()

    def stop(self) -> None:
        if self._traveller is not None:
            self._traveller = None
            self._travel.stop()

    def now(self) -> datetime:
        """The virtual time, in UTC."""
        return datetime.now(UTC)

    def jump_to(self, moment: datetime) -> None:
        """Moves forward to `moment`; a moment already past changes nothing."""
        if self._traveller is not None and moment > self.now():
            self._traveller.move_to(moment.astimezone(UTC), tick=True)

"""What is still to be delivered, ordered by its virtual time."""

from __future__ import annotations

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import datetime

Work = Callable[[], object]


class Agenda:
    """A queue of work by due time, first come first served within one moment; safe to add to from any
    thread.
    """

    def __init__(self) -> None:
        self._entries: list[tuple[datetime, int, Work]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()

    def add(self, due: datetime, work: Work) -> None:
        with self._lock:
            heapq.heappush(self._entries, (due, next(self._order), work))

    def take_due(self, now: datetime) -> Work | None:
        """Removes and returns the earliest work that is due, if any."""
        with self._lock:
            if self._entries and self._entries[0][0] <= now:
                return heapq.heappop(self._entries)[2]
            return None

    def next_due(self) -> datetime | None:
        with self._lock:
            return self._entries[0][0] if self._entries else None

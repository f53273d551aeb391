"""Paced calls: stays under an API quota, and slows down when AWS says it did not.

Field reports F6: tools that list and write without pace are throttled on large accounts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

MARGIN = 0.99
RECOVERY = 1.002


class Pacer:
    """Spaces the calls of one operation evenly.

    `per_second` is the owner's setting and `quota` AWS's default for the operation. A throttled
    reply takes a pace above the quota down to the quota at once, and one at the quota down by a
    third (others use it too); successful calls win the pace back slowly, never above the quota
    again.
    """

    def __init__(
        self,
        per_second: float,
        quota: float,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._ceiling = per_second
        self._rate = per_second * MARGIN
        self._quota = quota
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = 0.0

    def wait(self) -> None:
        """Returns when the next call may be made."""
        now = self._monotonic()
        if self._next > now:
            self._sleep(self._next - now)
            now = self._next
        self._next = now + 1 / self._rate

    def throttled(self) -> None:
        """AWS refused a call for its rate."""
        if self._rate > self._quota:
            self._ceiling, self._rate = self._quota, self._quota * MARGIN
        else:
            self._rate = max(self._rate * 2 / 3, self._quota / 20)
        self._next = max(self._next, self._monotonic() + 1 / self._rate)

    def succeeded(self) -> None:
        """AWS answered a call."""
        self._rate = min(self._rate * RECOVERY, self._ceiling * MARGIN)

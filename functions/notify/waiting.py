"""How long a message waits in its queue until it is tried again."""

from __future__ import annotations

FIRST_PAUSE = 30
LONGEST_PAUSE = 900
"""Seconds after the first try and at the most; the pause doubles with each try."""
LONGEST_ASKED = 3600
"""Seconds that Slack may ask for; SQS would hide a message for twelve hours."""
RECEIVES = 28
"""Tries before a message is a failure: with these pauses, six hours."""


class PutOff(Exception):
    """A message was not told and comes again, after `seconds` at least. Its text names no address."""

    def __init__(self, why: str, seconds: int = 0) -> None:
        super().__init__(why)
        self.seconds = min(seconds, LONGEST_ASKED)

    @classmethod
    def until_repaired(cls, why: str) -> PutOff:
        """What only a person can repair is not tried more often than need be."""
        return cls(why, LONGEST_PAUSE)


def pause_for(receives: int) -> int:
    """Seconds until the next try of a message that came so many times: 30, 60, 120 … 900."""
    return int(min(FIRST_PAUSE * 2 ** (min(max(receives, 1), 10) - 1), LONGEST_PAUSE))

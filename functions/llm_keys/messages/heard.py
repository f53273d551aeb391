"""A message of the budget topic as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message asks to look at: `budgets` by the policy's names, none meaning all of them.

    `note` is what it says, in one line for people; nothing is done on its word alone.
    """

    budgets: tuple[str, ...]
    note: str

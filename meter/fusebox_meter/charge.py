"""Whom a call is charged to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

LONGEST = 1024
"""Characters of a dimension's value (CloudWatch API reference, Dimension), which are ASCII, without control characters
and not all blank."""
Emit = Callable[[str], object] | TextIO | None
"""Where lines go: a function that takes one without its line break, a text stream, or None for standard output. A
function is called in the thread that made the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """The budget, and the team if there is one.

    `model` and `provider` say what a response does not: which model of Amazon Bedrock was asked, or whose prices count
    where another speaks like OpenAI. A `batch` costs what the provider asks for batches.
    """

    budget: str
    team: str = ""
    model: str = ""
    provider: str = ""
    batch: bool = False
    emit: Emit = None

    @property
    def wrong(self) -> str:
        """What CloudWatch would refuse, "" if nothing."""
        budget = self.budget
        if not isinstance(budget, str) or dimension(budget) != budget:
            return f"budget {budget!r:.60}: a text of 1 to {LONGEST} printable ASCII characters, blanks not at its ends"
        return ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The model that a call's keyword arguments name: `modelId`, as boto3 calls it, or `model`."""

    model_id: str = ""
    model: str = ""


def dimension(value: str) -> str:
    """A text as CloudWatch takes it for the value of a dimension."""
    if not (value.isascii() and value.isprintable()):
        value = "".join(one if " " <= one <= "~" else "?" for one in value)
    return value[:LONGEST].strip() or "unknown"

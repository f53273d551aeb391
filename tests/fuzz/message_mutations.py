"""What may go wrong with a real message on its way, or be made up by whoever can write to the topic."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any

from tests.fuzz.mutations import HOSTILE, Mutator

ENDS = ("\n", "\r\n", "\r", "\u2028", "\x0b", "\x85", " ", "")
BITS = (
    *HOSTILE,
    "Budget Name: ml-platform",
    "Budget Name: quiet",
    "Budget Name: ",
    "Budget Type: Cost",
    "Budget Type: Usage",
    "Alert Type: ACTUAL",
    "Alert Type: FORECASTED",
    "ACTUAL Amount: $1,000,000.00",
    "AWS Account 123456789012",
    "AWS Account 210987654321",
    "AWS Budget Notification November 02, 2026",
    "$-0.00",
    "$1e9",
    "9" * 60,
    ":",
    ": ",
    "\t",
    "\u2028",
    "\u200b",
    "\xa0",
    "\u202e",
    "<b>",
    '{"AlarmName": "x"}',
)


class MessageMutator:
    """Changes messages of a topic at random; `events` are the real shapes, which also lend their pieces."""

    def __init__(self, events: Sequence[Any]) -> None:
        bodies = [event["Records"][0]["Sns"]["Message"] for event in events]
        objects = [about for body in bodies if isinstance(about := _object(body), dict)]
        self._events = [json.dumps(event) for event in events]
        self._texts = [body for body in bodies if body.startswith("AWS Budget Notification")]
        self._lines = sorted({line for body in self._texts for line in body.split("\n")})
        # An event for the mutator of events is anything with a `detail`.
        self._objects = Mutator([{"detail": about} for about in objects])
        self._envelopes = Mutator([{"detail": event} for event in events])

    def event(self, random: Random) -> Any:
        """A message whose text, object or envelope is changed; the envelope alone least often."""
        if random.random() < 0.1:
            return self._envelopes.event(random).get("detail")
        event = json.loads(random.choice(self._events))
        event["Records"][0]["Sns"]["Message"] = self.body(random)
        return event

    def body(self, random: Random) -> str:
        """The text of such a message."""
        text = self._text(random) if random.random() < 0.55 else _dumped(self._objects.event(random).get("detail"))
        return text if random.random() < 0.9 else self._spoilt(random, text)

    def _text(self, random: Random) -> str:
        """A notification of AWS Budgets with up to six changes to its lines or its signs."""
        lines = random.choice(self._texts).split("\n")
        for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
            at = random.randrange(len(lines)) if lines else 0
            random.choice((self._drop, self._double, self._swap, self._borrow, self._insert, self._spoil, self._spoil))(
                random, lines, at
            )
        return (random.choice(ENDS) if random.random() < 0.1 else "\n").join(lines)

    def _drop(self, _: Random, lines: list[str], at: int) -> None:
        del lines[at : at + 1]

    def _double(self, random: Random, lines: list[str], at: int) -> None:
        lines[at:at] = lines[at : at + 1] * random.randrange(1, 3)

    def _swap(self, random: Random, lines: list[str], at: int) -> None:
        lines.insert(random.randrange(len(lines) + 1), lines.pop(at) if at < len(lines) else "")

    def _borrow(self, random: Random, lines: list[str], at: int) -> None:
        lines[at : at + 1] = [random.choice(self._lines)]

    def _insert(self, random: Random, lines: list[str], at: int) -> None:
        lines.insert(at, random.choice(BITS))

    def _spoil(self, random: Random, lines: list[str], at: int) -> None:
        lines[at : at + 1] = [self._spoilt(random, line) for line in lines[at : at + 1]]

    def _spoilt(self, random: Random, text: str) -> str:
        """A text as it was, but for a little."""
        cut = random.randrange(len(text) + 1)
        return random.choice(
            (
                text[:cut],
                text[cut:],
                text[:cut] + random.choice(BITS) + text[cut:],
                text + random.choice(BITS),
                random.choice(BITS) + text,
                text.replace(": ", random.choice((":", " : ", "：", ":  ", "\t"))),
                text.replace("123456789012", "210987654321"),
                text.replace("$", random.choice(("", "€", "-$", "$-", "US$"))),
                text.replace("a", "\u0430"),
                text.swapcase(),
                text * 2,
            )
        )


def _object(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _dumped(about: Any) -> str:
    """An object as text; too deep a one as its beginning."""
    try:
        return json.dumps(about)
    except RecursionError:
        return '{"AlarmName": ' + "[" * 5000

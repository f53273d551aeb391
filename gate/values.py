"""What a value in a template can turn out to be: each possibility with what must hold for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, TypeVar

MOST = 64
"""Possibilities of one value that are told apart; beyond them it is not known."""


class Absent(Enum):
    """Not there: AWS::NoValue, or null."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT


@dataclass(frozen=True, slots=True)
class Unknown:
    """There, but what it is comes out at deployment; `why` names its source, as in "Ref Owner"."""

    why: str


class Secret(str):
    """A value that is judged and must not be shown."""

    __slots__ = ()


Value = str | Unknown | Absent


@dataclass(frozen=True, slots=True)
class Question:
    """Something a deployment settles.

    A `condition` is part of the template, which has to be right either way. A `choice` is up to whoever deploys: the
    value of a parameter, or a mapping's key. `reach` is whether tags of the stack get to a type that does not say so.
    `scope` tells nested stacks apart.
    """

    kind: Literal["condition", "choice", "reach"]
    name: str = ""
    scope: str = ""

    def answered(self, answer: str) -> str:
        """The answer in words."""
        return "the stack's tags do not reach it" if self.kind == "reach" else f"{self.name} is {answer}"


When = frozenset[tuple[Question, str]]
ALWAYS: When = frozenset()


@dataclass(frozen=True, slots=True)
class Option:
    """One possibility of a value."""

    value: Value
    when: When = ALWAYS


T = TypeVar("T")


def both(one: When, other: When) -> When | None:
    """What must hold for both; None where they contradict each other."""
    if not other or one == other:
        return one
    if not one:
        return other
    answers = dict(one)
    if any(answers.setdefault(question, answer) != answer for question, answer in other):
        return None
    return frozenset(answers.items())


def under(when: When, options: Iterable[Option]) -> tuple[Option, ...]:
    """The options that can be, given something that must hold as well."""
    found = ((one.value, both(when, one.when)) for one in options)
    return tuple(Option(value, merged) for value, merged in found if merged is not None)


def together(parts: Sequence[Sequence[Option]], why: str) -> list[tuple[tuple[str, ...], When]] | Unknown:
    """All ways in which literal parts can stand together; Unknown where a part is, or there are too many ways."""
    ways: list[tuple[tuple[str, ...], When]] = [((), ALWAYS)]
    for part in parts:
        further: list[tuple[tuple[str, ...], When]] = []
        for texts, when in ways:
            for option in part:
                if isinstance(option.value, Unknown):
                    return Unknown(why)
                merged = both(when, option.when)
                if merged is not None:
                    further.append(((*texts, "" if isinstance(option.value, Absent) else option.value), merged))
        if len(further) > MOST:
            return Unknown(why)
        ways = further
    return ways

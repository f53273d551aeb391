"""What is wrong with a policy, in lines a person can act on: file, line, found, allowed."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong, on one line (0: with the file as a whole), under one dotted key."""

    line: int
    key: str
    what: str


class PolicyError(Exception):
    """A policy that cannot be used; its text has one line for each problem."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__("\n".join(map(self._told, self.problems)))

    def _told(self, one: Problem) -> str:
        parts = (f"{self.file}:{one.line}" if one.line else self.file, one.key, one.what)
        return ": ".join(filter(None, parts))


def explain(
    file: str, errors: Iterable[Mapping[str, Any]], line_of: Callable[[Path], int], keys_at: Callable[[Path], list[str]]
) -> PolicyError:
    """Pydantic's errors in the policy's own terms. `keys_at` lists the keys allowed under a path."""
    problems = []
    for error in errors:
        path: Path = tuple(error["loc"])
        written = path
        if error["type"] in ("missing", "missing_argument"):
            written = path[:-1]
        what = _what(error, keys_at(path[:-1]))
        problems.append(Problem(line_of(written), ".".join(map(str, path)), what))
    return PolicyError(file, problems)


def _what(error: Mapping[str, Any], allowed: list[str]) -> str:
    kind, found, context = error["type"], error.get("input"), error.get("ctx", {})
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        key = str(error["loc"][-1])
        close = difflib.get_close_matches(key, allowed, n=1)
        hint = f"did you mean {close[0]!r}? " if close else ""
        return f"unknown key; {hint}allowed are: {', '.join(allowed)}"
    if kind in ("missing", "missing_argument"):
        return "is missing"
    if kind in ("literal_error", "enum"):
        return f"found {found!r:.80}, allowed are: {str(context['expected']).replace(' or ', ', ')}"
    if kind == "value_error":
        return str(context["error"])
    message = str(error["msg"])
    return f"found {found!r:.80}: {message[0].lower()}{message[1:]}"

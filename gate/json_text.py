"""JSON with the line of each resource: the standard parser for the value, a look at the brackets for the lines."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from gate.document import DEEPEST, RESOURCES, Document, Unreadable, is_template

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:\n]', re.DOTALL)


def parse(text: str, file: str) -> Document:
    """The value in the text; Unreadable for bad syntax, with its line, and for keys that stand twice."""
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except json.JSONDecodeError as error:
        raise Unreadable(file, error.lineno, f"not JSON: {error.msg}") from error
    except RecursionError as error:
        raise Unreadable(file, 1, f"is nested more than {DEEPEST} levels deep") from error
    except ValueError as error:
        raise Unreadable(file, 0, f"not JSON: {error}") from error
    return Document(file, value, _lines(text, file) if is_template(value) else {})


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"{twice!r:.80} stands twice in one object")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def _lines(text: str, file: str) -> dict[str, int]:
    """The line of each key of the object at Resources."""
    found: dict[str, int] = {}
    depth, line, inside, last, last_line = 0, 1, False, "", 1
    for match in TOKEN.finditer(text):
        mark = match.group()
        if mark == "\n":
            line += 1
        elif mark in "{[":
            depth += 1
            if depth > DEEPEST:
                raise Unreadable(file, line, f"is nested more than {DEEPEST} levels deep")
        elif mark in "}]":
            depth -= 1
            inside = inside and depth >= 2
        elif mark == ":":
            if depth == 1:
                inside = last == f'"{RESOURCES}"'
            elif depth == 2 and inside:
                found[json.loads(last)] = last_line
        else:
            last, last_line = mark, line
    return found

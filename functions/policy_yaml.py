"""YAML with positions: values as JSON has them, and the line on which each was written.

Takes the part of YAML that a policy needs and that every editor reads alike: no anchors, aliases or
tags, no dates, numbers in plain digits only.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

import yaml

from functions.policy_errors import PolicyError, Problem

Path = tuple[str | int, ...]
STANDARD = "tag:yaml.org,2002:"
DEEPEST = 20
"""Levels of nesting; a policy has six."""
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9_]{0,14})")
"""Not what YAML 1.1 also takes for whole numbers: octal (030 is 24) and base 60 (1:30 is 90)."""


@dataclass(frozen=True)
class Document:
    """A parsed file: its value, and the line of each key and item by its path."""

    value: Any
    lines: dict[Path, int]

    def line_of(self, path: Path) -> int:
        """The line of a path, or of the nearest part of it that was written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def parse(text: str, file: str) -> Document:
    """Parses YAML; raises PolicyError for bad syntax and for what is not taken here, with its line."""
    try:
        _check_events(text, file)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = str(getattr(error, "problem", error)).splitlines()[0]
        raise PolicyError(file, [Problem(line, "", f"not YAML: {what}")]) from error
    lines: dict[Path, int] = {}
    return Document({} if node is None else _value(node, (), lines, file), lines)


def _check_events(text: str, file: str) -> None:
    """What has to be refused before the document is put together: it could have no end."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        mark, what = event.start_mark, ""
        assert mark is not None
        if isinstance(event, yaml.AliasEvent):
            what = f"alias *{event.anchor}: a policy takes none, write it out"
        elif tag := getattr(event, "tag", None):
            what = f"tag {str(tag).replace(STANDARD, '!!')}: a policy takes none"
        elif depth > DEEPEST:
            what = f"is nested more than {DEEPEST} levels deep"
        if what:
            raise PolicyError(file, [Problem(mark.line + 1, "", what)])


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], file: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = _key(key_node, file), key_node.start_mark.line + 1
            if key in found:
                first = lines[*path, key]
                raise PolicyError(file, [Problem(line, _dotted((*path, key)), f"stands twice, first on line {first}")])
            lines[*path, key] = line
            found[key] = _value(value_node, (*path, key), lines, file)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines, file) for index, item in enumerate(node.value)]
    try:
        return _scalar(node)
    except ValueError as error:
        what = f"found {node.value!r:.80}: {error}"
        raise PolicyError(file, [Problem(node.start_mark.line + 1, _dotted(path), what)]) from error


def _scalar(node: yaml.Node) -> str | int | float | bool | None:
    """The value of a scalar; ValueError, with what to write instead, where it is none of a policy's."""
    text, kind = str(node.value), node.tag.removeprefix(STANDARD)
    if kind == "str":
        return _text(text)
    if kind == "null":
        return None
    if kind == "bool":
        return yaml.SafeLoader.bool_values[text.lower()]
    if kind == "int":
        if not INTEGER.fullmatch(text):
            raise ValueError("write a whole number in plain digits, 15 at the most")
        return int(text)
    if kind == "float":
        return _finite(text)
    raise ValueError("put it in quotes")


def _text(text: str) -> str:
    if any("\ud800" <= one <= "\udfff" for one in text):
        raise ValueError("holds half a character (a lone surrogate)")
    return text


def _finite(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise ValueError("write a finite number in plain digits")
    return number


def _key(node: yaml.Node, file: str) -> str:
    if node.tag != STANDARD + "str":
        raise PolicyError(file, [Problem(node.start_mark.line + 1, "", f"a key is text, found {node.value!r:.80}")])
    return str(node.value)


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))

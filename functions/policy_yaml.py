"""YAML with positions: values as JSON has them, and the line on which each was written."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

from functions.policy_errors import PolicyError, Problem

Path = tuple[str | int, ...]


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
    """Parses YAML; raises PolicyError for bad syntax, repeated keys and keys that are no text."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        what = str(getattr(error, "problem", error)).splitlines()[0]
        raise PolicyError(file, [Problem(line, "", f"not YAML: {what}")]) from error
    lines: dict[Path, int] = {}
    if node is None:
        return Document({}, lines)
    loader = yaml.SafeLoader("")
    try:
        return Document(_value(node, (), lines, loader, file), lines)
    finally:
        loader.dispose()


def _value(node: yaml.Node, path: Path, lines: dict[Path, int], loader: yaml.SafeLoader, file: str) -> Any:
    lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, line = _key(key_node, loader, file), key_node.start_mark.line + 1
            if key in found:
                first = lines[*path, key]
                raise PolicyError(file, [Problem(line, _dotted((*path, key)), f"stands twice, first on line {first}")])
            lines[*path, key] = line
            found[key] = _value(value_node, (*path, key), lines, loader, file)
        return found
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), lines, loader, file) for index, item in enumerate(node.value)]
    return loader.construct_object(node, deep=True)


def _key(node: yaml.Node, loader: yaml.SafeLoader, file: str) -> str:
    key: Hashable = loader.construct_object(node, deep=True) if isinstance(node, yaml.ScalarNode) else None
    if not isinstance(key, str):
        raise PolicyError(file, [Problem(node.start_mark.line + 1, "", f"a key is text, found {key!r}")])
    return key


def _dotted(path: Path) -> str:
    return ".".join(map(str, path))

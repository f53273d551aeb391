"""Fn::ForEach, as far as the list it goes through is written in the template.

Source: CloudFormation template reference, Fn::ForEach: `Fn::ForEach::Name: [Identifier, [Item, …], {Key: Value}]`;
${Identifier} stands for the item, &{Identifier} for its letters and digits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LOOP = "Fn::ForEach::"
MOST = 1_000
"""Copies that loops may make; a stack has five hundred resources at most (CloudFormation quotas)."""
MOST_VALUES = 200_000


class Unresolved(Exception):
    """A loop whose copies are not known before a deployment."""


def unrolled(mapping: Mapping[str, Any], lists: Mapping[str, list[str]] | None = None) -> dict[str, Any]:
    """The mapping with its loops written out; Unresolved. `lists` holds parameters that are lists."""
    if not any(key.startswith(LOOP) for key in mapping):
        return dict(mapping)
    found: dict[str, Any] = {}
    for key, value in mapping.items():
        found |= _copies(key, value, lists or {}) if key.startswith(LOOP) else {key: value}
        if len(found) > MOST:
            raise Unresolved(f"{key} makes more than {MOST} copies")
    return found


def _copies(name: str, loop: Any, lists: Mapping[str, list[str]]) -> dict[str, Any]:
    if not (isinstance(loop, list) and len(loop) == 3 and isinstance(loop[0], str) and isinstance(loop[2], dict)):
        raise Unresolved(f"{name} is not written as [Identifier, [Item, …], {{Key: Value}}]")
    identifier, items, body = loop
    if isinstance(items, dict) and items.keys() == {"Ref"} and items["Ref"] in lists:
        items = lists[items["Ref"]]
    if not (isinstance(items, list) and all(isinstance(one, (str, int)) for one in items)):
        raise Unresolved(f"{name} goes through a list that is not known")
    if len(items) > MOST or len(items) * _size(body) > MOST_VALUES:
        raise Unresolved(f"{name} makes more than {MOST} copies")
    found: dict[str, Any] = {}
    for item in items:
        found |= unrolled(_replaced(body, identifier, str(item)), lists)
        if len(found) > MOST:
            raise Unresolved(f"{name} makes more than {MOST} copies")
    return found


def _replaced(value: Any, identifier: str, item: str) -> Any:
    """A copy with the item in the identifier's place: in texts and keys, and for Ref."""
    if isinstance(value, str):
        short = re.sub(r"[^A-Za-z0-9]", "", item)
        return value.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", short)
    if isinstance(value, list):
        return [_replaced(one, identifier, item) for one in value]
    if isinstance(value, dict):
        if value == {"Ref": identifier}:
            return item
        return {_replaced(key, identifier, item): _replaced(one, identifier, item) for key, one in value.items()}
    return value


def _size(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(_size, value.values()))
    return 1 + sum(map(_size, value)) if isinstance(value, list) else 1

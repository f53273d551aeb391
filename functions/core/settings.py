"""Reads settings back from the JSON that synth wrote, with the standard library alone.

The policy was validated by Pydantic before it was written; this only gives the values their types
again, and is as cheap as a cold start needs.
"""

from __future__ import annotations

import dataclasses
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")


def from_plain(cls: type[T], data: dict[str, Any]) -> T:
    """A settings dataclass from plain JSON; an unknown key is a TypeError."""
    hints = get_type_hints(cls)
    return cls(**{key: _typed(hints.get(key), value) for key, value in data.items()})


def to_plain(settings: Any) -> dict[str, Any]:
    """The JSON form of a settings dataclass."""
    return dataclasses.asdict(settings)


def _typed(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return from_plain(hint, value)
    if get_origin(hint) is tuple:
        return tuple(_typed(get_args(hint)[0], one) for one in value)
    return value

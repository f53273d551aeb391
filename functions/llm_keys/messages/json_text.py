"""A message that is a JSON object, read so that nothing in it is lost or doubled."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NoReturn

from functions.core.types import MalformedEvent


def claims_to_be_one(text: str) -> bool:
    """Whether a text begins like a JSON object."""
    return text.lstrip().startswith("{")


def read_object(text: str) -> Mapping[str, Any]:
    """The object, its numbers as Decimal; raises MalformedEvent for keys that stand twice, NaN and whatever is no JSON.

    A key that stands twice would be read one way here and another way elsewhere.
    """
    try:
        found = json.loads(
            text,
            parse_int=Decimal,
            parse_float=Decimal,
            parse_constant=_no_number,
            object_pairs_hook=_once,
        )
    except MalformedEvent:
        raise
    except (ValueError, ArithmeticError, RecursionError) as error:
        raise MalformedEvent(f"the message is no JSON: {type(error).__name__}") from error
    if not isinstance(found, dict):
        raise MalformedEvent("the message is JSON, but no object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = Counter(key for key, _ in pairs).most_common(1)[0][0]
        raise MalformedEvent(f"the message has the key {twice!r:.60} twice")
    return found


def _no_number(said: str) -> NoReturn:
    raise MalformedEvent(f"the message has {said} for a number")

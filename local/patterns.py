"""EventBridge event patterns.

Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html. A pattern's
leaf is a list of alternatives; an event's array matches when one of its elements does, also inside arrays of
objects. An operator this file does not know is an error, never a match.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from local.errors import PatternError

_MISSING = object()


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether the event fits the pattern. Raises PatternError for what EventBridge would not accept."""
    return _object(pattern, [event])


def check(pattern: Mapping[str, Any]) -> None:
    """Raises PatternError if any part of the pattern is unknown, whether or not an event would reach it."""
    if not isinstance(pattern, Mapping) or not pattern:
        raise PatternError(f"a pattern is a non-empty object, not {pattern!r}")
    for key, expected in pattern.items():
        if key == "$or":
            if not isinstance(expected, list) or len(expected) < 2:
                raise PatternError("$or takes a list of at least two patterns")
            for alternative in expected:
                check(alternative)
        elif isinstance(expected, Mapping):
            check(expected)
        elif isinstance(expected, list) and expected:
            for rule in expected:
                _leaf(rule, _MISSING)
        else:
            raise PatternError(f"{key!r} must be an object or a non-empty list, not {expected!r}")


def _object(pattern: Mapping[str, Any], places: list[Any]) -> bool:
    """`places` are the objects a key may be looked up in: more than one after descending into an array."""
    for key, expected in pattern.items():
        if key == "$or":
            if not any(_object(alternative, places) for alternative in expected):
                return False
            continue
        found = [place[key] for place in places if isinstance(place, Mapping) and key in place]
        flat = [element for value in found for element in (value if isinstance(value, list) else [value])]
        if isinstance(expected, Mapping):
            if not _object(expected, flat or [{}]):
                return False
        elif isinstance(expected, list):
            # EventBridge's `exists` works on leaves: an object or an empty array there is no leaf.
            values = [value for value in flat if not isinstance(value, Mapping)] or [_MISSING]
            if not any(_leaf(rule, value) for rule in expected for value in values):
                return False
        else:
            raise PatternError(f"{key!r} must be an object or a list, not {expected!r}")
    return True


def _leaf(rule: Any, value: Any) -> bool:
    if not isinstance(rule, Mapping):
        # JSON's true and 1 are different things, Python's are equal.
        return value is not _MISSING and isinstance(rule, bool) == isinstance(value, bool) and bool(rule == value)
    if len(rule) != 1:
        raise PatternError(f"an operator object has exactly one key: {rule!r}")
    ((operator, operand),) = rule.items()
    try:
        evaluate = _OPERATORS[operator]
    except KeyError:
        raise PatternError(f"unknown operator {operator!r}; known: {', '.join(sorted(_OPERATORS))}") from None
    return evaluate(operand, value)


def _exists(operand: Any, value: Any) -> bool:
    if not isinstance(operand, bool):
        raise PatternError(f"exists takes true or false, not {operand!r}")
    return (value is not _MISSING) is operand


def _text(compare: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def evaluate(operand: Any, value: Any) -> bool:
        ignore_case = isinstance(operand, Mapping)
        if ignore_case:
            if set(operand) != {"equals-ignore-case"}:
                raise PatternError(f"a nested text operand can only be equals-ignore-case: {operand!r}")
            operand = operand["equals-ignore-case"]
        if not isinstance(operand, str):
            raise PatternError(f"a text operator takes a string, not {operand!r}")
        if not isinstance(value, str):
            return False
        return compare(value.lower(), operand.lower()) if ignore_case else compare(value, operand)

    return evaluate


def wildcard_expression(text: str) -> re.Pattern[str]:
    """`*` for any run of characters; `\\*` and `\\\\` for themselves."""
    if "**" in text:
        raise PatternError(f"consecutive wildcards are not allowed: {text!r}")
    parts = re.findall(r"\\[*\\]|\*|[^*\\]+|\\", text)
    return re.compile(
        "".join(".*" if p == "*" else re.escape(p[1:] if p in ("\\*", "\\\\") else p) for p in parts),
        re.DOTALL,
    )


def _wildcard(operand: Any, value: Any) -> bool:
    if not isinstance(operand, str):
        raise PatternError(f"wildcard takes a string, not {operand!r}")
    expression = wildcard_expression(operand)
    return isinstance(value, str) and expression.fullmatch(value) is not None


def _numeric(operand: Any, value: Any) -> bool:
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise PatternError(f"numeric takes one or two comparisons, not {operand!r}")
    compare: dict[Any, Callable[[float, float], bool]] = {
        "=": lambda a, b: a == b,
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    for sign, bound in zip(operand[::2], operand[1::2], strict=True):
        if sign not in compare or isinstance(bound, bool) or not isinstance(bound, int | float):
            raise PatternError(f"numeric cannot compare with {sign!r} {bound!r}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return all(compare[sign](value, bound) for sign, bound in zip(operand[::2], operand[1::2], strict=True))


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, Mapping):
        if len(operand) != 1 or next(iter(operand)) not in (
            "prefix",
            "suffix",
            "wildcard",
            "equals-ignore-case",
        ):
            raise PatternError(f"anything-but cannot negate {operand!r}")
        ((operator, operands),) = operand.items()
        rules: Iterable[Any] = [{operator: o} for o in (operands if isinstance(operands, list) else [operands])]
    else:
        rules = operand if isinstance(operand, list) else [operand]
    hits = [_leaf(rule, value) for rule in rules]
    # The field must be there: a missing one does not match anything-but.
    return value is not _MISSING and not any(hits)


def _cidr(operand: Any, value: Any) -> bool:
    try:
        network = ipaddress.ip_network(operand)
    except (ValueError, TypeError):
        raise PatternError(f"cidr takes a network, not {operand!r}") from None
    try:
        return ipaddress.ip_address(value) in network
    except ValueError:
        return False


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "exists": _exists,
    "prefix": _text(str.startswith),
    "suffix": _text(str.endswith),
    "equals-ignore-case": _text(lambda value, operand: value.lower() == operand.lower()),
    "wildcard": _wildcard,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "cidr": _cidr,
}

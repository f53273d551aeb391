"""The functions of CloudFormation, as far as they can be worked out before a deployment.

Sources: CloudFormation template reference, intrinsic functions and pseudo parameters. A condition is not solved: both
branches of Fn::If are possibilities.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gate.values import ABSENT, MOST, Option, Question, Unknown, When, both, together, under

VARIABLE = re.compile(r"\$\{([^}]*)\}")
DYNAMIC = "{{resolve:"
"""Begins what CloudFormation fetches from SSM or Secrets Manager when it deploys."""
NO_VALUE = "AWS::NoValue"
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True)
class Scope:
    """What expressions of one stack can refer to: parameters with their possibilities, mappings, and where it is."""

    name: str = ""
    parameters: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    mappings: Mapping[str, Any] = field(default_factory=dict)
    pseudo: Mapping[str, str] = field(default_factory=dict)


def function(expression: Any) -> tuple[str, Any] | None:
    """Name and argument of a function call; None for plain data."""
    if isinstance(expression, dict) and len(expression) == 1:
        ((name, argument),) = expression.items()
        if name in ("Ref", "Condition") or (isinstance(name, str) and name.startswith("Fn::")):
            return name, argument
    return None


def is_no_value(expression: Any) -> bool:
    """Whether it is AWS::NoValue, or null."""
    return expression is None or (isinstance(expression, dict) and expression == {"Ref": NO_VALUE})


def branches(argument: Any, scope: Scope) -> tuple[tuple[Any, When], tuple[Any, When]] | None:
    """Both branches of an Fn::If with what must hold for each; None where it is not written right."""
    if not (isinstance(argument, list) and len(argument) == 3 and isinstance(argument[0], str)):
        return None
    asked = Question("condition", argument[0], scope.name)
    return (argument[1], frozenset({(asked, "true")})), (argument[2], frozenset({(asked, "false")}))


def options(expression: Any, scope: Scope) -> tuple[Option, ...]:
    """What a value can turn out to be; one Unknown where that cannot be said."""
    if isinstance(expression, str):
        dynamic = DYNAMIC in expression
        return (Option(Unknown("a dynamic reference") if dynamic else expression),)
    if expression is None:
        return (Option(ABSENT),)
    if isinstance(expression, bool):
        return (Option(str(expression).lower()),)
    if isinstance(expression, (int, float)):
        return (Option(str(expression)),)
    call = function(expression)
    if call is None:
        return (Option(Unknown("a value that is no text")),)
    name, argument = call
    worked_out = FUNCTIONS.get(name)
    found = worked_out(argument, scope) if worked_out else ()
    return found if 0 < len(found) <= MOST else (Option(Unknown(_named(name, argument))),)


def _named(name: str, argument: Any) -> str:
    return f"{name} {argument}" if isinstance(argument, str) and name != "Fn::Sub" else name


def _ref(argument: Any, scope: Scope) -> tuple[Option, ...]:
    if argument == NO_VALUE:
        return (Option(ABSENT),)
    if not isinstance(argument, str):
        return ()
    if argument in scope.pseudo:
        return (Option(scope.pseudo[argument]),)
    return scope.parameters.get(argument, ())


def _if(argument: Any, scope: Scope) -> tuple[Option, ...]:
    found = branches(argument, scope)
    if found is None:
        return ()
    return tuple(option for branch, when in found for option in under(when, options(branch, scope)))


def _sub(argument: Any, scope: Scope) -> tuple[Option, ...]:
    text, given = argument, NOTHING
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
        text, given = argument
    if not isinstance(text, str):
        return ()
    parts: list[tuple[Option, ...]] = []
    end = 0
    for match in VARIABLE.finditer(text):
        parts.append((Option(text[end : match.start()]),))
        end, name = match.end(), match.group(1).strip()
        if name.startswith("!"):
            parts.append((Option(f"${{{name[1:]}}}"),))
        elif name in given:
            parts.append(options(given[name], scope))
        else:
            parts.append(_ref(name, scope) or (Option(Unknown(name)),))
    return _joined("", [*parts, (Option(text[end:]),)])


def _join(argument: Any, scope: Scope) -> tuple[Option, ...]:
    if not (isinstance(argument, list) and len(argument) == 2 and isinstance(argument[0], str)):
        return ()
    items = _items(argument[1], scope)
    return () if items is None else _joined(argument[0], [options(one, scope) for one in items])


def _joined(between: str, parts: list[tuple[Option, ...]]) -> tuple[Option, ...]:
    ways = together(parts, "")
    return () if isinstance(ways, Unknown) else tuple(Option(between.join(texts), when) for texts, when in ways)


def _select(argument: Any, scope: Scope) -> tuple[Option, ...]:
    if not (isinstance(argument, list) and len(argument) == 2 and re.fullmatch("[0-9]{1,4}", str(argument[0]))):
        return ()
    items, index = _items(argument[1], scope), int(argument[0])
    return options(items[index], scope) if items is not None and index < len(items) else ()


def _items(expression: Any, scope: Scope) -> list[Any] | None:
    """The items of a list, or of a text that is split; None where they are not known."""
    if isinstance(expression, list):
        return expression
    call = function(expression)
    if call and call[0] == "Fn::Split" and isinstance(call[1], list) and len(call[1]) == 2:
        whole = options(call[1][1], scope)
        between, value = call[1][0], whole[0].value
        if len(whole) == 1 and isinstance(value, str) and isinstance(between, str) and between:
            return list(value.split(between))
    return None


def _find_in_map(argument: Any, scope: Scope) -> tuple[Option, ...]:
    """The mapping's value; where a key is not known, all that stand on that key's level."""
    if not (isinstance(argument, list) and len(argument) in (3, 4) and isinstance(argument[0], str)):
        return ()
    name, default = argument[0], None
    if len(argument) == 4 and isinstance(argument[3], dict):
        default = argument[3].get("DefaultValue")
    mapping, found = _level(scope.mappings, name), list[Option]()
    for top, first in _keys(argument[1], mapping, name, scope):
        level = _level(mapping, top)
        for second, also in _keys(argument[2], level, f"{name} {top}", scope):
            when, value = both(first, also), level.get(second, default)
            if when is not None and len(found) <= MOST:
                found += under(when, (Option(Unknown("Fn::FindInMap")),) if value is None else options(value, scope))
    return tuple(found)


def _level(mapping: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = mapping.get(key)
    return found if isinstance(found, dict) else NOTHING


def _keys(expression: Any, level: Mapping[str, Any], name: str, scope: Scope) -> list[tuple[str, When]]:
    found: list[tuple[str, When]] = []
    for option in options(expression, scope):
        if isinstance(option.value, str):
            found.append((option.value, option.when))
        elif isinstance(option.value, Unknown):
            asked = Question("choice", f"the key in {name}", scope.name)
            each = ((str(key), both(option.when, frozenset({(asked, str(key))}))) for key in level)
            found += [(key, when) for key, when in each if when is not None]
    return found


FUNCTIONS: Mapping[str, Callable[[Any, Scope], tuple[Option, ...]]] = {
    "Ref": _ref,
    "Fn::If": _if,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::FindInMap": _find_in_map,
}

"""What the parameters of a template can be, before anybody has said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate.intrinsics import Scope, options
from gate.values import ALWAYS, MOST, Option, Question, Unknown, Value


def possible(
    declared: Any, scope: str, given: Mapping[str, tuple[Option, ...]] | None = None
) -> dict[str, tuple[Option, ...]]:
    """What the parameters of a template can be.

    `given` is what a parent stack passes: then a default is what an omitted one is. Otherwise whoever deploys may say
    anything that AllowedValues allow, or anything at all.
    """
    found: dict[str, tuple[Option, ...]] = {}
    for name, one in declared.items() if isinstance(declared, dict) else ():
        one = one if isinstance(one, dict) else {}
        if str(one.get("Type", "String")).startswith(("AWS::SSM::", "List", "CommaDelimited")):
            found[name] = (Option(Unknown(f"Ref {name}")),)
        elif given is not None and (name in given or "Default" in one):
            found[name] = given[name] if name in given else options(one["Default"], Scope())
        else:
            found[name] = _chosen(name, one.get("AllowedValues"), scope)
    return found


def _chosen(name: str, allowed: Any, scope: str) -> tuple[Option, ...]:
    values: list[Value] = []
    if isinstance(allowed, list) and 0 < len(allowed) <= MOST:
        values = [options(one, Scope())[0].value for one in allowed]
    if not values or not all(isinstance(one, str) for one in values):
        return (Option(Unknown(f"Ref {name}")),)
    if len(values) == 1:
        return (Option(values[0], ALWAYS),)
    asked = Question("choice", name, scope)
    return tuple(Option(one, frozenset({(asked, str(one))})) for one in dict.fromkeys(values))

"""The tags that a property can turn out to set: alternatives, each with its entries and whether more may come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gate.intrinsics import Scope, branches, function, is_no_value, options
from gate.loops import LOOP, Unresolved, unrolled
from gate.values import ABSENT, ALWAYS, MOST, Absent, Question, Unknown, Value, When, both, under


@dataclass(frozen=True, slots=True)
class TagOption:
    """One possibility of an entry; a key that is Unknown may be any."""

    key: str | Unknown
    value: Value
    when: When = ALWAYS


Entry = tuple[TagOption, ...]


@dataclass(frozen=True, slots=True)
class TagSet:
    """One alternative of a resource's tags; later entries win. `more` says why others may come, or ""."""

    entries: tuple[Entry, ...] = ()
    more: str = ""
    when: When = ALWAYS


NONE: tuple[TagSet, ...] = (TagSet(),)


def plain(tags: Mapping[str, str]) -> tuple[TagSet, ...]:
    """The alternatives of tags that are known."""
    return (TagSet(tuple((TagOption(key, value),) for key, value in tags.items())),)


def combined(parts: Iterable[tuple[TagSet, ...]]) -> tuple[TagSet, ...]:
    """All ways in which sets can stand together, later ones over earlier ones."""
    ways = NONE
    for part in parts:
        if part == NONE:
            continue
        ways = tuple(
            TagSet(one.entries + other.entries, one.more or other.more, when)
            for one in ways
            for other in part
            if (when := both(one.when, other.when)) is not None
        )
        if len(ways) > MOST:
            return (TagSet(more="what comes of so many conditions"),)
    return ways


def of_property(expression: Any, shape: str, scope: Scope) -> tuple[TagSet, ...]:
    """The alternatives of a property of the given shape (gate.types.Tagging), as template data."""
    if shape in ("list", "map"):
        return _each_branch(expression, scope, _tags)
    if shape == "items":
        return _each_branch(expression, scope, _items)
    return _each_branch(expression, scope, lambda one, scope: _specifications(one, shape, scope))


def _items(found: Any, scope: Scope) -> tuple[TagSet, ...]:
    """Tags under `Items`; whatever else stands there is none that CloudFormation would take."""
    if not isinstance(found, dict):
        return (TagSet(more="a value that is no tags"),)
    return _each_branch(found.get("Items"), scope, _tags)


def _each_branch(expression: Any, scope: Scope, read: Callable[[Any, Scope], tuple[TagSet, ...]]) -> tuple[TagSet, ...]:
    """Reads plain data; of an Fn::If both branches; of any other function nothing is known."""
    if is_no_value(expression):
        return NONE
    call = function(expression)
    if call and call[0].startswith(LOOP):
        call = None
    if call is None:
        return (
            read(expression, scope)
            if isinstance(expression, (list, dict))
            else (TagSet(more="a value that is no tags"),)
        )
    name, argument = call
    found = branches(argument, scope) if name == "Fn::If" else None
    if found is None:
        return (TagSet(more=f"{name} {argument}" if isinstance(argument, str) else name),)
    return tuple(
        TagSet(one.entries, one.more, merged)
        for branch, when in found
        for one in _each_branch(branch, scope, read)
        if (merged := both(when, one.when)) is not None
    )


def _tags(expression: Any, scope: Scope) -> tuple[TagSet, ...]:
    """A list of keys and values, or a map: which of the two a type wants is for CloudFormation to check."""
    if isinstance(expression, list):
        return (TagSet(tuple(_item(one, scope) for one in expression)),)
    try:
        pairs = unrolled(expression)
    except Unresolved as error:
        return (TagSet(more=str(error)),)
    more = next((key for key in pairs if key.startswith("Fn::")), "")
    entries = [_pair(key, value, scope) for key, value in pairs.items() if not key.startswith("Fn::")]
    return (TagSet(tuple(entries), more),)


def _item(expression: Any, scope: Scope) -> Entry:
    """An item of a list of tags."""
    if is_no_value(expression):
        return (TagOption("", ABSENT),)
    call = function(expression)
    if call and call[0] == "Fn::If" and (found := branches(call[1], scope)):
        return tuple(
            TagOption(one.key, one.value, merged)
            for branch, when in found
            for one in _item(branch, scope)
            if (merged := both(when, one.when)) is not None
        )
    if call or not isinstance(expression, dict):
        return (TagOption(Unknown(call[0] if call else "something that is no tag"), Unknown("")),)
    # A few types spell the two differently: AWS::AppStream::AppBlock, and awscc in lower case.
    key = next((expression[name] for name in ("Key", "TagKey", "key") if name in expression), None)
    value = next((expression[name] for name in ("Value", "TagValue", "value") if name in expression), "")
    return _pair(key, value, scope)


def _pair(key: Any, value: Any, scope: Scope) -> Entry:
    keys = options(key, scope)
    if len(keys) == 1 and isinstance(keys[0].value, str):
        return tuple(TagOption(keys[0].value, one.value, one.when) for one in options(value, scope))
    return tuple(
        TagOption("" if isinstance(one.value, Absent) else one.value, also.value, also.when)
        for one in keys
        for also in under(one.when, options(value, scope))
    )


def _specifications(expression: Any, own: str, scope: Scope) -> tuple[TagSet, ...]:
    """Tags of the resource itself in a list of tag specifications, each for one type of resource."""
    if not isinstance(expression, list):
        return (TagSet(more="a value that is no list"),)
    return combined(_each_branch(one, scope, lambda one, scope: _specification(one, own, scope)) for one in expression)


def _specification(expression: Any, own: str, scope: Scope) -> tuple[TagSet, ...]:
    if not isinstance(expression, dict):
        return (TagSet(more="a value that is no tag specification"),)
    kinds = [one.value for one in options(expression.get("ResourceType", own), scope)]
    if kinds == [own]:
        return _each_branch(expression.get("Tags"), scope, _tags)
    return (TagSet(more="ResourceType"),) if own in kinds or any(isinstance(one, Unknown) for one in kinds) else NONE


def maybe(sets: tuple[TagSet, ...]) -> tuple[TagSet, ...]:
    """The same sets where it is not known whether they reach the resource."""
    reach = Question("reach")
    reached = tuple(replace(one, when=one.when | {(reach, "yes")}) for one in sets)
    return (*reached, TagSet(when=frozenset({(reach, "no")})))

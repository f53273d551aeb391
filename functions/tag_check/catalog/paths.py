"""Pure: values and tags out of what AWS sends, whatever shape they came in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

KEYS = ("key", "Key", "TagKey", "tagKey")
VALUES = ("value", "Value", "TagValue", "tagValue")
BESIDE = ("propagateAtLaunch", "PropagateAtLaunch", "resourceId", "ResourceId", "resourceType", "ResourceType", "tag")
"""What Auto Scaling and EC2 tell of a tag beside its key and value; "tag" is its place among several."""
CHOSEN = re.compile(r"(\w+)\[(\w+)=([\w-]+)\]")
PAIR = frozenset({*KEYS, *VALUES, *BESIDE})


def at(found: object, path: str) -> Iterator[Any]:
    """What stands at a dotted path, in order; a list on the way is gone through, and one thing counts as a list of it.

    CloudTrail turns an XML list of one into that one. A path of "" is the thing itself; "items[type=x]" are those of
    its items whose type is x.
    """
    here = _each(found)
    for step in path.split(".") if path else ():
        here = _step(here, step)
    return (one for one in here if one is not None)


def _step(here: Iterable[Any], step: str) -> Iterator[Any]:
    """What stands under a name in each of some things."""
    chosen = CHOSEN.fullmatch(step)
    name = chosen[1] if chosen else step
    below = (one for above in here if isinstance(above, Mapping) for one in _each(above.get(name)))
    if not chosen:
        return below
    return (one for one in below if isinstance(one, Mapping) and one.get(chosen[2]) == chosen[3])


def _each(found: object) -> Iterator[Any]:
    """A thing, or what a list holds, in order; by no recursion, for what arrives may be nested to any depth."""
    waiting = [found]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | tuple):
            waiting.extend(reversed(one))
        else:
            yield one


def text(found: object, path: str) -> list[str]:
    """The texts at a path; what is no text, or empty, is passed over."""
    return [one for one in at(found, path) if isinstance(one, str) and one]


def tags_at(found: object, paths: Iterable[str]) -> dict[str, str]:
    """The tags at some paths, together: maps, or lists of pairs in any of the spellings that services use."""
    tags: dict[str, str] = {}
    for path in paths:
        for one in at(found, path):
            tags |= _tags_of(one)
    return tags


def _tags_of(found: object) -> dict[str, str]:
    """One pair, or a map of tags, as tags."""
    if not isinstance(found, Mapping):
        return {}
    names = {name for name in found if isinstance(name, str) and name}
    naming = [name for name in KEYS if name in found]
    if not naming or not names <= PAIR:
        return _written({name: found[name] for name in names})
    key, value = found[naming[0]], next((found[name] for name in VALUES if name in found), "")
    return _written({key: value}) if isinstance(key, str) and key else {}


def _written(tags: Mapping[str, Any]) -> dict[str, str]:
    """Values as they are on the resource: CloudTrail gives some as booleans, numbers or null."""
    spelt = {True: "true", False: "false", None: ""}
    return {
        key: value
        if isinstance(value, str)
        else spelt[value]
        if value is None or isinstance(value, bool)
        else str(value)
        for key, value in tags.items()
        if value is None or isinstance(value, str | bool | int | float)
    }

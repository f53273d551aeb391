"""Pure: what can be filled in of what is missing: who made it and when, by rule, and from what it belongs to.

Only keys that are absent or empty are filled, and only with values that the policy allows: what a person wrote stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from functions.core import tags as policy_tags
from functions.tag_check.facts import Resource
from functions.tag_check.limits import as_value, is_value
from functions.tag_check.required import Lack, Subject
from functions.tag_check.settings import FillRule, TagCheckSettings


def fills(resource: Resource, lacking: Sequence[Lack], of: Subject, settings: TagCheckSettings) -> dict[str, str]:
    """The tags to write, by key; empty where nothing is known."""
    tags, known = resource.tags or {}, _of_creation(resource, settings)
    missing = {one.key for one in lacking if one.why != "invalid"}
    found: dict[str, str] = {}
    for key in dict.fromkeys([*known, *(one.key for one in lacking), *(one.key for one in settings.fill.rules)]):
        asked = [one for one in settings.required if one.asks(of) and one.means(key)]
        # Where a required key is there in another spelling, or with a wrong value, a person has spoken.
        if tags.get(key, "").strip() or not missing.issuperset(one.key for one in asked):
            continue
        for value in _candidates(key, known, resource, settings, inherits=key in missing):
            # What a stack or an EC2 tag may hold, another service may refuse: then nothing at all would be written.
            if is_value(value) and not any(one.wrong(value) for one in asked):
                found[key] = value
                break
    return found


def _of_creation(resource: Resource, settings: TagCheckSettings) -> dict[str, str]:
    if resource.made is None:
        return {}
    by, at = as_value(resource.made.by), f"{resource.made.at:%Y-%m-%dT%H:%M:%SZ}"
    return {key: value for key, value in ((settings.fill.creator, by), (settings.fill.created_at, at)) if key}


def _candidates(
    key: str, known: Mapping[str, str], resource: Resource, settings: TagCheckSettings, *, inherits: bool
) -> Iterator[str]:
    """Values for a key, the best first; none of them is empty."""
    if key in known:
        yield known[key]
    yield from (rule.value for rule in settings.fill.rules if rule.key == key and _picks(rule, resource))
    for source in settings.fill.inherit if inherits else ():
        from_there = (resource.tags or {}) if source == "spelling" else resource.belongs.get(source, {})
        yield from _spelt_like(key, from_there)


def _spelt_like(key: str, tags: Mapping[str, str]) -> list[str]:
    """The values of a key in any case, the exact spelling first."""
    same = [one for one in tags if one.casefold() == key.casefold() and tags[one].strip()]
    return [tags[one] for one in sorted(same, key=lambda one: (one != key, one))]


def _picks(rule: FillRule, resource: Resource) -> bool:
    named = {resource.id, (resource.tags or {}).get("Name", "")}
    return (
        (not rule.types or any(fnmatchcase(resource.type, one) for one in rule.types))
        and (not rule.name or any(re.search(rule.name, one) for one in named))
        and (not rule.tag or policy_tags.carries(resource.tags or {}, rule.tag))
    )

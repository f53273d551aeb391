"""Pure: which limits apply to a group, and what keeps it out of reach."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from fnmatch import fnmatchcase
from functools import lru_cache

from functions.asg_clamp.facts import Group
from functions.asg_clamp.settings import AsgClampSettings, ClampKind, Limits, Rule
from functions.core import tags


@dataclass(frozen=True, slots=True)
class Applied:
    """The limits of one group, the rule they come from ("default", or the rule's pattern), and its action."""

    limits: Limits
    action: ClampKind
    source: str


def protecting(group: Group, settings: AsgClampSettings) -> str:
    """The entry of `protect_tags` or `protect` that a group falls under, or ""."""
    for tag in settings.protect_tags:
        if tags.carries(group.tags or {}, tag):
            return f"protect_tags {tag}"
    for glob in settings.protect:
        if fnmatchcase(group.name, glob.replace("[", "[[]")):
            return f"protect {glob}"
    return ""


def applied(group: Group, settings: AsgClampSettings) -> Applied | None:
    """The limits that hold for a group; None where the policy leaves it alone."""
    for rule in settings.rules:
        if _matches(rule, group):
            return None if rule.leave else _merged(rule, settings)
    if settings.watch == "rules":
        return None
    return Applied(settings, settings.action, "default")


def _matches(rule: Rule, group: Group) -> bool:
    named = not rule.name or _compiled(rule.name).search(group.name) is not None
    return named and (not rule.tag or tags.carries(group.tags or {}, rule.tag))


def _merged(rule: Rule, settings: AsgClampSettings) -> Applied:
    values = {}
    for one in fields(Limits):
        own = getattr(rule, one.name)
        values[one.name] = own if own is not None else getattr(settings, one.name)
    source = " ".join(
        part for part in (f"name {rule.name}" if rule.name else "", rule.tag and f"tag {rule.tag}") if part
    )
    return Applied(Limits(**values), rule.action or settings.action, source)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)

"""A resource that somebody is about to create, whatever wrote it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from functions.tag_check.required import Subject, is_ai
from functions.tag_check.settings import TagCheckSettings
from gate.judge import Finding, findings
from gate.tagsets import NONE, TagSet
from gate.values import Option, Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """Where it stands and what it carries.

    `id` is its logical ID, with its stack's before it where it is nested, or its address in Terraform; `path` is its
    construct path, or "". `type` is as written, `judged_as` as the policy knows it. `parts` are the sets of tags that
    each have to be right, by name: mostly one, named "".
    """

    file: str
    line: int
    id: str
    type: str
    judged_as: str
    path: str = ""
    takes_tags: Literal["yes", "no", "not known"] = "yes"
    parts: Mapping[str, tuple[TagSet, ...]] = field(default_factory=lambda: {"": NONE})
    instance_types: tuple[Option, ...] = ()
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A resource and what is to be said of it; nothing: it carries what it must."""

    resource: Resource
    findings: tuple[Finding, ...] = ()

    @property
    def lacks(self) -> tuple[str, ...]:
        """What it lacks for certain."""
        return tuple(one.text for one in self.findings if one.kind == "lacks")

    @property
    def cannot_tell(self) -> tuple[str, ...]:
        """What it may lack."""
        return tuple(one.text for one in self.findings if one.kind == "cannot_tell")


def verdict(resource: Resource, settings: TagCheckSettings) -> Verdict:
    """Judges one resource that takes tags."""
    ai, known = _ai(resource, settings)
    of = Subject(resource.judged_as, ai, resource.account, resource.region)
    found: list[Finding] = []
    for name, tags in resource.parts.items():
        said = findings(settings.required, tags, of, known)
        found += [replace(one, reason=f"{one.reason} ({name})" if name else one.reason) for one in said]
    return Verdict(resource, tuple(found))


def _ai(resource: Resource, settings: TagCheckSettings) -> tuple[bool, bool]:
    """Whether it counts as AI, and whether that is certain."""
    if is_ai(resource.judged_as, "", settings.ai_types, ()):
        return True, True
    kinds = [one.value for one in resource.instance_types]
    said = {isinstance(one, str) and is_ai("", one, (), settings.ai_instance_types) for one in kinds}
    if len(said) > 1 or any(isinstance(one, Unknown) for one in kinds):
        return False, False
    return True in said, True

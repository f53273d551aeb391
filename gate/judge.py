"""Pure: what a resource lacks, for certain or perhaps. Each requirement is judged in every way that tags can come out.

A condition of the template has to come out right both ways. A choice of whoever deploys, such as a parameter, may
come out right or wrong: then it cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from functions.tag_check.required import Lack, RequiredTag, Subject, lacks, spelt
from gate.tagsets import TagSet
from gate.values import ALWAYS, MOST, Absent, Secret, Unknown, When, both

Outcome = Lack | Unknown | None


@dataclass(frozen=True, slots=True)
class World:
    """One way in which the tags that matter for a requirement come out. `more`: why others may come, or ""."""

    tags: Mapping[str, str | Unknown]
    more: str
    when: When


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong with one required tag, or cannot be told of it.

    `what` is the tag, with what is wrong with its value; `reason` follows it: ", if IsProd is false", or "".
    """

    key: str
    kind: Literal["lacks", "cannot_tell"]
    what: str
    reason: str = ""

    @property
    def text(self) -> str:
        """The whole of it."""
        return self.what + self.reason


def in_words(findings: Iterable[Finding]) -> str:
    """Several findings in one line; bare keys for which the reason is the same stand together."""
    groups: dict[tuple[str, bool, str], list[str]] = {}
    for one in findings:
        bare = one.what == one.key and bool(one.reason)
        groups.setdefault((one.reason, bare, "" if bare else one.text), []).append(one.what)
    return "; ".join(", ".join(whats) + reason for (reason, _, _), whats in groups.items())


def findings(
    required: Iterable[RequiredTag], tags: Sequence[TagSet], of: Subject, ai_known: bool = True
) -> list[Finding]:
    """What is to be said of a resource, in the policy's order. `ai_known`: whether `of.ai` is certain."""
    found: list[Finding] = []
    for one in required:
        if one.asks(of):
            found += _of_requirement(one, tags, of)
        elif not ai_known and one.only == "ai" and one.asks(replace(of, ai=True)):
            perhaps = _of_requirement(one, tags, replace(of, ai=True))
            found += [Finding(said.key, "cannot_tell", said.text, ", if it is for AI") for said in perhaps]
    return found


def _of_requirement(required: RequiredTag, tags: Sequence[TagSet], of: Subject) -> list[Finding]:
    """One finding, none where it is fine, or one for each condition under which it is not."""
    cases: dict[When, dict[Outcome, When]] = {}
    for world in _worlds(required, tags):
        certain = frozenset(one for one in world.when if one[0].kind == "condition")
        cases.setdefault(certain, {}).setdefault(_outcome(required, world, of), world.when)
    lacking: dict[str, list[When]] = {}
    unsure: dict[tuple[str, str], None] = {}
    for condition, outcomes in cases.items():
        if all(isinstance(one, Lack) for one in outcomes):
            lacking.setdefault(str(next(iter(outcomes))), []).append(condition)
        elif any(one is not None for one in outcomes):
            unsure[_doubt(required, outcomes)] = None
    if lacking:
        return [Finding(required.key, "lacks", what, _told(when, cases)) for what, when in lacking.items()]
    return [Finding(required.key, "cannot_tell", what, reason) for what, reason in unsure]


def _outcome(required: RequiredTag, world: World, of: Subject) -> Outcome:
    known = {key: None if isinstance(value, Unknown) else value for key, value in world.tags.items()}
    values = [world.tags[key] for key in spelt(required, known)]
    for lack in lacks([required], known, of):
        if lack.why == "missing" and world.more:
            return Unknown(world.more)
        secret = next((one for one in values if isinstance(one, Secret)), None) if lack.why == "invalid" else None
        return lack if secret is None else replace(lack, detail=f"{required.wrong(secret)} (sensitive)")
    for value in values:
        if isinstance(value, Unknown) and _is_particular(required):
            return Unknown(value.why)
    return None


def _is_particular(required: RequiredTag) -> bool:
    return bool(required.values or required.pattern) or required.value_case in ("lower", "upper")


def _doubt(required: RequiredTag, outcomes: Mapping[Outcome, When]) -> tuple[str, str]:
    """What cannot be told, and why."""
    for one in outcomes:
        if isinstance(one, Unknown):
            return required.key, f": {one.why} is not known yet"
    lack, when = next((one, when) for one, when in outcomes.items() if isinstance(one, Lack))
    depends = sorted(asked.answered(answer) for asked, answer in when if asked.kind != "condition")
    return str(lack), f", if {' and '.join(depends)}"


def _told(conditions: Sequence[When], cases: Mapping[When, object]) -> str:
    """Under which conditions, where not always."""
    if len(conditions) == len(cases):
        return ""
    ways = [" and ".join(sorted(asked.answered(answer) for asked, answer in one)) for one in conditions]
    return f", if {' or '.join(sorted(ways))}"


def _worlds(required: RequiredTag, tags: Sequence[TagSet]) -> Iterator[World]:
    for alternative in tags:
        ways = [World({}, alternative.more, alternative.when)]
        for entry in alternative.entries:
            if not any(isinstance(one.key, Unknown) or spelt(required, [one.key]) for one in entry):
                continue
            ways = [
                _with(way, one.key, one.value, merged)
                for way in ways
                for one in entry
                if (merged := both(way.when, one.when)) is not None
            ]
            if len(ways) > MOST:
                ways = [World({}, "what comes of so many conditions", ALWAYS)]
                break
        yield from ways


def _with(way: World, key: str | Unknown, value: str | Unknown | Absent, when: When) -> World:
    if isinstance(key, Unknown):
        return World(way.tags, way.more or f"a key by {key.why}", when)
    if isinstance(value, Absent):
        return World(way.tags, way.more, when)
    return World({**way.tags, key: value}, way.more, when)

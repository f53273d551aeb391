"""Pure: which tags the policy requires of a resource, and what it lacks. The guardrail and the gate judge alike.

Tag keys and values are compared as AWS does, letter by letter, unless the policy says otherwise (AWS tagging
reference: keys are case-sensitive). An empty value is no value: it answers nobody's question about a bill.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from functions.core.spec import STRICT
from functions.tag_check.limits import check_key

ACCOUNT = re.compile(r"\d{12}", re.ASCII)
Why = Literal["missing", "empty", "invalid"]


@dataclass(frozen=True, kw_only=True)
class RequiredTag:
    """A tag that resources must carry, and what its value may be.

    `values` lists what is allowed, `pattern` is a regular expression for the whole value. `types` are globs of
    resource types ("AWS::Lambda::*" is a service), `accounts` ids and `regions` globs; empty means all. `only: ai`
    asks it of AI resources alone.
    """

    __pydantic_config__ = STRICT
    key: str
    values: tuple[str, ...] = field(default=(), metadata={"doc": "what is allowed"})
    pattern: str = field(default="", metadata={"doc": "a regular expression for the whole value"})
    key_case: Literal["exact", "any"] = field(default="exact", metadata={"doc": "`any`: Owner is as good as owner"})
    value_case: Literal["exact", "any", "lower", "upper"] = field(
        default="exact", metadata={"doc": "`any`: case does not matter; `lower`, `upper`: letters must be so"}
    )
    only: Literal["all", "ai"] = "all"
    types: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_key("required key", self.key)
        try:
            re.compile(self.pattern)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(
                f"required {self.key}: pattern {self.pattern!r} is no regular expression: {error}"
            ) from error
        if self.values and self.pattern:
            raise ValueError(f"required {self.key}: either `values` or a `pattern`, not both")
        for one in self.values:
            if not one.strip():
                raise ValueError(f"required {self.key}: an empty value is the same as none, so it cannot be allowed")
            if wrong := self._wrongly_cased(one):
                raise ValueError(f"required {self.key}: {one!r} {wrong}, as its `value_case` asks")
        for one in self.accounts:
            if not ACCOUNT.fullmatch(one):
                raise ValueError(f"required {self.key}: account {one!r} is no id of 12 digits")

    def asks(self, of: Subject) -> bool:
        """Whether a resource must carry it. Where account or Region is not known yet, it must."""
        return (
            (self.only == "all" or of.ai)
            and (not self.types or any(fnmatchcase(of.type, one) for one in self.types))
            and (not self.accounts or not of.account or of.account in self.accounts)
            and (not self.regions or not of.region or any(fnmatchcase(of.region, one) for one in self.regions))
        )

    def means(self, key: str) -> bool:
        """Whether a key stands for it."""
        return key == self.key or (self.key_case == "any" and key.casefold() == self.key.casefold())

    def wrong(self, value: str) -> str:
        """What is wrong with a value, or "". The value is not empty."""
        if wrong := self._wrongly_cased(value):
            return wrong
        any_case = self.value_case == "any"
        if self.values:
            known = {one.casefold() for one in self.values} if any_case else set(self.values)
            allowed = ", ".join(self.values)
            return "" if (value.casefold() if any_case else value) in known else f"is none of {allowed}"
        if self.pattern and not re.fullmatch(self.pattern, value, re.IGNORECASE if any_case else 0):
            return f"does not match {self.pattern}"
        return ""

    def _wrongly_cased(self, value: str) -> str:
        if self.value_case == "lower" and value != value.lower():
            return "is not in lower case"
        if self.value_case == "upper" and value != value.upper():
            return "is not in upper case"
        return ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is judged: its type as CloudFormation names it, where it is ("" for not known), whether it is AI."""

    type: str
    ai: bool = False
    account: str = ""
    region: str = ""


@dataclass(frozen=True, slots=True)
class Lack:
    """A required tag that a resource does not carry as it should."""

    key: str
    why: Why
    detail: str = ""

    def __str__(self) -> str:
        return self.key if self.why == "missing" else f"{self.key} {self.detail}"

    @property
    def short(self) -> str:
        """In a tag's value: the key, and where there is one the trouble with its value."""
        return self.key if self.why == "missing" else f"{self.key}={self.why}"


def lacks(required: Iterable[RequiredTag], tags: Mapping[str, str | None], of: Subject) -> list[Lack]:
    """What a resource lacks, in the policy's order. A value of None is one that is there but not known yet."""
    asked = [one for one in required if one.asks(of)]
    return [lack for one in asked if (lack := _lack(one, tags)) is not None]


def spelt(required: RequiredTag, tags: Iterable[str]) -> list[str]:
    """The keys among tags that stand for a required one; the exact spelling comes first."""
    return sorted(filter(required.means, tags), key=lambda one: (one != required.key, one))


def is_ai(type: str, instance_type: str, ai_types: Sequence[str], ai_instance_types: Sequence[str]) -> bool:
    """Whether a resource counts as AI: by its type, or as an instance with accelerators."""
    return any(fnmatchcase(type, one) for one in ai_types) or bool(
        instance_type and any(fnmatchcase(instance_type, one) for one in ai_instance_types)
    )


def _lack(required: RequiredTag, tags: Mapping[str, str | None]) -> Lack | None:
    keys = spelt(required, tags)
    if not keys:
        return Lack(required.key, "missing")
    values = [tags[key] for key in keys]
    if None in values:
        return None
    # Where several spellings are allowed and present, one good value is enough.
    found = [_of_value(required, value or "") for value in values]
    return None if None in found else found[0]


def _of_value(required: RequiredTag, value: str) -> Lack | None:
    if not value.strip():
        return Lack(required.key, "empty", "is empty")
    wrong = required.wrong(value)
    return Lack(required.key, "invalid", f"{wrong} ({value:.80})") if wrong else None

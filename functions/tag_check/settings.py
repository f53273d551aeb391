"""What the policy may say about tag_check, and what makes no sense."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from functions.core import tags
from functions.core.spec import OWN_TAG, STRICT, Cap, GuardrailSettings
from functions.core.state import TAG_OWNER, TAG_REASON, TAG_UNTIL
from functions.tag_check.limits import check_key, is_value
from functions.tag_check.required import RequiredTag

MARK_TAG = "fusebox:missing-tags"
MISSING = "{missing}"
MEANT = frozenset({OWN_TAG, TAG_UNTIL, TAG_OWNER, TAG_REASON})
"""Tags that make Fusebox leave a resource alone: it must not set them itself."""
TYPE_GLOB = re.compile(r"[A-Za-z0-9:*?]+")
LATEST_MINUTES = 15
"""SQS holds a message back for 900 seconds at most; later deadlines are the sweep's."""
Step = Literal["mark", "fill", "notify"]
Source = Literal["spelling", "stack", "group", "instance", "vpc"]
Stoppable = Literal["AWS::EC2::Instance", "AWS::SageMaker::NotebookInstance"]


@dataclass(frozen=True, kw_only=True)
class FillRule:
    """Resources that `types` (globs), `name` (regular expression, searched) and `tag` pick out get a tag they lack."""

    __pydantic_config__ = STRICT
    key: str
    value: str
    types: tuple[str, ...] = ()
    name: str = ""
    tag: str = ""

    def __post_init__(self) -> None:
        _check_key("fill rule", self.key)
        if not self.value.strip() or not is_value(self.value):
            raise ValueError(f"fill rule {self.key}: {self.value!r} is no value of a tag")
        _check_types(f"fill rule {self.key}", self.types)
        if self.tag:
            tags.check(f"fill rule {self.key} tag", [self.tag])
        try:
            re.compile(self.name)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"fill rule {self.key}: name {self.name!r} is no regular expression: {error}") from error


@dataclass(frozen=True, kw_only=True)
class Fill:
    """What `fill` writes where it is absent or empty, the first that gives an allowed value: rules, then sources."""

    __pydantic_config__ = STRICT
    creator: str = "creator"
    created_at: str = "created-at"
    rules: tuple[FillRule, ...] = ()
    inherit: tuple[Source, ...] = ("spelling", "stack", "group", "instance", "vpc")

    def __post_init__(self) -> None:
        for key in filter(None, (self.creator, self.created_at)):
            _check_key("fill", key)
        if self.creator and self.creator == self.created_at:
            raise ValueError(f"fill: creator and created_at are both {self.creator!r}")

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that it may set whatever is required."""
        return tuple(filter(None, [self.creator, self.created_at, *(one.key for one in self.rules)]))


@dataclass(frozen=True, kw_only=True)
class Quarantine:
    """Which untagged resources are stopped, once a person agreed, and how long after they were first told of."""

    __pydantic_config__ = STRICT
    types: tuple[Stoppable, ...] = ()
    after_hours: float = 72.0

    def __post_init__(self) -> None:
        if not 1 <= self.after_hours < math.inf:
            raise ValueError("quarantine after_hours is a finite number, one or more")


DEFAULT_REQUIRED = (
    RequiredTag(key="project"),
    RequiredTag(key="team"),
    RequiredTag(key="environment"),
    RequiredTag(key="cost_center"),
    RequiredTag(key="owner"),
    RequiredTag(key="model_id", only="ai"),
)


@dataclass(frozen=True, kw_only=True)
class TagCheckSettings(GuardrailSettings):
    """Settings of tag_check."""

    cap: Cap = field(
        default_factory=lambda: Cap(actions_per_hour=1000),
        metadata={"doc": "most `actions_per_hour` and `dollars_per_hour`; past it the guardrail pauses itself"},
    )
    required: tuple[RequiredTag, ...] = field(
        default=DEFAULT_REQUIRED,
        metadata={
            "doc": "what must be there: `key`, and its `values` or a `pattern` for the whole of it, `key_case`, "
            "`value_case`; `only: ai`, `types`, `accounts` and `regions` say of what"
        },
    )
    types: tuple[str, ...] = field(
        default=("*",), metadata={"doc": "resource types that are checked, as globs: `AWS::Lambda::*` is a service"}
    )
    ignore: tuple[str, ...] = field(default=(), metadata={"doc": "resource types that are not, as globs"})
    ai_types: tuple[str, ...] = field(
        default=("AWS::SageMaker::*", "AWS::Bedrock::*", "AWS::BedrockAgentCore::*"),
        metadata={"doc": "types that count as AI, as globs"},
    )
    ai_instance_types: tuple[str, ...] = field(
        default=("p[0-9]*", "g[4-9]*", "inf*", "trn*", "dl[0-9]*"),
        metadata={"doc": "EC2 instance types that count as AI, as globs"},
    )
    grace_minutes: int = field(
        default=5,
        metadata={"doc": "how long tags may come after the creation: 0 to 15; nothing younger is judged"},
    )
    actions: tuple[Step, ...] = field(
        default=(),
        metadata={
            "doc": "beside the report: `mark` (a tag that lists what is missing), `fill` (what is known), `notify` "
            "(the creator is named)"
        },
    )
    mark_tag: str = field(
        default=MARK_TAG,
        metadata={
            "doc": "the key of the mark; unless it begins with `fusebox:`, a person's tag under it is left alone"
        },
    )
    mark_value: str = field(default=MISSING, metadata={"doc": "its value; `{missing}` is what is missing"})
    fill: Fill = field(
        default_factory=Fill,
        metadata={
            "doc": "`creator` and `created_at`: keys for who made it and when (empty: none), from the event; `rules`: "
            "`key`, `value` by `types`, `name`, `tag`; `inherit`: from what it belongs to"
        },
    )
    quarantine: Quarantine = field(
        default_factory=Quarantine,
        metadata={"doc": "`types` that are stopped if still untagged `after_hours`; **asks** always, never deletes"},
    )
    protect_tags: tuple[str, ...] = field(
        default=("fusebox:protect",),
        metadata={"doc": "resources with such a tag (key or key=value) are never changed; also denied by IAM"},
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.grace_minutes <= LATEST_MINUTES:
            raise ValueError(f"grace_minutes is 0 to {LATEST_MINUTES}, what a queue can wait; later is the sweep's")
        if len(set(self.actions)) < len(self.actions):
            raise ValueError("actions: each of mark, fill and notify once")
        _check_key("mark_tag", self.mark_tag)
        if set("{}") & set(self.mark_value.replace(MISSING, "")):
            raise ValueError(f"mark_value {self.mark_value!r}: braces stand around `missing` only")
        if not self.mark_value.strip() or not is_value(self.mark_value.replace(MISSING, "")):
            raise ValueError(f"mark_value {self.mark_value!r}: up to 256 letters, digits, spaces and _ . : / = + - @")
        # In any case: a mark spelt like a required key could make itself right, or be filled in as its value.
        if self.mark_tag.casefold() in {one.key.casefold() for one in self.required}:
            raise ValueError(f"mark_tag {self.mark_tag} is itself required: a mark would make itself right")
        if self.mark_tag in self.fill.keys:
            raise ValueError(f"mark_tag {self.mark_tag} is also filled in")
        if self.mark_tag in {one.partition("=")[0] for one in self.protect_tags}:
            raise ValueError(
                f"mark_tag {self.mark_tag} is in protect_tags: what is marked would never be changed again"
            )
        for name in ("types", "ignore", "ai_types"):
            _check_types(name, getattr(self, name))
        for one in self.required:
            _check_types(f"required {one.key} types", one.types)
        tags.check("protect_tags", self.protect_tags)

    def checks(self, type: str) -> bool:
        """Whether resources of a type are checked."""
        return any(fnmatchcase(type, one) for one in self.types) and not any(
            fnmatchcase(type, one) for one in self.ignore
        )

    @property
    def written_keys(self) -> tuple[str, ...]:
        """Every tag key that it may ever set."""
        filled = [*self.fill.keys, *(one.key for one in self.required)] if "fill" in self.actions else []
        return tuple(dict.fromkeys([self.mark_tag, *filled]))


def _check_key(setting: str, key: str) -> None:
    check_key(f"{setting}: key", key)
    if key in MEANT:
        raise ValueError(f"{setting}: {key} has a meaning of its own: what carries it is left alone")


def _check_types(setting: str, types: tuple[str, ...]) -> None:
    for one in types:
        if not TYPE_GLOB.fullmatch(one):
            raise ValueError(f"{setting}: {one!r} is no resource type such as AWS::EC2::Instance, with * and ? in it")

"""What the policy may say about asg_clamp, and what makes no sense."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Literal

from functions.core import tags
from functions.core.spec import STRICT, Cap, GuardrailSettings

NAME_GLOB = re.compile(r"[^:\x00-\x1f${}]{1,255}")
WEEKS_KEPT = 6
"""How long Auto Scaling keeps scaling activities (Auto Scaling user guide, "Verify a scaling activity")."""
LIMITS = ("ceiling", "dollars_per_hour", "growth_instances", "growth_percent", "churn", "failed_launches")
ClampKind = Literal["cap", "freeze", "shrink"]


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a group may be and do. None is no limit, or in a rule the default's."""

    __pydantic_config__ = STRICT
    ceiling: int | None = field(
        default=None, metadata={"doc": "most capacity, in the group's units, that max or desired may name"}
    )
    dollars_per_hour: float | None = field(
        default=None, metadata={"doc": "most that desired capacity may cost in an hour, at the price of what runs"}
    )
    growth_instances: int | None = field(
        default=None, metadata={"doc": "most capacity a group may gain within `growth_minutes`"}
    )
    growth_percent: float | None = field(
        default=None, metadata={"doc": "the same as a share of where it began; nothing is a share of zero"}
    )
    churn: int | None = field(
        default=None, metadata={"doc": "most unhealthy instances replaced within `churn_minutes`"}
    )
    failed_launches: int | None = field(default=None, metadata={"doc": "most failed launches within `failed_minutes`"})

    def __post_init__(self) -> None:
        for name in LIMITS:
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise ValueError(f"{name} is a finite number, zero or more")

    @property
    def is_limited(self) -> bool:
        """Whether any limit is set here."""
        return any(getattr(self, name) is not None for name in LIMITS)


@dataclass(frozen=True, kw_only=True)
class Rule(Limits):
    """Limits of the groups that a name or a tag picks out; what it leaves out is as in the defaults.

    `name` is a regular expression, searched in the group's name; `tag` is key or key=value. Both given,
    both must match.
    """

    name: str = ""
    tag: str = ""
    action: ClampKind | None = None
    leave: bool = False

    def __post_init__(self) -> None:
        Limits.__post_init__(self)
        if not self.name and not self.tag:
            raise ValueError("a rule needs `name` or `tag`")
        if self.tag:
            tags.check("rule tag", [self.tag])
        try:
            re.compile(self.name)
        except re.error as error:
            raise ValueError(f"rule name {self.name!r} is no regular expression: {error}") from error
        if self.leave == (self.is_limited or self.action is not None):
            picks = self.name or self.tag
            raise ValueError(f"rule {picks!r}: either limits or an `action`, or `leave: true`, and not both")


@dataclass(frozen=True, kw_only=True)
class AsgClampSettings(GuardrailSettings, Limits):
    """Settings of asg_clamp."""

    cap: Cap = field(
        default_factory=lambda: Cap(actions_per_hour=50, dollars_per_hour=100_000.0),
        metadata={
            "doc": "most `actions_per_hour` and `dollars_per_hour` (a month's saving); past it the guardrail "
            "pauses itself"
        },
    )
    action: ClampKind = field(
        default="cap",
        metadata={
            "doc": "`cap`: max down, never under what runs · `freeze`: scaling policies and schedules suspended for a "
            "while · `shrink`: max and desired down, which terminates instances"
        },
    )
    watch: Literal["all", "rules"] = field(
        default="all", metadata={"doc": "`all` groups, or only those that one of the `rules` picks out"}
    )
    growth_instances: int | None = field(
        default=20, metadata={"doc": "most capacity a group may gain within `growth_minutes`"}
    )
    churn: int | None = field(default=10, metadata={"doc": "most unhealthy instances replaced within `churn_minutes`"})
    failed_launches: int | None = field(default=10, metadata={"doc": "most failed launches within `failed_minutes`"})
    growth_minutes: int = field(default=30, metadata={"doc": "the window of growth"})
    churn_minutes: int = field(default=60, metadata={"doc": "the window of churn"})
    failed_minutes: int = field(default=60, metadata={"doc": "the window of failed launches"})
    rules: tuple[Rule, ...] = field(
        default=(),
        metadata={
            "doc": "first match wins: `name` (regular expression, searched) and/or `tag` → limits and `action` of its "
            "own, or `leave: true`"
        },
    )
    freeze_hours: float = field(default=2.0, metadata={"doc": "how long a freeze lasts; it then ends by itself"})
    freeze_launches: bool = field(
        default=False,
        metadata={"doc": "`freeze` suspends launches and replacements too, and asks before it does"},
    )
    shrink_step: int | None = field(
        default=None, metadata={"doc": "most capacity that one step of `shrink` takes away; none: all at once"}
    )
    step_minutes: int = field(default=15, metadata={"doc": "how long `shrink` waits between its steps"})
    lower_min: bool = field(default=False, metadata={"doc": "let `shrink` lower a min that is itself over the limit"})
    protect_tags: tuple[str, ...] = field(
        default=("fusebox:protect",),
        metadata={"doc": "groups with such a tag (key or key=value) are never touched; also denied by IAM"},
    )
    protect: tuple[str, ...] = field(
        default=(), metadata={"doc": "group names never touched (`*` and `?`); also denied by IAM"}
    )
    alarms: bool = field(
        default=False,
        metadata={"doc": "keep an alarm on the desired capacity of each group that has a ceiling"},
    )

    def __post_init__(self) -> None:
        GuardrailSettings.__post_init__(self)
        Limits.__post_init__(self)
        for name in ("growth_minutes", "churn_minutes", "failed_minutes"):
            if not 1 <= getattr(self, name) <= WEEKS_KEPT * 7 * 1440:
                raise ValueError(f"{name} is between 1 and {WEEKS_KEPT * 7 * 1440}: activities are kept for six weeks")
        if not 0.25 <= self.freeze_hours <= 24 * 7:
            raise ValueError("freeze_hours is between 0.25 and 168, a week")
        if self.shrink_step is not None and self.shrink_step < 1:
            raise ValueError("shrink_step is 1 or more")
        if self.step_minutes < 0:
            raise ValueError("step_minutes is zero or more")
        tags.check("protect_tags", self.protect_tags)
        for glob in self.protect:
            if not NAME_GLOB.fullmatch(glob):
                raise ValueError(f"protect {glob!r}: a group name with * and ? in it, without : $ {{ }}")
        self._check_sense()

    def _check_sense(self) -> None:
        """What is allowed by itself and means nothing together."""
        watching = [one for one in self.rules if not one.leave]
        if self.watch == "rules" and not watching:
            raise ValueError("watch: rules needs `rules` that do not `leave`, else nothing is watched")
        if self.alarms and not any(one.ceiling is not None for one in [self, *watching]):
            raise ValueError("alarms: true watches a ceiling, and none is set")

    @property
    def look_back_minutes(self) -> int:
        """How far back launches matter."""
        return max(self.growth_minutes, self.churn_minutes, self.failed_minutes)

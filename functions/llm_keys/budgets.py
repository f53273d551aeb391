"""Budgets as the policy names them: an amount for a period, where its spend is read, and the keys that stop."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from functions.core.spec import STRICT

BUDGET_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_. -]{0,48}[A-Za-z0-9])?")
"""Also a metric's dimension and part of the AWS budget's name, which may hold neither `:` nor `\\`."""
AWS_BUDGET_NAME = re.compile(r"[^:\\\x00-\x1f]{0,100}")
"""Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html"""
MOST_NOTIFICATIONS = 10
"""Notifications an AWS budget may have (AWS Budgets quotas)."""
SourceKind = Literal["aws", "bedrock_metrics", "meter", "provider_usage"]
Period = Literal["daily", "monthly", "quarterly", "annually"]
SEES: dict[SourceKind, frozenset[str]] = {
    "aws": frozenset({"aws", "anyone"}),
    "bedrock_metrics": frozenset({"aws", "anyone"}),
    "meter": frozenset({"aws", "anthropic", "openai", "openrouter", "litellm", "anyone"}),
    "provider_usage": frozenset({"anthropic", "openai", "openrouter", "litellm"}),
}
"""Whose bills each source can see. AWS Budgets never sees OpenAI's or Anthropic's."""


@dataclass(frozen=True, kw_only=True)
class CostFilter:
    """What an AWS budget counts: a dimension of Cost Explorer such as Service or TagKeyValue, and its values."""

    __pydantic_config__ = STRICT
    key: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.key or not self.values:
            raise ValueError("a filter has a `key`, such as Service or TagKeyValue, and `values`")


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where a budget's spend is read.

    `aws`: an AWS budget that the stack makes with `filters`, or an existing one to `adopt` by name.
    `bedrock_metrics`: tokens in CloudWatch at list prices, of all models or of `models` (`*` and `?`).
    `meter`: what applications report with fusebox_meter. `provider_usage`: the provider's own usage or cost API.
    """

    __pydantic_config__ = STRICT
    kind: SourceKind
    adopt: str = ""
    filters: tuple[CostFilter, ...] = ()
    models: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.kind != "aws" and (self.adopt or self.filters):
            raise ValueError(f"source {self.kind}: `adopt` and `filters` are for `aws`")
        if self.adopt and self.filters:
            raise ValueError("source aws: an adopted budget has its own filters")
        if self.adopt != self.adopt.strip() or not AWS_BUDGET_NAME.fullmatch(self.adopt):
            raise ValueError("source aws: `adopt` is a budget's name at AWS: up to 100 characters, without : and \\")
        if self.kind != "bedrock_metrics" and self.models:
            raise ValueError(f"source {self.kind}: `models` is for `bedrock_metrics`")


@dataclass(frozen=True, kw_only=True)
class Budget:
    """An amount in US dollars for a period, and the keys that stop when it is spent.

    `per_hour` and `per_day` are limits beside it on what may be spent in the hour or the day (UTC) that runs; they
    need a source that sees by the hour: `meter` or `bedrock_metrics`.
    """

    __pydantic_config__ = STRICT
    name: str
    amount: float
    keys: tuple[str, ...]
    sources: tuple[Source, ...]
    period: Period = "monthly"
    warn_percent: tuple[float, ...] = (50.0, 80.0)
    stop_percent: float = 100.0
    per_hour: float | None = None
    per_day: float | None = None
    closes: Literal["by_hand", "next_period"] = "by_hand"
    owner: str = ""

    def __post_init__(self) -> None:
        if not BUDGET_NAME.fullmatch(self.name):
            raise ValueError(f"budget name {self.name!r:.80}: up to 50 letters, digits, spaces, _ . and -")
        said = f"budget {self.name!r}"
        for key in ("amount", "per_hour", "per_day", "stop_percent"):
            value = getattr(self, key)
            if value is not None and not 0 < value < math.inf:
                raise ValueError(f"{said}: {key} is more than zero")
        if any(not 0 < one < self.stop_percent for one in self.warn_percent):
            raise ValueError(f"{said}: warn_percent lie between zero and stop_percent ({self.stop_percent:g})")
        if len(self.warn_percent) + 2 > MOST_NOTIFICATIONS:
            raise ValueError(f"{said}: at most {MOST_NOTIFICATIONS - 2} warn_percent: AWS takes no more notifications")
        if not self.keys or len(set(self.keys)) < len(self.keys):
            raise ValueError(f"{said}: `keys` names each key once, and at least one")
        kinds = [one.kind for one in self.sources]
        if not kinds or len(set(kinds)) < len(kinds):
            raise ValueError(f"{said}: `sources` names each kind of source once, and at least one")
        if self.period == "daily" and kinds == ["aws"]:
            raise ValueError(f"{said}: AWS tells of a day once it is over: daily needs another source too")
        if (self.per_hour or self.per_day) and not {"meter", "bedrock_metrics"} & set(kinds):
            raise ValueError(f"{said}: per_hour and per_day need `meter` or `bedrock_metrics` among its sources")

    def source(self, kind: SourceKind) -> Source | None:
        """Its source of a kind, or None."""
        return next((one for one in self.sources if one.kind == kind), None)

"""What the template wires together, read once at deployment: plain facts, no behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

Statement = Mapping[str, Any]


@dataclass
class Function:
    """A Lambda function. `code` is the directory its handler is imported from."""

    logical_id: str
    name: str
    arn: str
    handler: str
    code: Path
    environment: Mapping[str, str]
    timeout: int
    memory: int
    role_arn: str
    layers: tuple[str, ...] = ()
    dead_letter_arn: str | None = None
    log_group: str | None = None
    max_retries: int = 2
    max_age_seconds: int = 21600
    on_failure_arn: str | None = None


@dataclass(frozen=True)
class Target:
    """One target of a rule; at most one of the three input forms is set."""

    id: str
    arn: str
    input: str | None = None
    input_path: str | None = None
    input_transformer: Mapping[str, Any] | None = None
    role_arn: str | None = None
    dead_letter_arn: str | None = None


@dataclass(frozen=True)
class Rule:
    """A rule of the default bus: it has a pattern, a schedule, or both."""

    logical_id: str
    name: str
    arn: str
    pattern: Mapping[str, Any] | None
    schedule: str | None
    targets: tuple[Target, ...]


@dataclass(frozen=True)
class Subscription:
    """A topic's subscriber; `raw` sends the bare message to a queue."""

    arn: str
    topic_arn: str
    protocol: str
    endpoint: str
    raw: bool
    dead_letter_arn: str | None


@dataclass(frozen=True)
class QueueMapping:
    """An SQS event source of a function."""

    logical_id: str
    queue_arn: str
    function_name: str
    batch_size: int
    report_item_failures: bool


AuthType = Literal["NONE", "AWS_IAM"]


@dataclass(frozen=True)
class FunctionUrl:
    """A function's URL. `url` ends in a slash; `domain` is its host and port, `id` what AWS calls the URL's id."""

    logical_id: str
    function_name: str
    function_arn: str
    auth_type: AuthType
    url: str
    domain: str
    id: str
    created: datetime


@dataclass
class Wiring:
    """Everything deployed that deliveries follow. Resource policies are by ARN; no entry means none was
    set.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    subscriptions: list[Subscription] = field(default_factory=list)
    mappings: list[QueueMapping] = field(default_factory=list)
    urls: dict[str, FunctionUrl] = field(default_factory=dict)
    """By the name of the function."""
    resource_policies: dict[str, list[Statement]] = field(default_factory=dict)
    queue_urls: dict[str, str] = field(default_factory=dict)
    trust: dict[str, list[Statement]] = field(default_factory=dict)

    def function(self, name_or_arn: str) -> Function | None:
        """The function by name, ARN or ARN with qualifier."""
        if name_or_arn.startswith("arn:"):
            name_or_arn = name_or_arn.split(":")[6]
        return self.functions.get(name_or_arn.split(":")[0])

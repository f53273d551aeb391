"""For each guardrail an account to try it on. A guardrail without one fails the contract tests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto.logs.models import LogStream, logs_backends

from functions.core.spec import GuardrailSettings
from functions.log_retention.spec import LogRetentionSettings, Pace
from tests.aws_world import ACCOUNT, REGION, RecordingClients
from tests.contract import gpu_fleet, keys_world, scaling_world, tagged_world

FAST = Pace(lists_per_second=100_000, puts_per_second=100_000)


@dataclass(frozen=True)
class World:
    """`seed` fills the account, `state` shows what the guardrail could have changed, `settings` by mode.

    `change` names the calls that one change by an event takes. `options` are settings of further sweeps, one after
    another, for the permissions that only an option needs; `furnish` adds to the account before them what they are
    about, `beyond` does what takes more than a sweep, and `teach` answers for moto what it does not know. `further` are
    settings that `beyond` uses, once the account is furnished; `release` does what must come before an undo.
    """

    seed: Callable[[], None]
    state: Callable[[], dict[str, Any]]
    settings: Callable[[Any], GuardrailSettings]
    change: tuple[str, ...]
    options: tuple[GuardrailSettings, ...] = ()
    furnish: Callable[[], None] = lambda: None
    beyond: Callable[[Any, RecordingClients], None] = lambda guardrail, clients: None
    teach: Callable[[RecordingClients], None] = lambda clients: None
    further: Callable[[], GuardrailSettings] | None = None
    release: Callable[[Any], None] = lambda function: None


def make_group(name: str, *, days: int | None = None, age_days: float = 0.1, stored_bytes: int = 0) -> None:
    """A log group as it would look after some life."""
    logs = boto3.client("logs", region_name=REGION)
    logs.create_log_group(logGroupName=name)
    if days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    group = logs_backends[ACCOUNT][REGION].groups[name]
    group.creation_time = (datetime.now(UTC) - timedelta(days=age_days)).replace(tzinfo=None)
    if stored_bytes:
        logs.create_log_stream(logGroupName=name, logStreamName="s")
        stream: LogStream = group.streams["s"]
        stream.stored_bytes = stored_bytes


def seed_log_groups() -> None:
    make_group("/aws/lambda/checkout")
    make_group("/aws/lambda/checkout-v2")
    make_group("/org/audit", age_days=900, stored_bytes=10**12)
    make_group("/ecs/set-on-purpose", days=365)
    make_group("/legacy/orders", age_days=1100, stored_bytes=5 * 10**9)


def retentions() -> dict[str, Any]:
    groups = logs_backends[ACCOUNT][REGION].groups
    return {name: group.retention_in_days for name, group in groups.items()}


WORLDS = {
    "log_retention": World(
        seed_log_groups,
        retentions,
        lambda mode: LogRetentionSettings(mode=mode, default_days=30, pace=FAST),
        change=("logs:PutRetentionPolicy",),
    ),
    "idle_gpu": World(
        gpu_fleet.seed_fleet,
        gpu_fleet.fleet,
        gpu_fleet.by_mode,
        change=("ec2:CreateTags", "ec2:StopInstances"),
        options=gpu_fleet.OPTIONS,
    ),
    "asg_clamp": World(
        scaling_world.seed_groups,
        scaling_world.sizes,
        scaling_world.by_mode,
        change=("autoscaling:SuspendProcesses", "autoscaling:UpdateAutoScalingGroup", "autoscaling:ResumeProcesses"),
        options=scaling_world.OPTIONS,
    ),
    "tag_check": World(
        tagged_world.seed_machines,
        tagged_world.machines,
        tagged_world.by_mode,
        change=("ec2:CreateTags",),
        options=tagged_world.OPTIONS,
        furnish=tagged_world.furnish,
        beyond=tagged_world.further,
        teach=tagged_world.teach,
    ),
    "llm_keys": World(
        keys_world.seed_keys,
        keys_world.statuses,
        keys_world.by_mode,
        change=("iam:UpdateAccessKey",),
        further=keys_world.every_kind,
        furnish=keys_world.furnish,
        beyond=keys_world.beyond,
        teach=keys_world.teach,
        release=keys_world.release,
    ),
}

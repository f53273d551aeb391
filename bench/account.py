"""The account that both tools are let loose on, and what should have become of it."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SEED = 20_260_101
PAGE = 50
"""The most groups that one DescribeLogGroups shows."""
LISTS, PUTS = "logs.DescribeLogGroups", "logs.PutRetentionPolicy"
QUOTAS: Mapping[str, int] = {LISTS: 10, PUTS: 5}
"""AWS's default quotas, calls a second (CloudWatch Logs quotas)."""
SERVICES = ("api", "orders", "billing", "search", "auth", "etl", "training", "inference", "web", "cron")
SHAPES: Sequence[tuple[str, int, int]] = (
    # name, days that the rules ask for, how often out of 100
    ("/aws/lambda/prod-{s}-{i}", 90, 16),
    ("/ecs/production/{s}/{i}", 90, 8),
    ("/aws/lambda/Prod-{s}-{i}", 90, 3),  # the rules do not mind the case
    ("/prod/dev-tools/{s}-{i}", 90, 3),  # the first rule that matches wins
    ("/staging/{s}/{i}", 30, 10),
    ("/aws/eks/stage-{s}-{i}", 30, 5),
    ("/aws/lambda/{s}-dev-{i}", 7, 12),
    ("/dev/{s}/{i}", 7, 7),
    ("/aws/codebuild/{s}-{i}", 14, 20),
    ("/aws/rds/instance-{i}/{s}", 14, 7),
    ("/aws/lambda/reproduce-{s}-{i}", 14, 3),  # "prod", "stage" and "dev" only count as words
    ("product-catalog-{s}-{i}", 14, 3),
    ("/aws/lambda/developer-portal-{i}", 14, 3),
)
WRONG = (1, 3, 5, 60, 120, 180, 365, 731, 3653)


@dataclass(frozen=True, slots=True)
class Group:
    """A log group: the days it starts with (None: it never expires) and the days it should end with."""

    name: str
    before: int | None
    want: int
    tags: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many groups were to be changed, how many were, and how many were given a value nobody asked for."""

    need: int
    right: int
    missed: int
    wrong: int


def groups(count: int) -> list[Group]:
    """The same groups for the same count: 30 % are right, 40 % never expire, 30 % have a wrong value."""
    chance = random.Random(SEED)  # noqa: S311 - a fixture, not a secret
    shapes = chance.choices(SHAPES, [often for _, _, often in SHAPES], k=count)
    made = []
    for i, (shape, want, _) in enumerate(shapes):
        dice = chance.random()
        before = want if dice < 0.3 else None if dice < 0.7 else chance.choice(WRONG)
        tags = {"team": chance.choice("abcd")} if chance.random() < 0.2 else {}
        made.append(Group(shape.format(s=chance.choice(SERVICES), i=i), before, want, tags))
    return sorted(made, key=lambda group: group.name)


def to_change(account: Sequence[Group]) -> list[Group]:
    """The groups whose retention is not what the rules ask for."""
    return [group for group in account if group.before != group.want]


def judge(account: Sequence[Group], after: Mapping[str, int | None]) -> Verdict:
    """Compares what became of the account with what should have."""
    need = to_change(account)
    right = sum(after[group.name] == group.want for group in need)
    wrong = sum(after[group.name] not in (group.before, group.want) for group in account)
    spoilt = sum(group.before == group.want != after[group.name] for group in account)
    return Verdict(len(need), right, len(need) - right - (wrong - spoilt), wrong)


def floor_calls(account: Sequence[Group]) -> int:
    """The fewest calls: each page listed once, each group that needs it changed once."""
    return math.ceil(len(account) / PAGE) + len(to_change(account))


def floor_seconds(account: Sequence[Group]) -> float:
    """The least time that the quotas allow for the changes, with a bucket that starts full."""
    return max(0, len(to_change(account)) - QUOTAS[PUTS]) / QUOTAS[PUTS]

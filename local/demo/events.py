"""What the demo does to the account and looks up in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from local.account import Call, LocalAccount


def create_log_group(account: LocalAccount, name: str) -> None:
    """Somebody creates a group, of which CloudTrail tells."""
    account.client("logs", user="ada").create_log_group(logGroupName=name)
    account.settle()


def retention(account: LocalAccount, name: str) -> str:
    """A group's retention in words."""
    groups = account.client("logs").describe_log_groups(logGroupNamePrefix=name, limit=1)["logGroups"]
    days = groups[0].get("retentionInDays")
    return f"{days} days" if days else "never expires"


def counts(account: LocalAccount) -> Counter[str]:
    """How many groups keep their logs for how long."""
    pages = account.client("logs").get_paginator("describe_log_groups").paginate()
    found: Counter[str] = Counter()
    for page in pages:
        for group in page["logGroups"]:
            days: Any = group.get("retentionInDays")
            found[f"{days} days" if days else "never expires"] += 1
    return found


def writes(calls: Iterable[Call]) -> int:
    """Calls that changed a log group's retention."""
    return sum(call.action in ("logs:PutRetentionPolicy", "logs:DeleteRetentionPolicy") for call in calls)

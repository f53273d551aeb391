"""What the demo does to the account and looks up in it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

from local.account import Call, LocalAccount


def create_log_group(account: LocalAccount, name: str) -> None:
    """Creates a group and delivers the event that CloudTrail would send for it."""
    account.client("logs").create_log_group(logGroupName=name)
    now = f"{account.clock.now():%Y-%m-%dT%H:%M:%SZ}"
    owner = "123456789012"
    identity = {
        "type": "IAMUser",
        "arn": f"arn:aws:iam::{owner}:user/ada",
        "accountId": owner,
        "userName": "ada",
    }
    account.put_event(
        {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "AWS API Call via CloudTrail",
            "source": "aws.logs",
            "account": owner,
            "time": now,
            "region": "us-east-1",
            "resources": [],
            "detail": {
                "eventVersion": "1.11",
                "userIdentity": identity,
                "eventTime": now,
                "eventSource": "logs.amazonaws.com",
                "eventName": "CreateLogGroup",
                "awsRegion": "us-east-1",
                "requestParameters": {"logGroupName": name},
                "responseElements": None,
                "eventID": str(uuid.uuid4()),
                "readOnly": False,
                "eventType": "AwsApiCall",
            },
        }
    )


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

"""The log groups of an AI company: a few hundred, as they grow when nobody looks."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from local.account import LocalAccount, LogGroupSeed

SERVICES = (
    "api",
    "checkout",
    "search",
    "embeddings",
    "ranker",
    "ingest",
    "billing",
    "agents",
    "gateway",
    "evals",
)
GB = 1_000_000_000


def log_groups(now: datetime) -> list[LogGroupSeed]:
    """The same groups at every call with the same `now`."""
    rnd = random.Random(2026)  # noqa: S311 - a repeatable company, no secret

    def ago(low: float, high: float) -> datetime:
        return now - timedelta(days=rnd.uniform(low, high))

    def size(low: float, high: float) -> int:
        return int(rnd.uniform(low, high) * GB)

    def numbered(pattern: str, count: int) -> list[str]:
        return [pattern.format(s=rnd.choice(SERVICES), n=n, h=f"{rnd.getrandbits(32):08x}") for n in range(count)]

    young = (
        numbered("/aws/lambda/prod-{s}-{n}", 46)
        + numbered("/aws/sagemaker/TrainingJobs/{s}-{h}", 38)
        + numbered("/aws/lambda/{s}-dev-{n}", 34)
        + numbered("/ecs/{s}/task-{n}", 22)
        + numbered("/aws/eks/sandbox-{n}/{s}", 14)
    )
    # Young enough to stay under their target days while the demo plays.
    ages = {"dev": 2.5, "sandbox": 2.5, "prod": 80.0}
    groups = []
    for name in young:
        oldest = next((days for word, days in ages.items() if word in name), 24.0)
        groups.append(LogGroupSeed(name, created_at=ago(0.2, oldest), stored_bytes=size(0, 3)))
    groups += [
        LogGroupSeed(name, created_at=ago(200, 1300), stored_bytes=size(20, 900))
        for name in numbered("/aws/sagemaker/Endpoints/{s}-{n}", 14)
        + numbered("/aws/lambda/prod-{s}-legacy-{n}", 18)
        + numbered("/aws/bedrock/invocations-{s}-{n}", 9)
    ]
    groups += [LogGroupSeed(name, created_at=ago(300, 1500)) for name in numbered("/aws/codebuild/{s}-{n}", 27)]
    groups += [
        LogGroupSeed(name, created_at=ago(100, 900), stored_bytes=size(1, 40), days=rnd.choice((14, 180, 400)))
        for name in numbered("/apps/{s}/set-on-purpose-{n}", 31)
    ]
    groups += [
        LogGroupSeed(name, created_at=ago(600, 1500), stored_bytes=size(50, 400))
        for name in (
            "/org/audit/console",
            "aws-cloudtrail-logs-org",
            "/vpc/flow-logs/main",
            "/vpc/flow-logs/ml",
        )
    ]
    research = LogGroupSeed(
        "/research/long-runs", created_at=ago(90, 95), stored_bytes=40 * GB, tags={"data-class": "research"}
    )
    exempt = LogGroupSeed(
        "/ml/incident-4711",
        created_at=ago(20, 25),
        stored_bytes=2 * GB,
        tags={
            "fusebox:exempt-until": f"{now + timedelta(days=60):%Y-%m-%d}",
            "fusebox:exempt-owner": "ada@example.com",
            "fusebox:exempt-reason": "post-mortem under way",
        },
    )
    delivery = LogGroupSeed("/aws/vendedlogs/delivery", created_at=ago(50, 60), log_class="DELIVERY", days=1)
    overruled = LogGroupSeed(
        "/apps/under-account-policy", created_at=ago(50, 60), days=90, account_policy="org-90-days"
    )
    return sorted([*groups, research, exempt, delivery, overruled], key=lambda group: group.name)


def turn_trail_on(account: LocalAccount) -> None:
    """A trail that logs, without which no API call would reach EventBridge."""
    bucket = "example-trail"
    account.client("s3").create_bucket(Bucket=bucket)
    trails = account.client("cloudtrail")
    trails.create_trail(Name="management-events", S3BucketName=bucket)
    trails.start_logging(Name="management-events")

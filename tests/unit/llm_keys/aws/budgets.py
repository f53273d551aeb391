"""Budgets and metrics in the words of the tests of sources."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import boto3

from functions.llm_keys.budgets import Budget, Period, Source, SourceKind
from functions.llm_keys.periods import period_at
from tests.unit.llm_keys.aws.cloud import NOON, REGION

CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
NOVA = "amazon.nova-pro-v1:0"
MONTH = period_at("monthly", NOON)


def budget(*kinds: SourceKind, period: Period = "monthly", models: tuple[str, ...] = (), adopt: str = "") -> Budget:
    sources = tuple(
        Source(
            kind=kind,
            models=models if kind == "bedrock_metrics" else (),
            adopt=adopt if kind == "aws" else "",
        )
        for kind in kinds
    )
    return Budget(name="Chat bots", amount=1000.0, keys=("chat",), sources=sources, period=period)


def publish(namespace: str, metric: str, dimensions: dict[str, str], *points: tuple[datetime, float]) -> None:
    """Writes a series into CloudWatch; several points make up one hour's sum."""
    named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    boto3.client("cloudwatch", region_name=REGION).put_metric_data(
        Namespace=namespace,
        MetricData=[
            {"MetricName": metric, "Dimensions": named, "Timestamp": at, "Value": value, "Unit": "Count"}
            for at, value in points
        ],
    )


def tokens(model: str, at: datetime, **counted: float) -> None:
    """Tokens of a model at one moment, by the names that Bedrock publishes them under."""
    names = {
        "input": "InputTokenCount",
        "output": "OutputTokenCount",
        "cache_read": "CacheReadInputTokens",
        "cache_write": "CacheWriteInputTokens",
        "images": "OutputImageCount",
        "calls": "Invocations",
    }
    for what, amount in counted.items():
        publish("AWS/Bedrock", names[what], {"ModelId": model}, (at, amount))


def answered(series: int, points: list[tuple[datetime, float]], **more: Any) -> dict[str, Any]:
    """One result of GetMetricData."""
    return {
        "Id": f"q{series}",
        "Label": "any",
        "Timestamps": [at for at, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
        **more,
    }


def day(number: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, number, hour, minute, tzinfo=UTC)

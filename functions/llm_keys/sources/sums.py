"""Sums of CloudWatch series over a span and over the hour and the day that run, with one query a series.

GetMetricData costs $0.01 per 1,000 series, however many datapoints each has: so the span is read hour by hour, and the
running hour and day are taken from the same datapoints. Every period begins at midnight UTC.
Source: https://aws.amazon.com/cloudwatch/pricing/ and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from functions.llm_keys.periods import Span

HOUR = timedelta(hours=1)
"""CloudWatch keeps the datapoints of an hour for 455 days, longer than any period lasts."""
QUERIES, POINTS = 500, 100_800
"""Most queries and datapoints of one GetMetricData call."""


@dataclass(frozen=True, slots=True)
class Series:
    """One series by its exact dimension set."""

    namespace: str
    metric: str
    dimension: str
    value: str


@dataclass(frozen=True, slots=True)
class Sum:
    """What a series adds up to in the span, and in the hour and the day that run."""

    span: float = 0.0
    hour: float = 0.0
    day: float = 0.0


@dataclass(frozen=True, slots=True)
class Sums:
    """The sums by series. A series without datapoints is 0; `doubt` says why some may be too small, or is ""."""

    of: Mapping[Series, Sum]
    doubt: str = ""


@dataclass(slots=True)
class _Points:
    values: list[tuple[datetime, float]] = field(default_factory=list)
    status: str = "not answered"
    said: str = ""


def read(cloudwatch: Any, wanted: Sequence[Series], span: Span, now: datetime) -> Sums:
    """The sums of some series, up to now. Raises ClientError and BotoCoreError where AWS does not answer."""
    end = min(_hour(now) + HOUR, span.end)
    of: dict[Series, Sum] = {}
    doubts: list[str] = []
    for batch in _batches(wanted, (end - span.start) // HOUR):
        found, general = _asked(cloudwatch, batch, span.start, end)
        doubts += [general] if general else []
        for one, points in zip(batch, found, strict=True):
            of[one] = _sum(points.values, now)
            if points.status != "Complete" or points.said:
                doubts.append(f"{one.metric} of {one.value}: {points.status} {points.said}".rstrip())
    return Sums(of, f"GetMetricData was incomplete: {doubts[0]}" if doubts else "")


def _hour(now: datetime) -> datetime:
    """When the hour that runs began."""
    return now.replace(minute=0, second=0, microsecond=0)


def _batches(wanted: Sequence[Series], points: int) -> Iterator[Sequence[Series]]:
    """As many series to a call as its limits allow."""
    size = max(1, min(QUERIES, POINTS // max(points, 1)))
    for first in range(0, len(wanted), size):
        yield wanted[first : first + size]


def _asked(cloudwatch: Any, batch: Sequence[Series], start: datetime, end: datetime) -> tuple[list[_Points], str]:
    """The datapoints of a batch in its order, all pages of them, and what CloudWatch says of the whole call."""
    request: dict[str, Any] = {
        "MetricDataQueries": [_query(position, one) for position, one in enumerate(batch)],
        "StartTime": start,
        "EndTime": end,
        "ScanBy": "TimestampDescending",
    }
    found = [_Points() for _ in batch]
    general = ""
    while True:
        answer = cloudwatch.get_metric_data(**request)
        general = general or _messages(answer.get("Messages"))
        for one in answer["MetricDataResults"]:
            points = found[int(one["Id"][1:])]
            points.values += zip(one["Timestamps"], one["Values"], strict=True)
            points.status = one["StatusCode"]
            points.said = _messages(one.get("Messages")) or points.said
        if not answer.get("NextToken"):
            return found, general
        request["NextToken"] = answer["NextToken"]


def _query(position: int, one: Series) -> dict[str, Any]:
    metric = {
        "Namespace": one.namespace,
        "MetricName": one.metric,
        "Dimensions": [{"Name": one.dimension, "Value": one.value}],
    }
    # An id begins with a lower-case letter (API reference, MetricDataQuery).
    return {"Id": f"q{position}", "MetricStat": {"Metric": metric, "Period": int(HOUR.total_seconds()), "Stat": "Sum"}}


def _sum(points: Sequence[tuple[datetime, float]], now: datetime) -> Sum:
    hour = _hour(now)
    day = hour.replace(hour=0)
    return Sum(
        span=sum(value for _, value in points),
        hour=sum(value for at, value in points if at >= hour),
        day=sum(value for at, value in points if at >= day),
    )


def _messages(found: Iterable[Mapping[str, Any]] | None) -> str:
    return "; ".join(f"{one.get('Code', '')} {one.get('Value', '')}".strip() for one in found or ())

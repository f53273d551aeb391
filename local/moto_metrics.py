"""Hooks into moto's CloudWatch: metrics by exact dimension set, as AWS looks them up, and without reading all of them.

Like moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudwatch import models

from local.moto_hooks import backend
from local.scope import Scope

Key = tuple[str, str, frozenset[tuple[str, str]]]


@dataclass(frozen=True)
class MetricSeed:
    """A series to be there before the story begins: (moment, value) pairs, under one exact dimension set."""

    namespace: str
    metric: str
    dimensions: tuple[tuple[str, str], ...]
    points: tuple[tuple[datetime, float], ...] = field(repr=False)
    unit: str = "None"


def seed_metrics(scope: Scope, seeds: Iterable[MetricSeed]) -> None:
    """Writes series straight into the account, thousands of datapoints a second."""
    cloudwatch = backend("cloudwatch", scope)
    for seed in seeds:
        dimensions = [{"Name": name, "Value": value} for name, value in seed.dimensions]
        for at, value in seed.points:
            datum = models.MetricDatum(
                seed.namespace, seed.metric, value, dimensions, at.replace(tzinfo=None), seed.unit
            )
            cloudwatch.metric_data.append(datum)


def install_metrics() -> Callable[[], None]:
    """Makes GetMetricData read exact dimension sets of one namespace; returns what undoes it."""
    kind: Any = models.CloudWatchBackend
    original, every = kind.get_metric_data, kind.get_all_metrics
    chosen: list[list[Any]] = []

    def get_metric_data(self: Any, queries: list[dict[str, Any]], *rest: Any, **more: Any) -> list[dict[str, Any]]:
        if any("MetricStat" not in query for query in queries):
            return list(original(self, queries, *rest, **more))
        index: dict[Key, list[Any]] = defaultdict(list)
        for datum in every(self):
            index[_key(datum.namespace, datum.name, ((one.name, one.value) for one in datum.dimensions))].append(datum)
        found: list[dict[str, Any]] = []
        for query in queries:
            metric = query["MetricStat"]["Metric"]
            dimensions = ((one["Name"], one["Value"]) for one in metric.get("Dimensions") or [])
            chosen.append(index[_key(metric["Namespace"], metric["MetricName"], dimensions)])
            try:
                found += original(self, [query], *rest, **more)
            finally:
                chosen.pop()
        return found

    def get_all_metrics(self: Any) -> list[Any]:
        return chosen[-1] if chosen else list(every(self))

    kind.get_metric_data, kind.get_all_metrics = get_metric_data, get_all_metrics

    def undo() -> None:
        kind.get_metric_data, kind.get_all_metrics = original, every

    return undo


def _key(namespace: str, metric: str, dimensions: Iterable[tuple[str, str]]) -> Key:
    return (namespace, metric, frozenset(dimensions))

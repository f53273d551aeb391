"""Metrics in log lines: what CloudWatch takes out of the embedded metric format, and what it drops without a word.

Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from local.metric_alarms import MetricAlarms
from local.records import Loss
from local.world import World

MOST_DIMENSIONS, MOST_VALUES = 30, 100
Datum = dict[str, Any]


class Dropped(Exception):
    """What CloudWatch would drop; the text says why."""


class EmbeddedMetrics:
    """Takes the metrics out of log lines."""

    def __init__(self, world: World, alarms: MetricAlarms) -> None:
        self._world, self._alarms = world, alarms

    def take(self, lines: Iterable[str]) -> None:
        """Puts what the lines hold of metrics; what CloudWatch would drop is a loss."""
        for line in lines:
            try:
                for namespace, found in data(line):
                    self._world.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=found)
                    self._alarms.arrived(namespace, found)
            except Dropped as dropped:
                self._world.losses.append(Loss("embedded metrics", "cloudwatch", str(dropped)))


def data(line: str) -> Iterator[tuple[str, list[Datum]]]:
    """Each namespace that a line holds metrics of, with the data as PutMetricData takes them.

    Nothing for a line that is no JSON object with `_aws`. Raises Dropped.
    """
    try:
        said = json.loads(line)
    except ValueError:
        return
    if not isinstance(said, dict) or not isinstance(said.get("_aws"), dict):
        return
    about = said["_aws"]
    stamp = about.get("Timestamp")
    if not isinstance(stamp, int):
        raise Dropped(f"Timestamp is {stamp!r}, not milliseconds")
    at = datetime.fromtimestamp(stamp / 1000, UTC)
    for directive in about.get("CloudWatchMetrics") or ():
        sets = [_dimensions(said, names) for names in directive["Dimensions"]]
        values = {one["Name"]: _values(said, one["Name"]) for one in directive["Metrics"]}
        yield (
            directive["Namespace"],
            [
                {
                    "MetricName": one["Name"],
                    "Dimensions": dimensions,
                    "Timestamp": at,
                    "Values": values[one["Name"]],
                    "Unit": one.get("Unit", "None"),
                }
                for one in directive["Metrics"]
                for dimensions in sets
            ],
        )


def _dimensions(said: Mapping[str, Any], names: list[str]) -> list[dict[str, str]]:
    if len(names) > MOST_DIMENSIONS:
        raise Dropped(f"{len(names)} dimensions, at most {MOST_DIMENSIONS}")
    wrong = [name for name in names if not isinstance(said.get(name), str) or not said[name]]
    if wrong:
        raise Dropped(f"dimension {', '.join(wrong)} has no text as its value")
    return [{"Name": name, "Value": said[name]} for name in names]


def _values(said: Mapping[str, Any], name: str) -> list[float]:
    given = said.get(name)
    values = given if isinstance(given, list) else [given]
    numbers = [one for one in values if isinstance(one, int | float) and not isinstance(one, bool)]
    if not 0 < len(values) <= MOST_VALUES or len(numbers) < len(values):
        raise Dropped(f"metric {name} is {given!r:.60}, not a number or up to {MOST_VALUES} of them")
    return [float(one) for one in numbers]

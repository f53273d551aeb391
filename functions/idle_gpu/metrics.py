"""Finds the series that instances publish, and reads their datapoints, with as few calls as AWS allows.

What cannot be read is named, instance by instance: a series that did not answer is never a quiet one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.idle_gpu.facts import Kind, Point, Series, Window
from functions.idle_gpu.settings import MetricSource

QUERIES = 500
POINTS = 100_800
"""Most queries and datapoints of one GetMetricData call (CloudWatch API reference)."""
LIST_ALL_FROM = 10
"""From so many instances on, listing a metric for all is fewer calls than listing each instance's."""
OWN = "AWS/EC2"
SECOND: tuple[tuple[str, Kind], ...] = (
    ("CPUUtilization", "cpu"),
    ("NetworkIn", "network"),
    ("NetworkOut", "network"),
    ("EBSReadBytes", "disk"),
    ("EBSWriteBytes", "disk"),
)
STORE: tuple[tuple[str, Kind], ...] = (("DiskReadBytes", "disk"), ("DiskWriteBytes", "disk"))
"""What EC2 publishes of every instance, and of those with instance store."""
SUMMED = frozenset({"network", "disk"})


@dataclass
class Answer:
    """Series with their points, by instance, and what could not be read of whom."""

    series: dict[str, list[Series]] = field(default_factory=lambda: defaultdict(list))
    unread: dict[str, str] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Listed:
    """The series that exist, by instance; `trouble` says which could not be listed."""

    series: Mapping[str, Sequence[Series]]
    trouble: tuple[str, ...] = ()


def listed(cloudwatch: Any, sources: Sequence[MetricSource], instances: Sequence[str] | None = None) -> Listed:
    """The series of some instances, or of all.

    Without RecentlyActive, which hides what has been silent for three hours: the series of an agent that died
    would be missing, and its instance look like one that never had any.
    """
    found: dict[str, list[Series]] = defaultdict(list)
    trouble = []
    if instances is not None and len(instances) < LIST_ALL_FROM:
        asked: list[dict[str, Any]] = [{"Dimensions": [{"Name": "InstanceId", "Value": one}]} for one in instances]
    else:
        pairs = dict.fromkeys((one.namespace, one.metric) for one in sources)
        asked = [{"Namespace": namespace, "MetricName": metric} for namespace, metric in pairs]
    kinds = {(one.namespace, one.metric): one.kind for one in sources}
    seen = set()
    for query in asked:
        try:
            for one in _metrics(cloudwatch, query):
                kind = kinds.get((one["Namespace"], one["MetricName"]))
                dimensions = tuple((each["Name"], each["Value"]) for each in one.get("Dimensions", ()))
                instance = dict(dimensions).get("InstanceId")
                identity = (one["Namespace"], one["MetricName"], frozenset(dimensions))
                if kind is not None and instance and identity not in seen:
                    seen.add(identity)
                    found[instance].append(Series(one["Namespace"], one["MetricName"], dimensions, kind))
        except (ClientError, BotoCoreError) as error:
            about = query.get("MetricName") or f"instance {query['Dimensions'][0]['Value']}"
            trouble.append(f"the series of {about} could not be listed: {error}")
    return Listed(found, tuple(trouble))


def second_signals(instance: str, *, instance_store: bool) -> list[Series]:
    """CPU, network and disk of an instance, as EC2 publishes them."""
    names = (*SECOND, *STORE) if instance_store else SECOND
    return [Series(OWN, metric, (("InstanceId", instance),), kind) for metric, kind in names]


def read(
    cloudwatch: Any, wanted: Mapping[str, Sequence[Series]], window: Window, until: int, scale: Mapping[str, float]
) -> Answer:
    """The datapoints from the window's start to `until` of some series of each instance, batch by batch.

    A batch that AWS does not answer, or not wholly, leaves its instances unread; the others go on.
    """
    answer = Answer()
    flat = [(instance, one) for instance, many in wanted.items() for one in many]
    for batch in _batches(flat, -(-(until - window.start) // window.period)):
        try:
            points, doubts = _values(cloudwatch, [one for _, one in batch], window, until)
        except (ClientError, BotoCoreError) as error:
            text = f"GetMetricData: {error}"
            answer.trouble.append(f"{len({one for one, _ in batch})} instances are unknown: {text}")
            answer.unread |= {instance: f"its metrics could not be read: {text}" for instance, _ in batch}
            continue
        for position, (instance, one) in enumerate(batch):
            factor = scale.get(f"{one.namespace} {one.metric}", 1.0)
            at, values = points[position]
            moments = (int(when.timestamp()) for when in at)
            read_points = tuple(Point(when, value * factor) for when, value in zip(moments, values, strict=False))
            answer.series[instance].append(replace(one, points=read_points))
            if position in doubts:
                answer.unread[instance] = f"{one.name} could not be read wholly: {doubts[position]}"
        if doubts:
            worst = next(iter(doubts.values()))
            many = len({batch[position][0] for position in doubts})
            answer.trouble.append(f"{many} instances are unknown: GetMetricData was incomplete: {worst}")
    return answer


def _metrics(cloudwatch: Any, query: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    more: dict[str, str] = {}
    while True:
        answer = cloudwatch.list_metrics(**query, **more)
        yield from answer["Metrics"]
        if not answer.get("NextToken"):
            return
        more = {"NextToken": answer["NextToken"]}


def _batches(flat: Sequence[tuple[str, Series]], periods: int) -> Iterator[Sequence[tuple[str, Series]]]:
    """As many queries to a call as its limits allow."""
    size = max(1, min(QUERIES, POINTS // max(periods, 1)))
    for start in range(0, len(flat), size):
        yield flat[start : start + size]


Values = tuple[list[datetime], list[float]]


def _values(
    cloudwatch: Any, batch: Sequence[Series], window: Window, until: int
) -> tuple[dict[int, Values], dict[int, str]]:
    """Timestamps and values by position in the batch, and why a position cannot be relied on."""
    request = {
        "MetricDataQueries": [_query(position, one, window.period) for position, one in enumerate(batch)],
        "StartTime": datetime.fromtimestamp(window.start, UTC),
        "EndTime": datetime.fromtimestamp(until, UTC),
        "ScanBy": "TimestampDescending",
    }
    points: dict[int, Values] = {position: ([], []) for position in range(len(batch))}
    status = dict.fromkeys(range(len(batch)), "not answered")
    said: dict[int, str] = {}
    general = ""
    while True:
        answer = cloudwatch.get_metric_data(**request)
        general = general or _messages(answer.get("Messages"))
        for one in answer["MetricDataResults"]:
            position = int(one["Id"][1:])
            points[position][0].extend(one["Timestamps"])
            points[position][1].extend(one["Values"])
            status[position] = str(one["StatusCode"])
            if one.get("Messages"):
                said[position] = _messages(one["Messages"])
        if not answer.get("NextToken"):
            break
        request["NextToken"] = answer["NextToken"]
    doubts = {position: state for position, state in status.items() if state != "Complete"} | said
    if general:
        doubts = dict.fromkeys(range(len(batch)), general) | doubts
    return points, doubts


def _query(position: int, one: Series, period: int) -> dict[str, Any]:
    metric = {
        "Namespace": one.namespace,
        "MetricName": one.metric,
        "Dimensions": [{"Name": name, "Value": value} for name, value in one.dimensions],
    }
    stat = "Sum" if one.kind in SUMMED else "Maximum"
    return {"Id": f"q{position}", "MetricStat": {"Metric": metric, "Period": period, "Stat": stat}}


def _messages(found: Iterable[Mapping[str, Any]] | None) -> str:
    return "; ".join(f"{one.get('Code', '')} {one.get('Value', '')}".strip() for one in found or ())

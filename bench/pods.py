"""A trace of GPU telemetry, read from a CSV, and each of its pods seen as an instance with one GPU."""

from __future__ import annotations

import csv
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal

from functions.idle_gpu.facts import Instance, Kind, Point, Series, Window
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.window import window

COLUMNS = ("pod", "timestamp", "gpu_util_pct", "gpu_mem_used_bytes")
MIB = 1 << 20
DIMENSIONS = (("InstanceId", "pod"),)
Others = Literal["quiet", "absent"]
"""What is made of CPU, network and disk, which a GPU trace does not hold: all of them near zero, or not known."""
Sampled = Literal["utilisation", "memory"]
SECOND_SIGNALS: Sequence[tuple[str, Kind, float]] = (
    ("CPUUtilization", "cpu", 1.0),
    ("NetworkIn", "network", 0.0),
    ("NetworkOut", "network", 0.0),
)


class BadTrace(ValueError):
    """A file that is no trace, in one line."""


@dataclass(frozen=True)
class Pod:
    """The samples of one pod in order of time: epoch seconds and percent, epoch seconds and MiB."""

    name: str
    utilisation: tuple[Point, ...]
    memory: tuple[Point, ...]
    first: int
    last: int
    _maxima: dict[tuple[Sampled, int], tuple[Point, ...]] = field(default_factory=dict, compare=False, repr=False)

    def shown(self, kind: Sampled, start: int, now: int, period: int) -> tuple[Point, ...]:
        """The maximum of each period from `start` on, as metrics show it, from the samples up to `now` alone."""
        begun = now // period * period
        whole = self._maxima[kind, period] if (kind, period) in self._maxima else self._sum_up(kind, period)
        points = whole[bisect_left(whole, start, key=_at) : bisect_left(whole, begun, key=_at)]
        raw = self._samples(kind)
        young = raw[bisect_left(raw, begun, key=_at) : bisect_right(raw, now, key=_at)]
        return (*points, Point(begun, max(one.value for one in young))) if young else points

    def _samples(self, kind: Sampled) -> tuple[Point, ...]:
        return self.utilisation if kind == "utilisation" else self.memory

    def _sum_up(self, kind: Sampled, period: int) -> tuple[Point, ...]:
        highest: dict[int, float] = {}
        for one in self._samples(kind):
            begun = one.at // period * period
            highest[begun] = max(one.value, highest.get(begun, one.value))
        found = self._maxima[kind, period] = tuple(Point(at, value) for at, value in highest.items())
        return found

    def works_at(self, over: float) -> list[int]:
        """The moments at which it worked: utilisation over so many percent."""
        return [one.at for one in self.utilisation if one.value > over]


def read(path: Path) -> list[Pod]:
    """The pods of a trace, those that were seen first in front. An empty value is a missing one."""
    util: dict[str, list[Point]] = defaultdict(list)
    memory: dict[str, list[Point]] = defaultdict(list)
    seen: dict[str, list[int]] = defaultdict(list)
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for name, at, percent, held in _rows(csv.reader(file)):
                seen[name].append(at)
                if percent is not None:
                    util[name].append(Point(at, percent))
                if held is not None:
                    memory[name].append(Point(at, held / MIB))
    except OSError as error:
        raise BadTrace(str(error.strerror)) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadTrace(f"no CSV: {error}") from error
    if not seen:
        raise BadTrace("no samples")
    pods = [
        Pod(name, tuple(sorted(util[name], key=_at)), tuple(sorted(memory[name], key=_at)), min(times), max(times))
        for name, times in seen.items()
    ]
    return sorted(pods, key=lambda pod: (pod.first, -pod.last, pod.name))


def instance(pod: Pod, settings: IdleGpuSettings, now: int, launched: int, others: Others) -> Instance:
    """What Fusebox would have seen at `now` of an instance whose one GPU is the pod's: the facts of the guardrail.

    It is one that nothing bars from being stopped, so that only its telemetry decides.
    """
    moment = datetime.fromtimestamp(now, UTC)
    judged = window(settings, moment)
    sampled: Sequence[tuple[str, Sampled]] = (
        ("nvidia_smi_utilization_gpu", "utilisation"),
        ("nvidia_smi_memory_used", "memory"),
    )
    series = [
        Series("CWAgent", name, DIMENSIONS, kind, pod.shown(kind, judged.start, now, judged.period))
        for name, kind in sampled
    ]
    if others == "quiet":
        for name, other, value in SECOND_SIGNALS:
            series.append(Series("AWS/EC2", name, DIMENSIONS, other, _steady(value, judged)))
    return Instance(
        arn=f"arn:aws:ec2:us-east-1:123456789012:instance/{pod.name}",
        read_at=moment,
        tags={},
        instance_id=pod.name,
        type="g5.xlarge",
        state="running",
        launched_at=datetime.fromtimestamp(launched, UTC),
        volumes_gb=0,
        termination_protected=False,
        stop_protected=False,
        series=tuple(series),
        window=judged,
    )


@lru_cache(maxsize=64)
def _steady(value: float, judged: Window) -> tuple[Point, ...]:
    return tuple(Point(at, value) for at in range(judged.start, judged.end, judged.period))


def _rows(lines: Iterator[list[str]]) -> Iterator[tuple[str, int, float | None, float | None]]:
    header = next(lines, [])
    if missing := [name for name in COLUMNS if name not in header]:
        raise BadTrace(f"line 1: no column {', '.join(missing)}")
    where = [header.index(name) for name in COLUMNS]
    for number, line in enumerate(lines, 2):
        if not line:
            continue
        if len(line) != len(header):
            raise BadTrace(f"line {number}: {len(line)} values, {len(header)} columns")
        name, at, percent, held = (line[index].strip() for index in where)
        if not name:
            raise BadTrace(f"line {number}: no pod")
        moment = _number(number, "timestamp", at, 1e11)
        if moment is None:
            raise BadTrace(f"line {number}: no timestamp")
        yield name, int(moment), _number(number, COLUMNS[2], percent, 100), _number(number, COLUMNS[3], held, 1e15)


def _number(line: int, column: str, text: str, most: float) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise BadTrace(f"line {line}: {column} {text!r} is no number") from None
    if not 0 <= value <= most:
        raise BadTrace(f"line {line}: {column} {text} is not between 0 and {most:g}")
    return value


def _at(point: Point) -> int:
    return point.at

"""Puts together what is seen of an instance: its telemetry by minutes ago, everything else by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.idle_gpu.facts import Instance, Kind, Point, Series
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.window import window

NOW = datetime(2026, 11, 22, 12, 7, 30, tzinfo=UTC)
ID = "i-0123456789abcdef0"
SETTINGS = IdleGpuSettings(mode="enforce")
Pattern = Callable[[float], float | None]
"""Minutes ago -> value; None is no datapoint."""


# --- how a value moves over time


def steady(value: float) -> Pattern:
    return lambda ago: value


def at(moments: Mapping[float, float], otherwise: float = 0.0, *, width: float = 5) -> Pattern:
    """`otherwise`, but for the periods that hold one of the moments (minutes ago)."""

    def pattern(ago: float) -> float | None:
        return next((value for moment, value in moments.items() if ago - width < moment <= ago), otherwise)

    return pattern


def every(minutes: int, value: float, *, lasts: int = 5, otherwise: float = 0.0) -> Pattern:
    return lambda ago: value if ago % minutes < lasts else otherwise


def silent(pattern: Pattern, *, since: float = 0, before: float = float("inf")) -> Pattern:
    """No datapoints between `before` and `since` minutes ago."""
    return lambda ago: None if since <= ago <= before else pattern(ago)


QUIET_CPU, QUIET_NETWORK = steady(1.2), steady(30_000)


# --- series


def series(
    metric: str,
    pattern: Pattern,
    kind: Kind = "utilisation",
    *,
    namespace: str = "CWAgent",
    settings: IdleGpuSettings = SETTINGS,
    now: datetime = NOW,
    agentless: bool = False,
    **dimensions: str,
) -> Series:
    """A series over the whole window and up to now, a datapoint a period."""
    asked = window(settings, now, without_gpu_series=agentless)
    points = []
    for start in range(asked.start, int(now.timestamp()), asked.period):
        value = pattern((now.timestamp() - start) / 60)
        if value is not None:
            points.append(Point(start, value))
    return Series(namespace, metric, (("InstanceId", ID), *dimensions.items()), kind, tuple(points))


def gpu(pattern: Pattern, **also: Any) -> Series:
    return series("nvidia_smi_utilization_gpu", pattern, **also)


def gpus(*patterns: Pattern, **also: Any) -> list[Series]:
    """One series for each GPU, as the CloudWatch agent publishes them by default."""
    return [gpu(pattern, index=str(number), **also) for number, pattern in enumerate(patterns)]


def memory(pattern: Pattern, **also: Any) -> Series:
    return series("nvidia_smi_memory_used", pattern, "memory", **also)


def others(
    cpu: Pattern = QUIET_CPU,
    network_in: Pattern = QUIET_NETWORK,
    network_out: Pattern = QUIET_NETWORK,
    disk: Pattern | None = None,
    **also: Any,
) -> list[Series]:
    """What EC2 itself publishes; bytes are those of a whole period."""
    found = [
        series("CPUUtilization", cpu, "cpu", namespace="AWS/EC2", **also),
        series("NetworkIn", network_in, "network", namespace="AWS/EC2", **also),
        series("NetworkOut", network_out, "network", namespace="AWS/EC2", **also),
    ]
    if disk is not None:
        found.append(series("EBSWriteBytes", disk, "disk", namespace="AWS/EC2", **also))
    return found


# --- instances


def instance(*found: Series, settings: IdleGpuSettings = SETTINGS, now: datetime = NOW, **also: Any) -> Instance:
    """A g5.xlarge that has run for a month, on demand, unprotected, with 100 GB of disks and these series."""
    facts = Instance(
        arn=f"arn:aws:ec2:us-east-1:123456789012:instance/{ID}",
        read_at=now,
        tags={},
        instance_id=ID,
        name="trainer",
        type="g5.xlarge",
        state="running",
        launched_at=now - timedelta(days=30),
        zone="us-east-1a",
        vcpus=4,
        volumes_gb=100,
        termination_protected=False,
        stop_protected=False,
        series=found,
        window=window(settings, now),
    )
    return replace(facts, **also)


def without_agent(*found: Series, **also: Any) -> Instance:
    """The same without GPU series: it was asked about for longer."""
    asked = window(also.get("settings", SETTINGS), also.get("now", NOW), without_gpu_series=True)
    return instance(*found, **{"window": asked, **also})


def idle(**also: Any) -> Instance:
    """An instance that plainly does nothing."""
    return instance(gpu(steady(0)), *others(), **also)

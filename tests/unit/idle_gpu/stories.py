"""What instances do, told in telemetry: the verdict that is due, and whether Fusebox may stop it without asking.

`extra` marks stories that hinge on a datapoint beside a complete window: lost, it leaves no hole, and nobody
could tell. Every other story stays unstopped whichever datapoints are lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from functions.core.types import Decision
from functions.idle_gpu.facts import Instance, Kind, Point, Series
from functions.idle_gpu.settings import IdleGpuSettings
from tests.unit.idle_gpu.builders import (
    NOW,
    SETTINGS,
    Pattern,
    at,
    every,
    gpu,
    gpus,
    idle,
    instance,
    memory,
    others,
    series,
    silent,
    steady,
    without_agent,
)

ZERO, TRAINING = steady(0), steady(94)
MB = 1_000_000
DST = datetime(2026, 10, 25, 3, 7, 30, tzinfo=UTC)
"""The night in which Europe put its clocks back, at 01:00 UTC."""


@dataclass(frozen=True)
class Story:
    """An instance, the verdict that is due, and whether `enforce` stops it unasked."""

    name: str
    seen: Instance
    verdict: str
    stopped: bool = False
    settings: IdleGpuSettings = SETTINGS
    now: datetime = NOW
    extra: bool = False


def stops(decision: Decision) -> bool:
    """Whether `enforce` carries the decision out without asking anybody."""
    return decision.action is not None and not decision.action.irreversible and not decision.asks


def with_points(one: Series, *more: Point) -> Series:
    return replace(one, points=(*one.points, *more))


def ago(minutes: float) -> int:
    return int((NOW - timedelta(minutes=minutes)).timestamp()) // 300 * 300


def mig(pattern: Pattern, metric: str, kind: Kind, gi: str) -> Series:
    return series(metric, pattern, kind, namespace="CWAgent/Prometheus", gpu="0", GPU_I_ID=gi)


Shape = dict[str, Any]
PROFILING, FB_USED = "DCGM_FI_PROF_GR_ENGINE_ACTIVE", "DCGM_FI_DEV_FB_USED"
AMD: Shape = {"accelerator": "amd", "type": "g4ad.xlarge"}
NEURON: Shape = {"accelerator": "neuron", "type": "inf2.xlarge"}
EIGHT: Shape = {"type": "p4d.24xlarge", "accelerators": 8, "vcpus": 96}
P5: Shape = {"type": "p5.48xlarge", "accelerators": 8, "vcpus": 192}

DOES_NOTHING = (
    Story("one GPU, forgotten", idle(), "idle", True),
    Story("eight GPUs, each with its own series", instance(*gpus(*[ZERO] * 8), *others(), **EIGHT), "idle", True),
    Story("eight GPUs in one series by InstanceId", instance(gpu(ZERO), *others(), **EIGHT), "idle", True),
    Story("a hum under the threshold", instance(gpu(every(10, 1.9)), *others()), "idle", True),
    Story("just at the threshold", instance(gpu(steady(2)), *others()), "idle", True),
    Story("zero is a value, not a hole", instance(gpu(ZERO), memory(ZERO), *others(disk=ZERO)), "idle", True),
    Story("the driver's own memory", instance(gpu(ZERO), memory(steady(250)), *others()), "idle", True),
    Story("CPU, network and disk murmur", instance(gpu(ZERO), *others(steady(4), disk=steady(9 * MB))), "idle", True),
    Story(
        "gpumon of the Deep Learning AMI",
        instance(series("GPU Usage", ZERO, namespace="DeepLearningTrain", GPUNumber="0"), *others()),
        "idle",
        True,
    ),
    Story("MIG with profiling metrics", instance(mig(ZERO, PROFILING, "utilisation", "3"), *others()), "idle", True),
    Story(
        "Neuron that publishes",
        instance(series("node_neuroncore_utilization", ZERO, namespace="ContainerInsights"), *others(), **NEURON),
        "idle",
        True,
    ),
    Story(
        "AMD with metrics of its own",
        instance(series("rocm_gpu_use", ZERO, namespace="Acme", device="0"), *others(), **AMD),
        "idle",
        True,
    ),
    Story(
        "idle through a night in which the clocks change",
        instance(gpu(ZERO, now=DST), *others(now=DST), now=DST),
        "idle",
        True,
        now=DST,
    ),
)
WORKS = (
    Story("training", instance(gpu(TRAINING), *others(steady(12))), "busy"),
    Story("one busy of eight", instance(*gpus(*[ZERO] * 7, TRAINING), *others(), **EIGHT), "busy"),
    Story("seven rest, one ticks over", instance(*gpus(*[ZERO] * 7, steady(3)), *others(), **EIGHT), "busy"),
    Story("sparse inference", instance(gpu(every(50, 8)), *others()), "busy"),
    Story("a burst in four hours", instance(gpu(at({130: 96})), *others()), "busy"),
    Story("a request that runs for a second", instance(gpu(at({77: 2.1})), *others()), "busy"),
    Story("busy in the first datapoint only", instance(gpu(at({255: 70})), *others()), "busy"),
    Story("busy in the last datapoint only", instance(gpu(at({22: 70})), *others()), "busy"),
    Story("one late datapoint", instance(gpu(at({4: 70})), *others()), "busy", extra=True),
    Story("pauses for checkpoints", instance(gpu(every(60, 0, lasts=30, otherwise=91)), *others()), "busy"),
    Story("warms up after an hour of download", instance(gpu(at({18: 35, 23: 40})), *others()), "busy"),
    Story(
        "MIG, one slice works",
        instance(
            *(mig(one, PROFILING, "utilisation", gi) for gi, one in (("1", ZERO), ("2", at({90: 55})))), *others()
        ),
        "busy",
    ),
    Story("a quiet sum, a busy device", instance(gpu(ZERO), *gpus(at({45: 60})), *others()), "busy"),
    Story("two values for one period", instance(with_points(gpu(ZERO), Point(ago(60), 88)), *others()), "busy"),
    Story("works, and its agent dies", instance(gpu(silent(TRAINING, since=0, before=120)), *others()), "busy"),
    Story(
        "busy in the hour that comes twice",
        instance(gpu(at({130: 50}), now=DST), *others(now=DST), now=DST),
        "busy",
        now=DST,
    ),
    Story("memory and work", instance(gpu(every(30, 20)), memory(steady(40_000)), *others()), "busy"),
)
WAITS_FOR_INPUT = (
    Story("data-stalled training", instance(gpu(steady(1)), *others(network_in=steady(900 * MB))), "starved"),
    Story("preprocessing on the CPU", instance(gpu(ZERO), *others(steady(63))), "starved"),
    Story("writes a checkpoint", instance(gpu(ZERO), *others(disk=at({100: 8000 * MB}))), "starved"),
    Story("uploads its results", instance(gpu(ZERO), *others(network_out=at({30: 700 * MB}))), "starved"),
    Story("six cores of 192", instance(*gpus(*[ZERO] * 8), *others(steady(3.1)), **P5), "starved"),
    Story("a CPU spike in the youngest datapoint", instance(gpu(ZERO), *others(at({4: 80}, 1))), "starved", extra=True),
    Story(
        "a download long ago, still in the window",
        instance(gpu(ZERO), *others(network_in=at({250: 99 * MB}))),
        "starved",
    ),
)
HOLDS_MEMORY = (
    Story("notebook with memory held", instance(gpu(ZERO), memory(steady(14_000)), *others()), "warm_idle"),
    Story("model server between requests", instance(gpu(ZERO), memory(steady(78_000)), *others()), "warm_idle"),
    Story(
        "memory held on one of eight",
        instance(
            *gpus(*[ZERO] * 8), *(memory(steady(5000 * (n == 6)), index=str(n)) for n in range(8)), *others(), **EIGHT
        ),
        "warm_idle",
    ),
    Story("memory released an hour ago", instance(gpu(ZERO), memory(at({60: 9000})), *others()), "warm_idle"),
    Story(
        "MIG, a model in a slice",
        instance(mig(ZERO, PROFILING, "utilisation", "3"), mig(steady(4000), FB_USED, "memory", "3"), *others()),
        "warm_idle",
    ),
)
NOBODY_KNOWS = (
    Story("no agent, quiet for a day", without_agent(*others(agentless=True)), "likely_idle"),
    Story("no agent, traffic", without_agent(*others(network_in=every(60, 400 * MB), agentless=True)), "unknown"),
    Story("no agent, busy CPU", without_agent(*others(steady(40), agentless=True)), "unknown"),
    Story("no agent, read for four hours only", instance(*others()), "unknown"),
    Story(
        "no agent, half a day of CPU", without_agent(*others(silent(steady(1), since=720), agentless=True)), "unknown"
    ),
    Story(
        "no agent, started ten hours ago",
        without_agent(*others(agentless=True), launched_at=NOW - timedelta(hours=10)),
        "unknown",
    ),
    Story("no metrics at all", without_agent(), "unknown"),
    Story("agent died two hours ago", instance(gpu(silent(ZERO, since=0, before=120)), *others()), "unknown"),
    Story("agent died before the window", instance(gpu(lambda _: None), *others()), "unknown"),
    Story("agent died a quarter of an hour ago", instance(gpu(silent(ZERO, since=0, before=34)), *others()), "unknown"),
    Story("half a window", instance(gpu(silent(ZERO, since=130)), *others()), "unknown"),
    Story("seven periods of 60 missing", instance(gpu(silent(ZERO, since=101, before=135)), *others()), "unknown"),
    Story(
        "samples in the first hour only",
        instance(gpu(lambda ago: 0.5 if ago > 250 else None), *others(steady(60))),
        "unknown",
    ),
    Story("one period missing", instance(gpu(silent(ZERO, since=101, before=105)), *others()), "idle"),
    Story("a value that is no number", instance(gpu(at({60: float("nan")})), *others()), "idle"),
    Story("a hole in the CPU's series", instance(gpu(ZERO), *others(silent(steady(1), since=101, before=105))), "idle"),
    Story(
        "a hole in the memory's series",
        instance(gpu(ZERO), memory(silent(ZERO, since=60, before=70)), *others()),
        "idle",
    ),
    Story(
        "reboot in the window",
        instance(gpu(silent(ZERO, since=60, before=69)), *others(silent(steady(1), since=60, before=69))),
        "idle",
    ),
    Story("seven of eight GPUs publish", instance(*gpus(*[ZERO] * 7), *others(), **EIGHT), "unknown"),
    Story("one of eight is N/A", instance(*gpus(*[ZERO] * 7, lambda _: None), *others(), **EIGHT), "unknown"),
    Story("N/A published as -1", instance(gpu(steady(-1)), *others()), "unknown"),
    Story("MIG, memory only", instance(memory(steady(4)), *others()), "unknown"),
    Story(
        "MIG, slices without profiling metrics",
        instance(gpu(ZERO), mig(ZERO, FB_USED, "memory", "3"), *others()),
        "unknown",
    ),
    Story("AMD without metrics", without_agent(*others(agentless=True), **AMD), "unknown"),
    Story("Neuron without metrics", without_agent(*others(agentless=True), **NEURON), "unknown"),
    Story(
        "clock skew: a datapoint from tomorrow",
        instance(with_points(gpu(ZERO), Point(ago(-1440), 0)), *others()),
        "unknown",
        extra=True,
    ),
    Story("metrics could not be read", idle(series=None, unreadable="cloudwatch:GetMetricData: throttled"), "unknown"),
    Story("a safety fact could not be read", idle(unreadable="the installed SDK does not know Operator"), "unknown"),
    Story("tags could not be read", idle(tags=None), "unknown"),
    Story("start time missing", idle(launched_at=None), "unknown"),
    Story("no CPU series", instance(gpu(ZERO), *others()[1:]), "unknown"),
    Story("network in one direction only", instance(gpu(ZERO), *others()[:2]), "unknown"),
    Story("CPU series silent", instance(gpu(ZERO), *others(lambda _: None)), "unknown"),
)
TOO_YOUNG = (
    Story("launched ten minutes ago", idle(launched_at=NOW - timedelta(minutes=10)), "young"),
    Story("started again two hours ago", idle(launched_at=NOW - timedelta(hours=2)), "young"),
    Story("started in the future", idle(launched_at=NOW + timedelta(hours=1)), "young"),
)
NOT_OURS = (
    Story("protected by tag", idle(tags={"fusebox:protect": ""}), "protected"),
    Story("a node of EKS", idle(managed_by="EKS cluster ml"), "managed"),
    Story("stop protection", idle(stop_protected=True), "protected"),
    Story("stop protection not read", idle(stop_protected=None), "unknown"),
    Story("a capacity block", idle(lifecycle="capacity-block"), "reserved"),
    Story("a capacity reservation", idle(reservation="cr-0123456789abcdef0", reservation_match="targeted"), "reserved"),
    Story("one-time Spot", idle(lifecycle="spot one-time"), "cannot_stop"),
    Story("an instance-store root", idle(root_device="instance-store"), "cannot_stop"),
    Story("data on an instance store", idle(instance_store_gb=250), "idle"),
    Story("set up for hibernation", idle(hibernates=True), "idle"),
    Story("a disk under a customer's key", idle(volume_keys=("arn:aws:kms:us-east-1:123456789012:key/k",)), "idle"),
    Story("a member of a group", idle(group="trainers", group_min=1, group_desired=3), "idle"),
    Story("a member of a group at its minimum", idle(group="trainers", group_min=2, group_desired=2), "group"),
    Story("already stopping", idle(state="stopping"), "stopping"),
)
STORIES = (*DOES_NOTHING, *WORKS, *WAITS_FOR_INPUT, *HOLDS_MEMORY, *NOBODY_KNOWS, *TOO_YOUNG, *NOT_OURS)

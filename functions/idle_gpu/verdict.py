"""Pure: whether an instance works, by its telemetry alone. The first rule that applies decides, with its numbers.

A stop follows from `idle`, `warm_idle` and `likely_idle` only, and each of them needs every datapoint to be
quiet and enough of them to be there: whatever is missing leads away from a stop.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from functions.core.types import Json
from functions.idle_gpu import telemetry
from functions.idle_gpu.facts import Instance, Window
from functions.idle_gpu.settings import IdleGpuSettings
from functions.idle_gpu.telemetry import TRAFFIC, Reading, amount, moment, readings, span

Name = Literal["busy", "idle", "warm_idle", "likely_idle", "starved", "unknown", "young"]
IDLE: frozenset[str] = frozenset({"idle", "warm_idle", "likely_idle"})
"""The verdicts from which an action may follow."""
INSTALL = "install the CloudWatch agent with its nvidia_gpu section to know"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the telemetry says, why, and with which numbers.

    `doubt` says why only a person should act on it although the verdict stands, or is "". `idle_since` is
    the earliest moment (epoch seconds) from which nothing moved, as far as the data go back; None where something does.
    """

    name: Name
    reason: str
    evidence: Mapping[str, Json] = field(default_factory=dict)
    doubt: str = ""
    idle_since: int | None = None

    @property
    def is_idle(self) -> bool:
        return self.name in IDLE


def judge(instance: Instance, settings: IdleGpuSettings, now: datetime, seconds: int | None = None) -> Verdict:
    """The verdict over the last `seconds` of the window; `window_minutes` unless said otherwise.

    For an instance without GPU series the stretch is never shorter than `likely_idle_hours`.
    """
    young = _young(instance, settings, now, seconds or settings.window_minutes * 60)
    if young:
        return Verdict("young", young)
    if instance.unreadable or instance.series is None or instance.window is None:
        return Verdict("unknown", instance.unreadable or "its metrics could not be read")
    if instance.launched_at is None:
        return Verdict("unknown", "when it was started is missing")
    skew = telemetry.from_the_future(instance, now)
    if skew:
        return Verdict("unknown", skew)
    since = instance.window.end - (seconds or settings.window_minutes * 60)
    gpus = readings(instance, "utilisation", since)
    if not gpus:
        return _without_gpu_series(instance, settings, instance.window, seconds or 0)
    busy = _busy(gpus, settings)
    if busy:
        return busy
    doubt = _incomplete(instance, instance.window, gpus, since, settings)
    if doubt:
        return Verdict("unknown", doubt, _numbers(gpus))
    others = telemetry.second_signals(instance, since)
    loud = telemetry.loud(others, instance, settings)
    if loud:
        why = (
            f"its GPUs do at most {_top(gpus):.1f}%, but {', '.join(loud)}: waiting for input, or working without them"
        )
        return Verdict("starved", why, _numbers(gpus, others))
    thin = _second_signals(others, instance, settings)
    if thin:
        return Verdict("unknown", thin, _numbers(gpus, others))
    return _idle(instance, settings, instance.window, since, gpus, others)


def _young(instance: Instance, settings: IdleGpuSettings, now: datetime, seconds: int) -> str:
    """Why it has not run long enough to be judged, or ""."""
    started = instance.launched_at
    if started is None:
        return ""
    ran = now - started
    if ran < timedelta(minutes=settings.warm_up_minutes):
        return f"started {span(max(ran.total_seconds(), 0))} ago; the warm-up is {settings.warm_up_minutes} min"
    if instance.window is not None and started.timestamp() > instance.window.end - seconds:
        return f"started {span(ran.total_seconds())} ago, within the {span(seconds)} that are judged"
    return ""


def _busy(gpus: Sequence[Reading], settings: IdleGpuSettings) -> Verdict | None:
    """Any datapoint of any GPU over the threshold, however young."""
    tops = [(one, top) for one in gpus if (top := one.highest) and top[1] > settings.threshold_percent]
    if not tops:
        return None
    one, (at, value) = max(tops, key=lambda pair: pair[1][1])
    why = f"{one.series.name} was at {value:.1f}% on {moment(at)}, over {settings.threshold_percent:g}%"
    return Verdict("busy", why, _numbers(gpus))


def _incomplete(
    instance: Instance, window: Window, gpus: Sequence[Reading], since: int, settings: IdleGpuSettings
) -> str:
    """Why GPU series that show no work do not prove that there is none, or ""."""
    if since < window.start:
        return f"{span(window.end - window.start)} of metrics were read, {span(window.end - since)} are judged"
    memory = instance.of_kind("memory")
    if any(one.is_slice for one in memory) and not any(one.series.is_slice for one in gpus):
        return "its GPUs are sliced (MIG), and the slices publish memory only; publish DCGM_FI_PROF_GR_ENGINE_ACTIVE"
    devices = {one.series.device for one in gpus}
    if () not in devices and len(devices) < instance.accelerators:
        return f"{len(devices)} of its {instance.accelerators} accelerators publish their utilisation"
    return telemetry.thin(gpus, instance, settings)


def _second_signals(others: Sequence[Reading], instance: Instance, settings: IdleGpuSettings) -> str:
    """Why CPU and network cannot be called quiet, or "". Disks count where there are any."""
    needed = [one for one in others if one.series.kind != "disk"]
    if not any(one.series.kind == "cpu" for one in needed):
        return "its CPU use is not known"
    if not {one.series.metric for one in needed if one.series.kind == "network"} >= TRAFFIC:
        return "its network traffic is not known in both directions"
    return telemetry.thin(needed, instance, settings)


def _without_gpu_series(instance: Instance, settings: IdleGpuSettings, window: Window, seconds: int) -> Verdict:
    """An instance whose GPUs publish nothing: only long quiet of all else says something, and a person decides."""
    if instance.of_kind("memory"):
        why = "its GPUs publish memory only, no utilisation: sliced (MIG), or hidden by the driver"
        return Verdict("unknown", f"{why}; publish DCGM_FI_PROF_GR_ENGINE_ACTIVE")
    if instance.accelerator != "nvidia":
        return Verdict("unknown", f"its accelerators ({instance.accelerator}) publish no metrics that are looked for")
    needed = max(seconds, settings.likely_idle_hours * 3600)
    since = window.end - needed
    others = telemetry.second_signals(instance, since)
    loud = telemetry.loud(others, instance, settings)
    if loud:
        return Verdict(
            "unknown", f"its GPUs publish no metrics, and {', '.join(loud)}; {INSTALL}", _numbers((), others)
        )
    if since < window.start:
        have = span(window.end - window.start)
        return Verdict("unknown", f"its GPUs publish no metrics, and {have} of others are too little; {INSTALL}")
    if instance.launched_at is not None and instance.launched_at.timestamp() > since:
        return Verdict("unknown", f"its GPUs publish no metrics, and it has run less than {span(needed)}; {INSTALL}")
    thin = _second_signals(others, instance, settings)
    if thin:
        return Verdict("unknown", f"its GPUs publish no metrics, and {thin}; {INSTALL}", _numbers((), others))
    why = f"its GPUs publish no metrics; CPU, network and disk were quiet for {span(needed)}; {INSTALL}"
    missing = telemetry.gaps(others) if settings.gaps == "ask" else ""
    return Verdict("likely_idle", why, _numbers((), others), missing, _since(instance, settings, window, since))


def _idle(
    instance: Instance,
    settings: IdleGpuSettings,
    window: Window,
    since: int,
    gpus: Sequence[Reading],
    others: Sequence[Reading],
) -> Verdict:
    """All is quiet; what is held in memory decides between forgotten and waiting."""
    memory = readings(instance, "memory", since)
    held = max((top[1] for one in memory if (top := one.highest)), default=None)
    numbers = _numbers(gpus, others, held)
    missing = telemetry.gaps([*gpus, *others, *memory]) if settings.gaps == "ask" else ""
    quiet_since = _since(instance, settings, window, since)
    devices = max(len({one.series.device for one in gpus}), 1)
    what = f"{len(gpus)} series of {devices} GPUs" if devices > 1 else "its GPU"
    why = f"{what} at most {_top(gpus):.1f}%, CPU, network and disk quiet, for {span(window.end - since)}"
    if held is not None and held > settings.memory_held_mib:
        why = f"{why}; {amount('memory', held)} of GPU memory held: a loaded model, or a forgotten notebook"
        return Verdict("warm_idle", why, numbers, missing, quiet_since)
    return Verdict("idle", why, numbers, missing, quiet_since)


def _since(instance: Instance, settings: IdleGpuSettings, window: Window, judged: int) -> int:
    """From when on nothing moved, as far as the data go back. Older data than those judged only move it forward."""
    moved = max(window.start, int(instance.launched_at.timestamp()) if instance.launched_at else 0)
    for series in instance.series or ():
        one = telemetry.read(series, window, window.start)
        if series.kind == "memory":
            continue
        most = settings.threshold_percent if series.kind == "utilisation" else telemetry.limit(one, instance, settings)
        moved = max([moved, *(at + window.period for at, value in one.everything.items() if value > most)])
    return min(moved, judged)


def _top(gpus: Sequence[Reading]) -> float:
    return max((top[1] for one in gpus if (top := one.highest)), default=0.0)


def _numbers(gpus: Sequence[Reading], others: Sequence[Reading] = (), held: float | None = None) -> dict[str, Json]:
    """The figures behind a verdict, the most telling first."""
    found: dict[str, Json] = {}
    if gpus:
        found["gpu_max_percent"] = round(_top(gpus), 2)
        found["gpu_series"] = len(gpus)
        found["coverage_percent"] = round(min(one.coverage for one in gpus) * 100, 1)
    if held is not None:
        found["gpu_memory_mib"] = round(held)
    for kind, name in (("cpu", "cpu_max_percent"), ("network", "network_max_bytes"), ("disk", "disk_max_bytes")):
        tops = [top[1] for one in others if one.series.kind == kind and (top := one.highest)]
        if tops:
            found[name] = round(max(tops), 2)
    return found

"""The main settings one by one against what they save and whom they would have stopped wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bench.pods import Pod
from bench.replay import How, Look, Replay, replays
from functions.idle_gpu.settings import IdleGpuSettings

SHORT = 60
"""Minutes of a window short enough for the other settings to show a difference."""
VALUES: Mapping[str, Sequence[Any]] = {
    "window_minutes": (30, 60, 90, 120, 180, 240, 300, 360, 480),
    "threshold_percent": (0.0, 0.5, 2.0, 5.0, 10.0),
    "coverage": (0.5, 0.9, 1.0),
    "memory_held_mib": (300, 1024, 8192, 16_384, 32_768),
    "warm_idle": ("ask", "act"),
}


@dataclass(frozen=True)
class Variant:
    """Settings that differ in one value from the present ones, or in two where the window is short as well."""

    changed: str
    value: Any
    settings: IdleGpuSettings
    is_present: bool = False


@dataclass(frozen=True)
class Outcome:
    """What a variant does in one run over the trace, as a mean over the runs.

    `wrong` and `wrong_pods` go by the hours within which work came; the pods are counted over all runs.
    """

    stops: float
    wrong: tuple[float, ...]
    hours: float
    pods: int
    wrong_pods: tuple[int, ...]


def variants(present: IdleGpuSettings) -> Iterator[Variant]:
    """Each setting over its values; settings other than the window with the present and with a short one."""
    for name, values in VALUES.items():
        windows = (present.window_minutes,) if name == "window_minutes" else (present.window_minutes, SHORT)
        for minutes in dict.fromkeys(windows):
            for value in values:
                changes: dict[str, Any] = {"window_minutes": minutes, name: value}
                settings = replace(present, **changes)
                yield Variant(name, value, settings, settings == present)


def measure(
    pods: Sequence[Pod], settings: IdleGpuSettings, how: How, step: int, within: Sequence[float]
) -> tuple[Outcome, Outcome]:
    """The outcomes unasked, and with every question answered yes, over sweeps that begin each `step` seconds later.

    `within`: the hours within which work after a stop makes it a wrong one.
    """
    runs = [replays(pods, settings, one) for one in starts(how, step)]
    return _mean([first for first, _ in runs], within), _mean([second for _, second in runs], within)


def starts(how: How, step: int) -> list[How]:
    """The same sweeps, begun at every `step` seconds of an interval: which one an account gets is chance."""
    return [replace(how, offset=offset) for offset in range(0, how.every, step)]


def pods_of(looks: Iterable[Look]) -> int:
    """How many pods these looks are about."""
    return len({look.pod for look in looks})


def wrong(looks: Iterable[Look], hours: float) -> list[Look]:
    """The looks after which the pod worked again so soon."""
    return [look for look in looks if look.worked_within(hours)]


def _mean(runs: Sequence[Replay], within: Sequence[float]) -> Outcome:
    stops = [look for run in runs for look in run.stops]
    return Outcome(
        stops=len(stops) / len(runs),
        wrong=tuple(len(wrong(stops, hours)) / len(runs) for hours in within),
        hours=sum(run.idle_hours for run in runs) / len(runs),
        pods=pods_of(stops),
        wrong_pods=tuple(pods_of(wrong(stops, hours)) for hours in within),
    )

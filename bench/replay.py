"""What the guardrail would have said of pods at every sweep, and what came of it: the trace knows what follows."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from bench.pods import Others, Pod, instance
from functions.idle_gpu.decide import decide
from functions.idle_gpu.settings import IdleGpuSettings

HOUR = 3600
Outcome = Literal["stopped", "asked", "left"]


@dataclass(frozen=True)
class How:
    """How the trace is judged: seconds between sweeps, the moment of the first, and what of the rest is assumed.

    A pod works when its utilisation is over `work_percent`, whatever the threshold of the settings.
    """

    every: int = HOUR
    offset: int = 0
    others: Others = "quiet"
    work_percent: float = 0.0

    def sweeps(self, pods: Sequence[Pod]) -> range:
        """The moments of the sweeps; the first is one `every` after the first sample."""
        start = min(pod.first for pod in pods) + self.every + self.offset
        return range(start, max(pod.last for pod in pods) + 1, self.every)


@dataclass(frozen=True, slots=True)
class Look:
    """One pod at one sweep: the verdict, what the guardrail does with it, and what the trace shows later."""

    pod: str
    at: int
    verdict: str
    outcome: Outcome
    next_work: int | None
    last: int

    def worked_within(self, hours: float) -> bool | None:
        """Whether it worked again so soon; None where the trace ends before that is known."""
        until = self.at + hours * HOUR
        if self.next_work is not None and self.next_work <= until:
            return True
        return None if self.last < until else False

    @property
    def idle_seconds(self) -> int:
        """How long it did nothing from here on, as far as the trace goes."""
        return (self.last if self.next_work is None else self.next_work) - self.at


@dataclass
class Replay:
    """The stops of a run over the trace, in which an instance is started again when it next works."""

    stops: list[Look] = field(default_factory=list)

    @property
    def idle_hours(self) -> float:
        """GPU-hours that were not paid for."""
        return sum(look.idle_seconds for look in self.stops) / HOUR


def looks(pods: Sequence[Pod], settings: IdleGpuSettings, how: How) -> list[Look]:
    """Every pod at every sweep of its life, each judged as though nothing had been stopped before."""
    found = []
    for pod in pods:
        works = pod.works_at(how.work_percent)
        for now in how.sweeps(pods):
            if pod.first < now <= pod.last:
                found.append(look(pod, works, settings, how, now, pod.first))
    return found


def replays(pods: Sequence[Pod], settings: IdleGpuSettings, how: How) -> tuple[Replay, Replay]:
    """The stops where each stopped pod is gone until it works again.

    First those that nobody is asked about, then those where every question is answered yes.
    """
    unasked, yes = Replay(), Replay()
    for pod in pods:
        works, known = pod.works_at(how.work_percent), dict[tuple[int, int], Look]()
        for result, acts_on in ((unasked, {"stopped"}), (yes, {"stopped", "asked"})):
            launched = pod.first
            for now in how.sweeps(pods):
                if not launched < now <= pod.last:
                    continue
                seen = known.get((now, launched)) or look(pod, works, settings, how, now, launched)
                known[now, launched] = seen
                if seen.outcome not in acts_on:
                    continue
                result.stops.append(seen)
                if seen.next_work is None:
                    break
                launched = seen.next_work
    return unasked, yes


def look(pod: Pod, works: Sequence[int], settings: IdleGpuSettings, how: How, now: int, launched: int) -> Look:
    """One pod at one moment, judged by the guardrail itself."""
    one = instance(pod, settings, now, launched, how.others)
    decision = decide(one, settings, datetime.fromtimestamp(now, UTC))
    outcome: Outcome = "left"
    if decision.action is not None:
        outcome = "asked" if decision.asks or decision.action.irreversible else "stopped"
    later = bisect_right(works, now)
    return Look(pod.name, now, decision.verdict, outcome, works[later] if later < len(works) else None, pod.last)


def quiet_hours(pods: Sequence[Pod], how: How, shortest: float = 1.0) -> float:
    """GPU-hours in stretches of at least so many hours without work: what could be saved at the very most."""
    return sum(hours for hours, _ in stretches(pods, how) if hours >= shortest)


def stretches(pods: Sequence[Pod], how: How) -> list[tuple[float, bool]]:
    """The hours of each stretch without work, and whether work ended it; else the pod's trace did."""
    found = []
    for pod in pods:
        works = pod.works_at(how.work_percent)
        ends = [(at, True) for at in works] + [(pod.last, False)]
        for before, (after, worked) in zip([pod.first, *works], ends, strict=True):
            found.append(((after - before) / HOUR, worked))
    return found

"""What still flows after a stop: spend that goes on, by the path that shows it.

A source tells of spend some time after it was spent, so each is given time to settle first. What AWS bills comes half
a day late and proves nothing here (field report F24: a blocked key still worked on other pods).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from functions.core.types import Json
from functions.llm_keys.budgets import SourceKind
from functions.llm_keys.sources.reading import Level

SETTLES: dict[SourceKind, timedelta] = {
    "bedrock_metrics": timedelta(minutes=10),
    "meter": timedelta(minutes=10),
    "provider_usage": timedelta(hours=2),
}
"""How long after a stop a source may still tell of what was spent before it."""


@dataclass(frozen=True, slots=True)
class Flows:
    """Dollars by path ("meter chat"): `base` when all had settled, `leaks` beyond it, told of in `hour`.

    `whole` are the sources of which everything was seen once: a path that one of them shows later began from nothing.
    """

    base: Mapping[str, float] = field(default_factory=dict)
    leaks: Mapping[str, float] = field(default_factory=dict)
    hour: str = ""
    whole: tuple[SourceKind, ...] = ()

    def renewed(self) -> Flows:
        """The same in a new period, in which all counts from nothing."""
        return Flows(whole=tuple(SETTLES))

    def to_json(self) -> dict[str, Json]:
        """As the table holds it."""
        return {"base": dict(self.base), "leaks": dict(self.leaks), "hour": self.hour, "whole": [*self.whole]}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Flows:
        """What `to_json` wrote."""
        return cls(data["base"], data["leaks"], data["hour"], tuple(data["whole"]))


def next_flows(was: Flows, opened_at: datetime, level: Level, now: datetime, dollars: float) -> Flows:
    """What flows at a level. A path leaks from `dollars` on; what was told of in an hour is not told of in the next."""
    hour = f"{now:%Y-%m-%dT%H}"
    base, leaks = dict(was.base), dict(was.leaks)
    if hour != was.hour:
        base |= {path: base.get(path, 0.0) + leak for path, leak in leaks.items()}
        leaks = {}
    for source, path, spent in _paths(level):
        unseen = path not in base and source not in was.whole
        if unseen or now < opened_at + SETTLES[source] or spent < base.get(path, 0.0):
            base[path] = spent
        elif spent - base.get(path, 0.0) > dollars:
            leaks[path] = round(spent - base.get(path, 0.0), 6)
    read = [one for one in level.readings if one.source in SETTLES]
    whole = {one.source for one in read if one.spent is not None and not one.trouble}
    return Flows(base, leaks, hour, tuple(sorted({*was.whole, *whole})))


def _paths(level: Level) -> Iterator[tuple[SourceKind, str, float]]:
    """Where spend shows, by which source, and how much of it."""
    for one in level.readings:
        if one.source not in SETTLES or one.spent is None:
            continue
        for path, spent in (one.by_path or {"": one.spent}).items():
            yield one.source, f"{one.source} {path}".strip(), spent

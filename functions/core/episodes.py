"""Tells each change between "over" and "right" once, for findings that come and go.

A row of a resource says whether the policy is broken and since when. Whoever changes it tells of it: a look that
finds what the row says already, or loses the race for it, has nothing new. The begin of the episode is part of
a finding's memory, so that what ended and came back is told again, and what stays is not (field report F20).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.core.run import Run
from functions.core.table import Row
from functions.core.types import RIGHT, Decision, Disposition, iso


@dataclass(frozen=True)
class Episodes:
    """What is under way among some resources: since when, by resource, and which of them have just ended."""

    begun: dict[str, str] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()

    def end_of(self, decision: Decision) -> tuple[Disposition, str] | None:
        """How a decision ends that closes an episode; None for all others."""
        return (Disposition.ENDED, "") if decision.resource in self.ended else None


def episodes_of(guardrail: str) -> str:
    """The partition that holds a guardrail's episodes."""
    return f"state#episodes#{guardrail}"


def track(run: Run[Any, Any], decisions: Iterable[Decision], now: datetime) -> Episodes:
    """Notes which resources have come to break the policy, or keep to it again; only for guardrails that remember."""
    if not run.guardrail.spec.remembers:
        return Episodes()
    key = episodes_of(run.name)
    told = {one.resource: one for one in decisions if _over(one) is not None}
    before = run.table.get([(key, resource) for resource in told])
    rows: list[Row] = []
    begun: dict[str, str] = {}
    for resource, decision in told.items():
        row, over = before.get((key, resource)), bool(_over(decision))
        was = row is not None and bool(row.body["over"])
        begun[resource] = str(row.body["since"]) if row is not None else iso(now)
        if over != was:
            begun[resource] = iso(now)
            version = (row.version if row is not None else 0) + 1
            rows.append(Row(key, resource, {"over": over, "since": iso(now)}, version))
    lost = set(run.table.write([(row,) for row in rows])) if rows else set()
    ended = {row.sk for at, row in enumerate(rows) if at not in lost and not row.body["over"]}
    for row in _again(run, key, [rows[at].sk for at in sorted(lost)]):
        begun[row.sk] = str(row.body["since"])
    return Episodes(begun, frozenset(ended))


def _over(decision: Decision) -> bool | None:
    """Whether a decision says that the policy is broken; None where it says neither."""
    if decision.returns:
        return None
    if decision.action is not None or decision.report:
        return None if decision.verdict == "unknown" else True
    return False if decision.verdict == RIGHT else None


def _again(run: Run[Any, Any], key: str, resources: list[str]) -> Iterable[Row]:
    return run.table.get([(key, one) for one in resources]).values() if resources else ()

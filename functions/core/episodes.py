"""Tells each change between "over" and "right" once, for findings that come and go.

A row of a resource says whether the policy is broken and since when. Whoever changes it tells of it: a look that
finds what the row says already, or loses the race for it, has nothing new. The begin of the episode is part of
a finding's memory, so that what ended and came back is told again, and what stays is not (field report F20).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from functions.core import claims
from functions.core.memory import episodes_of
from functions.core.run import Run
from functions.core.table import Key, Row
from functions.core.types import RIGHT, Decision, Disposition, Json, iso

TELLS_END = "tells_end"


@dataclass(frozen=True)
class Episodes:
    """What is under way among some resources: since when, by resource, and which of them have just ended."""

    begun: dict[str, str] = field(default_factory=dict)
    ended: frozenset[str] = frozenset()

    def end_of(self, decision: Decision) -> tuple[Disposition, str] | None:
        """How a decision ends that closes an episode, or has been told of in it; None for all others.

        What a person known by name is to decide is asked, whatever was told of the resource before.
        """
        if decision.resource in self.ended:
            return Disposition.ENDED, ""
        if decision.named:
            return None
        told = bool(decision.told_at) and self.begun.get(decision.resource, "") <= decision.told_at
        return (Disposition.LEFT, "") if told else None


def track(run: Run[Any, Any], decisions: Iterable[Decision], now: datetime) -> Episodes:
    """Notes which resources have come to break the policy, or keep to it again; only for guardrails that remember."""
    if not run.guardrail.spec.remembers:
        return Episodes()
    key = episodes_of(run.name)
    told = {one.resource: one for one in decisions if _over(one) is not None}
    before = run.table.get([(key, resource) for resource in told])
    rows: list[Row] = []
    begun: dict[str, str] = {}
    busy = _under_way(run, [one for one in told.values() if not _over(one)], before)
    for resource, decision in told.items():
        if resource in busy:
            continue
        row, over = before.get((key, resource)), bool(_over(decision))
        was = row is not None and bool(row.body["over"])
        begun[resource] = str(row.body["since"]) if row is not None and over == was else iso(now)
        body: dict[str, Json] = {
            "over": over,
            "since": begun[resource],
            "memo": dict(decision.memo) if over else {},
            TELLS_END: bool(over and was and row is not None and row.body.get(TELLS_END)),
        }
        if over != was or (over and row is not None and row.body != body):
            rows.append(Row(key, resource, body, (row.version if row is not None else 0) + 1))
    lost = set(run.table.write([(row,) for row in rows])) if rows else set()
    ended = {row.sk for at, row in enumerate(rows) if at not in lost and _tells_end(row, before.get(row.key))}
    for row in _again(run, key, [rows[at].sk for at in sorted(lost)]):
        begun[row.sk] = str(row.body["since"])
    return Episodes(begun, frozenset(ended))


def tell(run: Run[Any, Any], told: Mapping[str, bool]) -> None:
    """Notes which resources' episodes have been told of, and whether their end is to be told as well.

    It is not where an action has ended what it told of: saying so again would say nothing new.
    """
    if not run.guardrail.spec.remembers or not told:
        return
    key = episodes_of(run.name)
    rows = run.table.get([(key, resource) for resource in told])
    due = [row for row in rows.values() if row.body["over"] and row.body.get(TELLS_END) != told[row.sk]]
    # Who writes it at the same time has told of it as well.
    run.table.write([(Row(key, row.sk, {**row.body, TELLS_END: told[row.sk]}, row.version + 1),) for row in due])


def _under_way(run: Run[Any, Any], right: list[Decision], before: Mapping[Key, Row]) -> set[str]:
    """What would end now, but for an action on it whose end is not known yet: it looks right in the middle of that."""
    key = episodes_of(run.name)
    ending = [one.resource for one in right if (row := before.get((key, one.resource))) and row.body["over"]]
    held = claims.current(run.table, run.name, ending) if ending else {}
    return {resource for resource, claim in held.items() if claim.body["done_at"] is None}


def _tells_end(row: Row, before: Row | None) -> bool:
    return not row.body["over"] and before is not None and bool(before.body.get(TELLS_END))


def _over(decision: Decision) -> bool | None:
    """Whether a decision says that the policy is broken; None where it says neither."""
    if decision.returns:
        return None
    if decision.action is not None or decision.report:
        return None if decision.verdict == "unknown" else True
    return False if decision.verdict == RIGHT else None


def _again(run: Run[Any, Any], key: str, resources: list[str]) -> Iterable[Row]:
    return run.table.get([(key, one) for one in resources]).values() if resources else ()

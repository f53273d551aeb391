"""What a guardrail would do to the account, worked out with its own decisions and gates, writing nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cli.chosen import AnyGuardrail
from functions.core import gates, state
from functions.core.notice import shown
from functions.core.report import EXAMPLES
from functions.core.run import Run
from functions.core.table import Table
from functions.core.types import Decision, Disposition, Json

AT_ONCE = Disposition.DONE
"""In a plan: what would be done without asking."""


@dataclass
class Line:
    """How many resources, their US dollars a month now and after, and one of them as an example."""

    count: int = 0
    now: float = 0.0
    after: float = 0.0
    saving: float = 0.0
    example: str = ""

    def add(self, decision: Decision, detail: str) -> None:
        """Counts one decision."""
        self.count += 1
        self.saving += decision.saving
        self.now += _number(decision.evidence.get("usd_month_now"))
        self.after += _number(decision.evidence.get("usd_month_after"))
        self.example = self.example or f"{decision.name}: {detail or decision.reason}"


@dataclass
class Plan:
    """One guardrail's plan; its size does not grow with the account.

    `lines` counts by disposition and verdict, `changes` by rule and values set; `biggest` holds the
    largest savings among the changes, `asking` the largest that would ask first, with why.
    `mode` is the policy's; an observed guardrail is planned as if it enforced.
    """

    guardrail: str
    mode: str
    seen: int = 0
    total: Line = field(default_factory=Line)
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    changes: dict[tuple[str, str], Line] = field(default_factory=dict)
    biggest: list[dict[str, Json]] = field(default_factory=list)
    asking: list[dict[str, Json]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    blind: str = ""

    def count(self, disposition: Disposition) -> int:
        """How many resources would end so."""
        return sum(line.count for (end, _), line in self.lines.items() if end == disposition)

    def add(self, decision: Decision, disposition: Disposition, detail: str) -> None:
        """Counts one resource."""
        self.seen += 1
        self.lines.setdefault((disposition.value, decision.verdict), Line()).add(decision, detail)
        if decision.action is None or disposition not in (AT_ONCE, Disposition.NEEDS_APPROVAL):
            return
        self.total.add(decision, "")
        sets = ", ".join(f"{key} {shown(value)}" for key, value in decision.action.parameters.items())
        self.changes.setdefault((decision.rule, sets), Line()).add(decision, "")
        why = detail if disposition is Disposition.NEEDS_APPROVAL else ""
        _keep(self.biggest, decision, sets, why)
        if why:
            _keep(self.asking, decision, sets, why)

    def to_json(self) -> dict[str, Any]:
        """The plan for programs."""
        lines = [{"disposition": end, "verdict": verdict, **vars(line)} for (end, verdict), line in self.lines.items()]
        changes = [{"rule": rule, "sets": sets, **vars(line)} for (rule, sets), line in self.changes.items()]
        total = {key: value for key, value in vars(self.total).items() if key != "example"}
        return {**vars(self), "total": total, "lines": lines, "changes": changes}


def plan(
    guardrail: AnyGuardrail,
    settings: Any,
    account: Any,
    table: Table,
    *,
    own_prefix: str,
    clock: Callable[[], datetime],
    progress: Callable[[int], None],
) -> Plan:
    """Reads everything the guardrail watches and decides about it as a sweep would."""
    found = Plan(guardrail.name, settings.mode)
    judged = replace(settings, mode="enforce") if settings.mode == "observe" else settings
    run = Run(guardrail, judged, account, table, clock, own_prefix, "plan")
    paused = state.paused(table, guardrail.name)
    if paused:
        found.notes.append(f"{paused}; it would act on nothing until `fusebox resume`")
    dollars = 0.0
    for page in account.pages(""):
        found.notes += [text for text in page.trouble if text not in found.notes]
        decided = [(facts, run.decide(facts)) for facts in page.facts]
        in_question = [facts.arn for facts, decision in decided if decision.action is not None]
        exemptions = state.exemptions(table, in_question, clock()) if in_question else {}
        for facts, decision in decided:
            exemption = gates.exemption_of(facts, exemptions, clock())
            end, detail = gates.gate(decision, judged, exemption, "") or (AT_ONCE, "")
            if end is Disposition.NEEDS_APPROVAL and decision.action is not None:
                detail = decision.action.irreversible or detail
            found.add(decision, end, detail)
            if end is AT_ONCE:
                dollars += abs(decision.saving)
        progress(found.seen)
    _cap_note(found, settings, dollars)
    return found


def _cap_note(found: Plan, settings: Any, dollars: float) -> None:
    actions, cap = found.count(AT_ONCE), settings.cap
    if actions > cap.actions_per_hour or dollars > cap.dollars_per_hour:
        found.notes.append(
            f"{actions:,} changes worth ${dollars:,.2f} a month exceed the cap of {cap.actions_per_hour:,} actions or "
            f"${cap.dollars_per_hour:,.2f} an hour: the guardrail would pause itself there"
        )


def _keep(kept: list[dict[str, Json]], decision: Decision, sets: str, why: str) -> None:
    """Holds the few with the largest saving."""
    one: dict[str, Json] = {
        "resource": decision.resource,
        "name": decision.name,
        "sets": sets,
        "reason": decision.reason,
        "saving": decision.saving,
    }
    kept.append(one | ({"why": why} if why else {}))
    kept.sort(key=_weight)
    del kept[EXAMPLES:]


def _weight(one: Mapping[str, Json]) -> tuple[float, str]:
    return (-abs(_number(one["saving"])), str(one["name"]))


def _number(value: Json) -> float:
    return float(value) if isinstance(value, int | float) else 0.0

"""One message a run: what happened, in which mode, and what a person can do about it.

Field reports F21 (one message a resource), F39 (was it a dry run?).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.core.commands import Commands
from functions.core.notice import Example, Group, Notice, Step, place
from functions.core.report import ASKED, RunReport
from functions.core.types import Disposition, Scope

TOLD = {
    Disposition.DONE: "done",
    Disposition.FAILED: "FAILED",
    Disposition.UNSETTLED: "NOT KNOWN to be done: no answer, the next sweep settles it",
    Disposition.NEEDS_APPROVAL: "waiting for approval",
    Disposition.CAPPED: "stopped by the cap, waiting for approval",
    Disposition.PAUSED: "held back by a pause",
    Disposition.OBSERVED: "would be changed (observe mode)",
    Disposition.REPORTED: "to look at",
    Disposition.ENDED: "right again",
    Disposition.EXEMPT: "exempt",
    Disposition.IN_FLIGHT: "under way in another run",
    Disposition.CHANGED: "changed meanwhile, not touched",
    Disposition.GONE: "gone meanwhile",
}
"""Every disposition a reader is told of, in the order of a message."""
ASKING = {TOLD[end] for end in ASKED}
REPEATING = (Disposition.NEEDS_APPROVAL, Disposition.OBSERVED, Disposition.REPORTED)


def digest(report: RunReport, scope: Scope, commands: Commands, *, asks_apart: bool = False) -> Notice:
    """What a run has to tell. With `asks_apart` its question is a message of its own and only mentioned here."""
    groups = groups_of(report)
    title = f"{report.guardrail}: {_told(report, groups)}"
    notes = [f"Resources looked at: {report.seen}.", *report.heard, *report.notes, *report.trouble]
    if report.settled:
        notes.append(f"{report.settled} unfinished actions of a crashed run settled.")
    waiting = sum(report.counts[end] for end in ASKED)
    if asks_apart and report.requests and waiting:
        groups = tuple(one for one in groups if one.words not in ASKING)
        notes.append(f"{waiting} waiting for approval: the question is a message of its own. {commands.requests}")
    return Notice(
        "run",
        f"run {report.run}",
        title,
        report.guardrail,
        report.mode,
        **place(scope),
        run=report.run,
        notes=tuple(notes),
        groups=groups,
        steps=tuple(_steps(report, commands)),
    )


def _told(report: RunReport, groups: Sequence[Group]) -> str:
    """What a run comes down to: how things ended or, where nothing did, what it was told or could not do."""
    ended = ", ".join(f"{one.count} {one.words}" for one in groups[:3])
    said = [*report.trouble, *report.heard]
    if ended or not said:
        return ended or "nothing to do"
    return said[0] if len(said) == 1 else f"{said[0]} (and {len(said) - 1} more)"


def groups_of(report: RunReport) -> tuple[Group, ...]:
    """What a report counted, by how it ended."""
    return tuple(
        Group(
            words,
            report.counts[end],
            round(report.saving.get(end, 0.0), 6),
            repeat=end in REPEATING and not report.new[end],
            examples=examples(report.examples.get(end, ())),
        )
        for end, words in TOLD.items()
        if report.counts[end]
    )


def examples(shown: Sequence[Mapping[str, Any]]) -> tuple[Example, ...]:
    """A report's examples as a message shows them."""
    return tuple(
        Example(
            id=str(one.get("id", "")),
            resource=str(one["resource"]),
            name=str(one["name"]),
            reason=str(one["reason"]),
            detail=str(one.get("detail") or one.get("irreversible") or ""),
            saving=float(one["saving"]),
            owner=str(one.get("owner", "")),
            evidence=tuple((str(key), str(value)) for key, value in one.get("evidence", ())),
        )
        for one in shown
    )


def _steps(report: RunReport, commands: Commands) -> list[Step]:
    steps = [Step("show", "Everything in this run", commands.run(report.run))]
    shown = (one for some in report.examples.values() for one in some)
    budgets = sorted({str(one["budget"]) for one in shown if "budget" in one})
    steps += [Step("override", f"Close the breaker of {one}", commands.override(one)) for one in budgets]
    if report.counts[Disposition.DONE] and not budgets:
        steps.append(Step("undo", "Turn one back", commands.undo("ID")))
    if report.counts[Disposition.CAPPED]:
        steps.append(Step("resume", "Go on without approving", commands.resume(report.guardrail)))
    if any(report.counts[end] for end in TOLD if end is not Disposition.EXEMPT):
        steps.append(Step("exempt", "Leave a resource alone", commands.exempt("RESOURCE")))
        steps.append(Step("wrong", "Mark one as a false positive", commands.wrong("ID")))
    return steps

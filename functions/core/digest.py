"""One message a run: what happened, in which mode, and what a person can do about it.

Field reports F21 (one message a resource), F39 (was it a dry run?).
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from functions.core.report import RunReport
from functions.core.types import Disposition, Json, Scope

TOLD = {
    Disposition.DONE: "done",
    Disposition.FAILED: "FAILED",
    Disposition.UNSETTLED: "no answer from AWS, to be settled by the next sweep",
    Disposition.NEEDS_APPROVAL: "waiting for approval",
    Disposition.CAPPED: "stopped by the cap",
    Disposition.PAUSED: "held back by a pause",
    Disposition.OBSERVED: "would be changed (observe mode)",
    Disposition.REPORTED: "to look at",
    Disposition.EXEMPT: "exempt",
    Disposition.IN_FLIGHT: "under way in another run",
    Disposition.CHANGED: "changed meanwhile, not touched",
    Disposition.GONE: "gone meanwhile",
}
"""Every disposition a reader is told of, in the order of a message."""
SUBJECT_LIMIT = 100
"""SNS: a subject has at most 100 ASCII characters."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message in the forms that subscribers read: a subject, text for people, data for programs."""

    subject: str
    text: str
    data: dict[str, Json]

    def by_protocol(self) -> str:
        """The body of an SNS publish with MessageStructure "json"."""
        return json.dumps({"default": self.text, "sqs": json.dumps(self.data)})


def digest(report: RunReport, scope: Scope) -> Message:
    """What a run has to tell."""
    told = [f"{report.counts[end]} {words}" for end, words in TOLD.items() if report.counts[end]]
    subject = f"Fusebox {report.guardrail} ({report.mode}) {scope.account} {scope.region}: {', '.join(told[:2])}"
    lines = [
        f"Fusebox {report.guardrail} in {report.mode} mode, account {scope.account}, Region {scope.region}.",
        f"Run {report.run}, resources looked at: {report.seen}.",
        *report.notes,
    ]
    if report.settled:
        lines.append(f"{report.settled} unfinished actions of a crashed run settled.")
    for end, words in TOLD.items():
        if report.counts[end]:
            lines += ["", *_section(report, end, words)]
    lines += ["", f"Details: fusebox ledger --run {report.run}"]
    if report.counts[Disposition.DONE]:
        lines.append("Turn one back: fusebox undo ACTION-ID (the ledger shows the ids)")
    data = {"fusebox": "run", "account": scope.account, "region": scope.region, **report.to_json()}
    return Message(subject[:SUBJECT_LIMIT], "\n".join(lines), data)


def _section(report: RunReport, end: Disposition, words: str) -> list[str]:
    saving, new = report.saving.get(end, 0.0), report.new[end]
    head = f"{report.counts[end]} {words}"
    if end in (Disposition.NEEDS_APPROVAL, Disposition.OBSERVED, Disposition.REPORTED) and not new:
        head += " (a repeat)"
    if abs(saving) >= 0.01:
        head += f", ${saving:,.2f} a month"
    lines = [head]
    for one in report.examples.get(end, []):
        detail = one.get("detail") or one.get("irreversible")
        lines.append(f"  {one['name']}: {one['reason']}" + (f" [{detail}]" if detail else ""))
    more = report.counts[end] - len(report.examples.get(end, []))
    if more > 0:
        lines.append(f"  … and {more} more")
    return lines

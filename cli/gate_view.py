"""How the gate's findings are told: lines for people, JSON, and annotations of GitHub workflows.

A line begins with file:line, which editors and terminals make a link of. Rich is not loaded: it would take longer
than the check.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections import Counter
from typing import Any

from cli import say
from gate.check import Report
from gate.judge import in_words
from gate.resource import Resource, Verdict

MOST_TYPES = 6
INDENT = "    "


def lines(report: Report, source: str, strict: bool) -> None:
    """One line for each resource, then a summary. In a narrow terminal what is missing stands below its resource."""
    say.line(f"fusebox gate · required tags · policy: {source}")
    unsure = "cannot be told before the deployment" + (", counts as lacking (--strict)" if strict else "")
    for title, verdicts in (("lacks", report.lacking), (unsure, report.unsure)):
        if verdicts:
            say.line("")
            say.line(title)
        for one in verdicts:
            _line(_place(one.resource.file, one.resource.line), _named(one.resource), in_words(one.findings))
    notes = _notes(report)
    if notes:
        say.line("")
    for place, text in notes:
        say.line(f"! {place}: {text}" if place else f"! {text}")
    say.line("")
    say.line(summary(report))


def summary(report: Report) -> str:
    """Everything in one line."""
    unsure, lacking = len(report.unsure), len(report.lacking)
    parts = [
        f"{_count(len(report.verdicts), 'resource')} in {_count(report.files, 'file')} checked: "
        + (f"{lacking} lack tags" if lacking != 1 else "1 lacks tags"),
        f"{unsure} cannot be told",
    ]
    more = (
        (report.no_tags, "takes no tags" if report.no_tags == 1 else "take no tags"),
        (sum(report.not_known.values()), "of types that are not known"),
        (report.ignored, "left out by the policy"),
    )
    return ", ".join(parts) + "".join(f"; {number} {what}" for number, what in more if number)


def as_json(report: Report, source: str, strict: bool) -> None:
    """The same for programs."""
    say.as_json(
        {
            "policy": source,
            "strict": strict,
            "lacking": [_row(one) for one in report.lacking],
            "cannot_tell": [_row(one) for one in report.unsure],
            "notes": [{"file": one.file, "line": one.line, "text": one.text} for one in report.notes],
            "not_known": dict(sorted(report.not_known.items())),
            "by_other_name": dict(sorted(report.by_other_name.items())),
            "summary": {
                "checked": len(report.verdicts),
                "lacking": len(report.lacking),
                "cannot_tell": len(report.unsure),
                "take_no_tags": report.no_tags,
                "not_known": sum(report.not_known.values()),
                "ignored": report.ignored,
                "files": report.files,
                "files_skipped": report.skipped,
            },
        }
    )


def workflow_commands(report: Report, strict: bool) -> None:
    """Workflow commands, which GitHub shows in the files of a pull request (GitHub Actions, workflow commands)."""
    for one in report.lacking:
        _annotation(
            "error", one.resource.file, one.resource.line, f"{_named(one.resource)} lacks {in_words(one.findings)}"
        )
    for one in report.unsure:
        text = f"{_named(one.resource)}: it cannot be told before the deployment: {in_words(one.findings)}"
        _annotation("error" if strict else "warning", one.resource.file, one.resource.line, text)
    for note in report.notes:
        _annotation("notice", note.file, note.line, note.text)
    say.line(summary(report))


def _annotation(level: str, file: str, line: int, text: str) -> None:
    place = say.plain(file).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
    said = say.plain(text).replace("%", "%25")
    say.line(f"::{level} file={place},line={line or 1},title=Required tags::{said}")


def _place(file: str, line: int) -> str:
    return f"{file}:{line}" if line else file


def _named(one: Resource) -> str:
    return f"{one.path or one.id} ({one.type})"


def _line(place: str, named: str, missing: str) -> None:
    whole, width = f"{place}  {named}  {missing}", _width()
    if len(whole) <= width:
        say.line(whole)
        return
    say.line(f"{place}  {named}")
    fitting = textwrap.TextWrapper(
        width, initial_indent=INDENT, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False
    )
    for one in fitting.wrap(missing):
        say.line(one)


def _width() -> int:
    """Columns of the terminal; where there is none, a line is a line."""
    if "COLUMNS" in os.environ or sys.stdout.isatty():
        return shutil.get_terminal_size().columns
    return sys.maxsize


def _notes(report: Report) -> list[tuple[str, str]]:
    found = [(_place(one.file, one.line), one.text) for one in report.notes]
    if report.not_known:
        found.append(("", f"not known whether they take tags: {_counted(report.not_known)}"))
    if report.by_other_name:
        found.append(("", f"judged by their Terraform names: {_counted(report.by_other_name)}"))
    if report.skipped:
        found.append(("", f"{_count(report.skipped, 'file')} skipped: neither templates nor plans"))
    return found


def _counted(types: Counter[str]) -> str:
    listed = [name if number == 1 else f"{name} ({number})" for name, number in sorted(types.items())]
    more = len(listed) - MOST_TYPES
    return ", ".join(listed[:MOST_TYPES]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def _row(one: Verdict) -> dict[str, Any]:
    of = one.resource
    row: dict[str, Any] = {"file": of.file, "line": of.line, "id": of.id, "type": of.type, "judged_as": of.judged_as}
    row |= {"path": of.path} if of.path else {}
    return row | {
        kind: [{"key": said.key, "text": said.text} for said in one.findings if said.kind == kind]
        for kind in ("lacks", "cannot_tell")
    }

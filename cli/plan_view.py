"""A plan as people read it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from cli import render
from cli.planning import AT_ONCE, Line, Plan
from cli.preflight import Check
from functions.core.notice import dollars
from functions.core.types import Disposition, Json

MARKS = {"ok": ("✓", "green"), "missing": ("✗", "red"), "note": ("·", "dim")}
MODES = {
    "observe": "observe: it only reports; below is what enforce would do",
    "approve": "approve: it asks a person about every change",
    "enforce": "enforce: it acts, and asks about what cannot be undone or is in doubt",
}
ENDS = {
    AT_ONCE: "change at once",
    Disposition.NEEDS_APPROVAL: "ask first",
    Disposition.EXEMPT: "leave: exempt",
    Disposition.REPORTED: "report only",
    Disposition.LEFT: "leave",
}
"""What would become of a resource, in the order of the table."""
CHANGES = (AT_ONCE, Disposition.NEEDS_APPROVAL)
MONEY = ("Resources", "$/month now", "after", "saved")


def preflight(out: Console, checks: Sequence[Check]) -> None:
    """The checks, one a line."""
    out.print("\nPreflight", style="bold")
    rows = []
    for check in checks:
        mark, style = MARKS[check.state]
        rows.append((Text(mark, style=style), check.subject, check.text))
    table = render.grid(("", "", ""), rows, whole=("",))
    table.show_header = False
    table.columns[2].no_wrap = False
    out.print(table)


def plan(out: Console, one: Plan) -> None:
    """One guardrail's plan."""
    out.print(f"\n{one.guardrail}", style="bold", end="")
    out.print(f" · mode {MODES[one.mode]}")
    if one.blind:
        out.print(f"cannot be planned: {one.blind}", style="red")
        return
    total, at_once, asking = one.total, one.count(AT_ONCE), one.count(Disposition.NEEDS_APPROVAL)
    out.print(
        f"{one.seen:,} resources: {at_once:,} would change at once, {asking:,} would ask first; "
        f"{dollars(total.now)} a month now, {dollars(total.after)} after, {dollars(total.saving)} saved (estimates)"
    )
    for text in one.notes:
        out.print(f"! {text}", style="yellow")
    if not one.seen:
        return
    out.print(render.grid(("Would", "Because", *MONEY), _lines(one), right=MONEY, whole=("Would", "Because")))
    if one.changes:
        ordered = sorted(one.changes.items(), key=lambda item: -item[1].count)
        rows = [(rule, sets, *_money(line)) for (rule, sets), line in ordered]
        out.print(render.grid(("Rule", "Sets", *MONEY), rows, right=MONEY))
    _few(out, "Largest savings", [few for few in one.biggest if few["saving"]], at_once + asking)
    # What asks first is often what saves most, and is then listed above with its reason.
    _few(out, "Would ask first", [few for few in one.asking if few not in one.biggest], asking)
    _examples(out, one)


def _lines(one: Plan) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for end, words in ENDS.items():
        found = [(verdict, line) for (was, verdict), line in one.lines.items() if was == end]
        for verdict, line in sorted(found, key=lambda item: -item[1].count):
            rows.append((words, verdict, *_money(line, changes=end in CHANGES)))
    return rows


def _examples(out: Console, one: Plan) -> None:
    """One resource for each line of the table but those that ask, which are listed with their reasons."""
    out.print("For example", style="bold")
    for end, words in ENDS.items():
        for (was, _), line in one.lines.items():
            if was == end != Disposition.NEEDS_APPROVAL:
                out.print(f"  {words}: {line.example}", soft_wrap=True)


def _money(line: Line, *, changes: bool = True) -> tuple[str, str, str, str]:
    if not (line.now or line.after or line.saving):
        return (f"{line.count:,}", "", "", "")
    if not changes:
        return (f"{line.count:,}", dollars(line.now), "", "")
    return (f"{line.count:,}", dollars(line.now), dollars(line.after), dollars(line.saving))


def _few(out: Console, title: str, few: Sequence[dict[str, Json]], of: int) -> None:
    if not few:
        return
    out.print(f"{title}" + (f" (the first {len(few)} of {of:,})" if of > len(few) else ""), style="bold")
    for one in few:
        why = f"asks first: {one['why']}" if one.get("why") else one["reason"]
        out.print(
            f"  {one['name']}: sets {one['sets']}, saves {dollars(float(str(one['saving'])))}; {why}", soft_wrap=True
        )
    out.print()

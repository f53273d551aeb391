"""Pure: a notice as the text of an e-mail."""

from __future__ import annotations

from collections.abc import Iterator

from functions.core.notice import Example, Group, Notice, Step, dollars
from functions.core.one_line import one_line

LONGEST_NOTE = 500
LONGEST_COMMAND = 500


def render(notice: Notice) -> str:
    """What happened, where, to what, and what a person can do; every command and link has a line of its own."""
    return "\n".join([*_head(notice), *_groups(notice.groups), *_steps(notice.steps)]) + "\n"


def headline(group: Group) -> str:
    """How many ended in this way, what that saves, and whether it was told before."""
    parts = [f"{group.count:,} {one_line(group.words)}"]
    if group.saving:
        parts.append(f"{dollars(group.saving)} a month")
    if group.repeat:
        parts.append("unchanged, told before")
    return " · ".join(parts)


def facts(example: Example) -> str:
    """The evidence of one resource as "key value" pairs."""
    return ", ".join(f"{one_line(key)} {one_line(value)}" for key, value in example.evidence)


def _head(notice: Notice) -> Iterator[str]:
    yield inert(notice.title)
    yield ""
    for label, value in (
        ("Guardrail", notice.guardrail),
        ("Mode", notice.mode),
        ("Account", notice.account),
        ("Region", notice.region),
        ("Run", notice.run),
    ):
        yield f"{label + ':':<11}{inert(value)}"
    if notice.notes:
        yield ""
        yield from (f"- {inert(note, LONGEST_NOTE)}" for note in notice.notes)


def _groups(groups: tuple[Group, ...]) -> Iterator[str]:
    for group in groups:
        yield ""
        yield inert(headline(group))
        for example in group.examples:
            yield from _example(example)
        if group.examples and group.more > 0:
            yield f"  … and {group.more:,} more"


def _example(example: Example) -> Iterator[str]:
    detail = f" [{inert(example.detail)}]" if example.detail else ""
    yield f"  * {inert(example.name)}: {inert(example.reason)}{detail}"
    if example.saving:
        yield f"      saving: {dollars(example.saving)} a month"
    if example.evidence:
        yield f"      evidence: {inert(facts(example), LONGEST_NOTE)}"
    if example.owner:
        yield f"      owner: {inert(example.owner)}"
    if example.id:
        yield f"      id: {inert(example.id)}"


def _steps(steps: tuple[Step, ...]) -> Iterator[str]:
    if steps:
        yield ""
        yield "What you can do"
    for step in steps:
        yield f"  {inert(step.text)}"
        yield f"    {one_line(step.command, LONGEST_COMMAND)}"
        if step.link:
            yield f"    {step.link}"


def inert(text: str, longest: int = 200) -> str:
    """Foreign text on one line; mail clients make links of addresses, but of none that somebody wrote into a tag."""
    return one_line(text, longest).replace("://", "∶//")

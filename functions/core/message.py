"""Pure: a notice as SNS takes it, with a body for each protocol."""

from __future__ import annotations

import json
from dataclasses import replace

from functions.core import message_amazonq, message_text
from functions.core.message_text import LONGEST_COMMAND, LONGEST_NOTE
from functions.core.notice import Example, Group, Notice, Step
from functions.core.one_line import one_line

SUBJECT_LIMIT = 99
"""Characters: SNS asks for fewer than 100, all of them ASCII (API reference, Publish)."""
SIZE_LIMIT = 250_000
"""Bytes of all bodies together; SNS takes 262,144 with what it adds (quotas)."""
LONGEST_ARN = 2048
LONGEST_LINK = 2000
LONGEST_VALUE = 2000
FEWER_EXAMPLES = (3, 1, 0)
STEPS_AT_LEAST = 3
TOO_LARGE = "the message would have been larger than SNS takes"


def subject(notice: Notice) -> str:
    """Guardrail, mode and what happened, in one line of ASCII."""
    what = notice.title.removeprefix(notice.guardrail).lstrip(": ")
    text = one_line(f"Fusebox {notice.guardrail} [{notice.mode}]: {what}", SUBJECT_LIMIT)
    shown = text.replace("…", "...").encode("ascii", "replace").decode()
    return shown if len(shown) <= SUBJECT_LIMIT else shown[: SUBJECT_LIMIT - 3] + "..."


def by_protocol(notice: Notice) -> str:
    """The Message of a Publish with MessageStructure "json"; where it would be too large, examples go first."""
    notice = tidy(notice)
    body = _bodies(notice)
    for kept in FEWER_EXAMPLES:
        if _fits(body):
            return body
        body = _bodies(_with_examples(notice, kept))
    return body if _fits(body) else _bodies(_at_least(notice))


def tidy(notice: Notice) -> Notice:
    """The same notice with every text on one line and of bounded length, whoever wrote it."""
    return replace(
        notice,
        key=one_line(notice.key),
        title=one_line(notice.title),
        guardrail=one_line(notice.guardrail),
        mode=one_line(notice.mode),
        account=one_line(notice.account),
        region=one_line(notice.region),
        run=one_line(notice.run),
        notes=tuple(one_line(note, LONGEST_NOTE) for note in notice.notes),
        groups=tuple(_tidy_group(one) for one in notice.groups),
        steps=tuple(_tidy_step(one) for one in notice.steps),
    )


def _tidy_group(group: Group) -> Group:
    return replace(group, words=one_line(group.words), examples=tuple(_tidy_example(one) for one in group.examples))


def _tidy_example(example: Example) -> Example:
    return replace(
        example,
        id=one_line(example.id),
        resource=one_line(example.resource, LONGEST_ARN),
        name=one_line(example.name),
        reason=one_line(example.reason),
        detail=one_line(example.detail),
        owner=one_line(example.owner),
        evidence=tuple((one_line(key), one_line(value)) for key, value in example.evidence),
    )


def _tidy_step(step: Step) -> Step:
    """A link or a button's value that was cut would lead astray, so one that is too long goes."""
    return replace(
        step,
        text=one_line(step.text),
        command=one_line(step.command, LONGEST_COMMAND),
        link=step.link if step.link.isprintable() and len(step.link) <= LONGEST_LINK else "",
        value=step.value if step.value.isprintable() and len(step.value) <= LONGEST_VALUE else "",
        confirm=one_line(step.confirm),
    )


def _bodies(notice: Notice) -> str:
    text = message_text.render(notice)
    return _json(
        {
            "default": text,
            "email": text,
            "sqs": _json(notice.to_json()),
            "https": _json(message_amazonq.render(notice)),
        }
    )


def _json(value: object) -> str:
    """JSON in UTF-8: as an ASCII escape within a body within a message, an emoji would take 14 bytes, not 4."""
    return json.dumps(value, ensure_ascii=False)


def _fits(body: str) -> bool:
    return len(body.encode()) <= SIZE_LIMIT


def _with_examples(notice: Notice, kept: int) -> Notice:
    left_out = sum(len(group.examples[kept:]) for group in notice.groups)
    return replace(
        notice,
        notes=(*notice.notes, f"{left_out:,} examples are left out: {TOO_LARGE}."),
        groups=tuple(replace(group, examples=group.examples[:kept]) for group in notice.groups),
    )


def _at_least(notice: Notice) -> Notice:
    """What is told in any case: what happened, where, and the first things to do."""
    note = f"{sum(group.count for group in notice.groups):,} resources are left out: {TOO_LARGE}."
    return replace(notice, notes=(note,), groups=(), steps=notice.steps[:STEPS_AT_LEAST])

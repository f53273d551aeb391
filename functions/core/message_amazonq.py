"""Pure: a notice as a custom notification of Amazon Q Developer in chat applications.

Source: https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html. Texts are in the markup of the
channel's client (Slack or Teams), so only what both read alike is used. The lengths are what Slack shows in one block:
the tighter client, whatever Amazon Q itself accepts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from functions.core.message_text import LONGEST_COMMAND, LONGEST_NOTE, facts, headline
from functions.core.mrkdwn import LINK_SAFE, code, escape, plain
from functions.core.notice import Example, Group, Notice, Step, dollars

TITLE_LIMIT = 150
DESCRIPTION_LIMIT = 3000
STEP_LIMIT = 1000
STEPS = 10
KEYWORD_LIMIT = 75
RESOURCES = 10
TAIL = 40
"""Characters kept free for the line that says how many are left out."""
ARN = re.compile(r"arn:[\w:/.,@#=+-]{1,500}", re.ASCII)


def render(notice: Notice) -> dict[str, Any]:
    """The event; notices of one run or request share a thread, where the channel allows threads."""
    return {
        "version": "1.0",
        "source": "custom",
        "id": escape(notice.key),
        "content": {
            "textType": "client-markdown",
            "title": plain(notice.title, TITLE_LIMIT),
            "description": _description(notice),
            "nextSteps": [_step(one) for one in notice.steps[:STEPS]],
            "keywords": [escape(one, KEYWORD_LIMIT) for one in (notice.guardrail, notice.mode, notice.kind)],
        },
        "metadata": {
            "threadId": escape(notice.run),
            "summary": plain(f"{notice.title} ({notice.where})"),
            "eventType": f"fusebox-{notice.kind}",
            "relatedResources": _resources(notice),
            "additionalContext": {
                "guardrail": escape(notice.guardrail),
                "mode": escape(notice.mode),
                "account": escape(notice.account),
                "region": escape(notice.region),
                "run": escape(notice.run),
            },
        },
    }


def _description(notice: Notice) -> str:
    """Whole lines, as many as fit: the counts of every group before the examples of any."""
    lines = [f"{plain(notice.where)} · run {code(notice.run)}"]
    lines += [f"• {plain(note, LONGEST_NOTE)}" for note in notice.notes]
    lines += [f"*{plain(headline(one))}*" for one in notice.groups]
    lines += [line for group in notice.groups for line in _examples(group)]
    kept: list[str] = []
    room = DESCRIPTION_LIMIT - TAIL
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            kept.append(f"… and {len(lines) - len(kept):,} more lines")
            break
        kept.append(line)
    return "\n".join(kept)


def _examples(group: Group) -> Iterator[str]:
    for example in group.examples:
        yield f"• {plain(group.words)}: {_example(example)}"
    if group.examples and group.more > 0:
        yield f"• {plain(group.words)}: {group.more:,} more"


def _example(example: Example) -> str:
    detail = f" [{plain(example.detail)}]" if example.detail else ""
    parts = [f"{code(example.name)} {plain(example.reason)}{detail}"]
    if example.saving:
        parts.append(f"{plain(dollars(example.saving))} a month")
    if example.evidence:
        parts.append(plain(facts(example)))
    if example.owner:
        parts.append(f"owner {plain(example.owner)}")
    if example.id:
        parts.append(f"id {code(example.id)}")
    return " · ".join(parts)


def _step(step: Step) -> str:
    """A bare address is a link in either client; the clients' own ways of writing one differ."""
    text = f"{plain(step.text)}: {code(step.command, LONGEST_COMMAND)}"
    address = quote(step.link, safe=LINK_SAFE)
    return f"{text} {address}" if address and len(text) + len(address) < STEP_LIMIT else text


def _resources(notice: Notice) -> list[str]:
    """ARNs of the examples, for custom actions; what does not look like one is left out."""
    found = dict.fromkeys(example.resource for group in notice.groups for example in group.examples)
    return [one for one in found if ARN.fullmatch(one)][:RESOURCES]

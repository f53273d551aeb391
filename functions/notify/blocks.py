"""Pure: a notice as a message for Slack, in Block Kit.

Foreign text goes through `functions.core.mrkdwn`, so that it is shown and does nothing; `verbatim` keeps Slack from
looking for addresses, channels and people in it. Links are text, because a button with an address warns about its app
where no app answers. Buttons that send something back come with a Slack app only.

Source: https://docs.slack.dev/reference/block-kit
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from functions.core.message_text import LONGEST_COMMAND, LONGEST_NOTE
from functions.core.mrkdwn import code, escape, link, plain
from functions.core.notice import Notice, Step
from functions.notify.groups import Owners, in_words
from functions.notify.spec import Mention

BLOCK_LIMIT = 50
HEADER_LIMIT = 150
SECTION_LIMIT = 3000
FALLBACK_LIMIT = 1000
BUTTON_LIMIT = 75
VALUE_LIMIT = 2000
CONFIRM_LIMIT, CONFIRM_BUTTON_LIMIT = 300, 30
BUTTONS_LIMIT = 25
GROUPS_TEXT_LIMIT = 12_000
"""Characters of all groups: more is not read, and Slack refuses long messages (`msg_blocks_too_long`) at no stated
length."""
NOTE_SECTIONS = 3
STYLES = {"approve": "primary", "reject": "danger", "undo": "danger"}

Block = dict[str, Any]


def message(notice: Notice, *, mentions: Iterable[Mention] = (), app: bool = False) -> dict[str, Any]:
    """What an incoming webhook takes: the blocks, and the text of the notification."""
    before = [_header(notice), _context(notice), *_sections([f"• {plain(one, LONGEST_NOTE)}" for one in notice.notes])]
    after = [*_steps(notice.steps), *_buttons(notice.steps if app else ())]
    groups = _groups(notice, Owners(mentions), BLOCK_LIMIT - len(before) - len(after))
    return {
        "text": plain(f"{notice.title} ({notice.where})", FALLBACK_LIMIT),
        "blocks": [*before, *groups, *after],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _header(notice: Notice) -> Block:
    return {"type": "header", "text": _plain_text(notice.title, HEADER_LIMIT)}


def _context(notice: Notice) -> Block:
    text = f"*{plain(notice.mode)}* mode · account {plain(notice.account)} · Region {plain(notice.region)}"
    return {"type": "context", "elements": [_mrkdwn(f"{text} · {code(notice.run)}")]}


def _groups(notice: Notice, owners: Owners, room: int) -> list[Block]:
    groups = notice.groups
    if len(groups) > room:
        groups = groups[: room - 1]
    left = GROUPS_TEXT_LIMIT
    blocks = []
    for group in groups:
        text = in_words(group, owners, min(SECTION_LIMIT, left))
        left = max(0, left - len(text))
        blocks.append(_section(text))
    missing = len(notice.groups) - len(groups)
    if missing:
        blocks.append(_section(f"… and {missing:,} more groups"))
    return blocks


def _steps(steps: Sequence[Step]) -> list[Block]:
    lines = []
    for step in steps:
        parts = [f"{plain(step.text)}: {code(step.command, LONGEST_COMMAND)}"]
        if step.link:
            parts.append(link(step.link, step.text))
        lines.append("• " + " · ".join(filter(None, parts)))
    return _sections(["*What you can do*", *lines]) if lines else []


def _buttons(steps: Sequence[Step]) -> list[Block]:
    """One button for each thing to do, whose name Slack sends back; none with a value that would have to be cut."""
    elements: dict[str, Block] = {}
    for step in steps:
        if not step.value or len(step.value) > VALUE_LIMIT or step.do in elements:
            continue
        button: Block = {
            "type": "button",
            "action_id": step.do,
            "text": _plain_text(step.text, BUTTON_LIMIT),
            "value": step.value,
        }
        if step.do in STYLES:
            button["style"] = STYLES[step.do]
        if step.confirm:
            button["confirm"] = _confirm(step)
        elements[step.do] = button
    return [{"type": "actions", "elements": list(elements.values())[:BUTTONS_LIMIT]}] if elements else []


def _confirm(step: Step) -> Block:
    return {
        "title": _plain_text("Are you sure?", CONFIRM_BUTTON_LIMIT),
        "text": _plain_text(step.confirm, CONFIRM_LIMIT),
        "confirm": _plain_text(step.text, CONFIRM_BUTTON_LIMIT),
        "deny": _plain_text("Cancel", CONFIRM_BUTTON_LIMIT),
        "style": "danger",
    }


def _sections(lines: Sequence[str]) -> list[Block]:
    """Lines packed into as few sections as they fit, and at most NOTE_SECTIONS of them."""
    texts: list[str] = []
    for position, line in enumerate(lines):
        if texts and len(texts[-1]) + 1 + len(line) <= SECTION_LIMIT:
            texts[-1] += f"\n{line}"
        elif len(texts) < NOTE_SECTIONS:
            texts.append(line)
        else:
            texts.append(f"… and {len(lines) - position:,} more lines")
            break
    return [_section(text) for text in texts]


def _section(text: str) -> Block:
    return {"type": "section", "text": _mrkdwn(text)}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _plain_text(text: str, limit: int) -> Block:
    return {"type": "plain_text", "text": escape(text, limit) or "–", "emoji": False}

"""Says what Slack would refuse about a message.

Source: https://docs.slack.dev/reference/block-kit (blocks, block elements, composition objects).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

OWN_MARKUP = re.compile(r"<https?://[^<>|\s]+\|[^<>|\n]*>|<@[UW][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>")
"""What of Slack's angle brackets Fusebox writes itself: links, and mentions that the policy maps."""
ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")
TOP = {"text", "blocks", "unfurl_links", "unfurl_media"}
BLOCKS = {
    "header": {"type", "text"},
    "context": {"type", "elements"},
    "section": {"type", "text"},
    "actions": {"type", "elements"},
}
BUTTON = {"type", "action_id", "text", "value", "style", "confirm"}
CONFIRM = {"title": 100, "text": 300, "confirm": 30, "deny": 30}


def problems(message: dict[str, Any]) -> list[str]:
    """One line for each thing that is wrong; none is what we want."""
    return list(_message(message))


def _message(message: dict[str, Any]) -> Iterator[str]:
    if set(message) != TOP:
        yield f"message has {sorted(message)}"
    if not 1 <= len(message["text"]) <= 4000:
        yield f"text of {len(message['text'])} characters"
    yield from _markup("text", message["text"])
    blocks = message["blocks"]
    if not 1 <= len(blocks) <= 50:
        yield f"{len(blocks)} blocks"
    for position, block in enumerate(blocks):
        for problem in _block(block):
            yield f"blocks[{position}] {block.get('type')}: {problem}"


def _block(block: dict[str, Any]) -> Iterator[str]:
    allowed = BLOCKS.get(block.get("type", ""))
    if allowed is None or set(block) != allowed:
        yield f"has {sorted(block)}"
        return
    if block["type"] == "header":
        yield from _text(block["text"], 150, "plain_text")
    elif block["type"] == "section":
        yield from _text(block["text"], 3000, "mrkdwn")
    elif block["type"] == "context":
        if not 1 <= len(block["elements"]) <= 10:
            yield f"{len(block['elements'])} elements"
        for element in block["elements"]:
            yield from _text(element, 3000, "mrkdwn")
    else:
        yield from _actions(block["elements"])


def _actions(elements: list[dict[str, Any]]) -> Iterator[str]:
    if not 1 <= len(elements) <= 25:
        yield f"{len(elements)} elements"
    ids = [one.get("action_id") for one in elements]
    if len(set(ids)) < len(ids):
        yield f"action_id twice: {ids}"
    for one in elements:
        if one.get("type") != "button" or not set(one) <= BUTTON:
            yield f"element has {sorted(one)}"
            continue
        if not 1 <= len(one["action_id"]) <= 255:
            yield "action_id"
        if not 1 <= len(one["value"]) <= 2000:
            yield f"value of {len(one['value'])} characters"
        if one.get("style", "primary") not in ("primary", "danger"):
            yield f"style {one['style']}"
        yield from _text(one["text"], 75, "plain_text")
        if "confirm" in one:
            if set(one["confirm"]) - {"style"} != set(CONFIRM):
                yield f"confirm has {sorted(one['confirm'])}"
            for part, limit in CONFIRM.items():
                yield from _text(one["confirm"][part], limit, "plain_text")


def _text(text: dict[str, Any], limit: int, kind: str) -> Iterator[str]:
    wanted = {"type", "text"} | ({"emoji"} if kind == "plain_text" else {"verbatim"})
    if text.get("type") != kind or set(text) != wanted:
        yield f"text object {sorted(text)}"
        return
    if not 1 <= len(text["text"]) <= limit:
        yield f"text of {len(text['text'])} characters, {limit} are allowed"
    yield from _markup("text", text["text"], lines=kind == "mrkdwn")


def _markup(where: str, text: str, *, lines: bool = True) -> Iterator[str]:
    rest = OWN_MARKUP.sub("", text)
    if re.search(r"[<>]", rest):
        yield f"{where} holds an angle bracket of someone else: {rest:.80}"
    if ENTITY.search(rest):
        yield f"{where} holds an ampersand that is no entity"
    if not (text.replace("\n", "") if lines else text).isprintable():
        yield f"{where} holds a sign that is not shown"
    if any(line.startswith("&gt;") for line in text.splitlines()):
        yield f"{where} has a line that Slack takes for a quotation"

"""What Slack refuses in a message: its blocks' limits and kinds of text.

Source: https://docs.slack.dev/reference/block-kit/blocks, …/block-elements/button-element and
…/composition-objects/text-object. Blocks and elements other than those below are refused, too, as not modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

MAX_TEXT = 40_000
MAX_BLOCKS = 50
MAX_HEADER = 150
MAX_SECTION = 3000
MAX_FIELDS, MAX_FIELD = 10, 2000
MAX_CONTEXT = 10
MAX_ACTIONS = 25
MAX_BUTTON, MAX_VALUE, MAX_URL = 75, 2000, 3000
MAX_ID = 255
MAX_ALT_TEXT = 2000

Object = Mapping[str, Any]


class Refused(Exception):
    """Slack's word for the refusal, and why and where it applies."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


def check(message: Any) -> None:
    """Raises Refused for a message that an incoming webhook would not take."""
    if not isinstance(message, Mapping):
        raise Refused("invalid_payload", "the payload is no JSON object")
    text, blocks = message.get("text"), message.get("blocks")
    if not text and not blocks:
        raise Refused("no_text", "neither text nor blocks")
    if text is not None and (not isinstance(text, str) or len(text) > MAX_TEXT):
        raise Refused("msg_too_long", f"text: more than {MAX_TEXT} characters, or no text at all")
    if blocks is None:
        return
    found = _list(blocks, "blocks", 0, MAX_BLOCKS)
    for index, block in enumerate(found):
        _block(block, f"blocks/{index}")
    _unique([block.get("block_id") for block in found], "blocks: block_id")


def _bad(where: str, why: str) -> Refused:
    return Refused("invalid_blocks", f"{where}: {why}")


def _block(block: Any, where: str) -> None:
    kind = block.get("type") if isinstance(block, Mapping) else None
    checker = _BLOCKS.get(str(kind))
    if checker is None:
        raise _bad(where, f"a block of type {kind!r} is not modelled; {', '.join(_BLOCKS)} are")
    checker(block, where)
    _string(block, "block_id", where, MAX_ID)


def _header(block: Object, where: str) -> None:
    _known(block, where, "text")
    _text(block.get("text"), f"{where}/text", MAX_HEADER, plain=True)


def _section(block: Object, where: str) -> None:
    _known(block, where, "text", "fields", "accessory", "expand")
    if "text" not in block and "fields" not in block:
        raise _bad(where, "a section needs text or fields")
    if "text" in block:
        _text(block["text"], f"{where}/text", MAX_SECTION)
    if "fields" in block:
        for index, field in enumerate(_list(block["fields"], f"{where}/fields", 1, MAX_FIELDS)):
            _text(field, f"{where}/fields/{index}", MAX_FIELD)
    if "accessory" in block:
        _element(block["accessory"], f"{where}/accessory", {"button": _button, "image": _image})


def _divider(block: Object, where: str) -> None:
    _known(block, where)


def _context(block: Object, where: str) -> None:
    _known(block, where, "elements")
    for index, element in enumerate(_list(block.get("elements"), f"{where}/elements", 1, MAX_CONTEXT)):
        place = f"{where}/elements/{index}"
        if isinstance(element, Mapping) and element.get("type") == "image":
            _image(element, place)
        else:
            _text(element, place, MAX_SECTION)


def _actions(block: Object, where: str) -> None:
    _known(block, where, "elements")
    elements = _list(block.get("elements"), f"{where}/elements", 1, MAX_ACTIONS)
    for index, element in enumerate(elements):
        _element(element, f"{where}/elements/{index}", {"button": _button})
    _unique([element.get("action_id") for element in elements], f"{where}: action_id")


def _image(block: Object, where: str) -> None:
    _known(block, where, "image_url", "alt_text", "title")
    _string(block, "image_url", where, MAX_URL, required=True)
    _string(block, "alt_text", where, MAX_ALT_TEXT, required=True)
    if "title" in block:
        _text(block["title"], f"{where}/title", MAX_ALT_TEXT, plain=True)


def _button(button: Object, where: str) -> None:
    _known(button, where, "text", "action_id", "value", "url", "style", "confirm", "accessibility_label")
    _text(button.get("text"), f"{where}/text", MAX_BUTTON, plain=True)
    for name, limit in (("action_id", MAX_ID), ("value", MAX_VALUE), ("url", MAX_URL), ("accessibility_label", 75)):
        _string(button, name, where, limit)
    _style(button, where)
    if "confirm" in button:
        _confirm(button["confirm"], f"{where}/confirm")


def _confirm(confirm: Any, where: str) -> None:
    if not isinstance(confirm, Mapping):
        raise _bad(where, "no object")
    _known(confirm, where, "title", "text", "confirm", "deny", "style")
    for name, limit, plain in (("title", 100, True), ("text", 300, False), ("confirm", 30, True), ("deny", 30, True)):
        _text(confirm.get(name), f"{where}/{name}", limit, plain=plain)
    _style(confirm, where)


Checker = Callable[[Object, str], None]
_BLOCKS: dict[str, Checker] = {
    "header": _header,
    "section": _section,
    "divider": _divider,
    "context": _context,
    "actions": _actions,
    "image": _image,
}


def _element(element: Any, where: str, kinds: Mapping[str, Checker]) -> None:
    kind = element.get("type") if isinstance(element, Mapping) else None
    checker = kinds.get(str(kind))
    if checker is None:
        raise _bad(where, f"an element of type {kind!r} is not modelled here; {', '.join(kinds)} are")
    checker(element, where)


def _text(text: Any, where: str, limit: int, plain: bool = False) -> None:
    kinds = ("plain_text",) if plain else ("plain_text", "mrkdwn")
    if not isinstance(text, Mapping) or text.get("type") not in kinds:
        raise _bad(where, f"needs a text object of type {' or '.join(kinds)}")
    _known(text, where, "text", "emoji" if text["type"] == "plain_text" else "verbatim")
    _string(text, "text", where, limit, required=True)


def _string(holder: Object, name: str, where: str, limit: int, required: bool = False) -> None:
    if name not in holder and not required:
        return
    value = holder.get(name)
    if not isinstance(value, str) or not value:
        raise _bad(where, f"{name} must be text, and not empty")
    if len(value) > limit:
        raise _bad(where, f"{name} has {len(value)} characters, {limit} are allowed")


def _style(holder: Object, where: str) -> None:
    if holder.get("style", "primary") not in ("primary", "danger"):
        raise _bad(where, f"style {holder['style']!r} is neither primary nor danger")


def _list(value: Any, where: str, least: int, most: int) -> list[Any]:
    if not isinstance(value, list) or not least <= len(value) <= most:
        raise _bad(where, f"needs a list of {least} to {most}")
    return value


def _known(holder: Object, where: str, *names: str) -> None:
    if unknown := set(holder) - {"type", "block_id", *names}:
        raise _bad(where, f"additional property {', '.join(sorted(unknown))}")


def _unique(ids: list[Any], what: str) -> None:
    given = [identifier for identifier in ids if identifier is not None]
    if len(set(given)) < len(given):
        raise _bad(what, "used twice")

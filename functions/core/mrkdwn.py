"""Foreign text inside a chat client's markup, where it can do nothing.

Names, tags and reasons may hold mentions (`<!channel>`), links, emphasis, emoji codes or line ends, by accident or on
purpose. Slack knows no escape but three entities, so what else it reads as markup becomes a sign that looks alike:
a bold star is "∗", and `https://` cannot be clicked. A name or an id is put into a code span, in which Slack and
Teams read nothing but its end. Lines must not begin with foreign text: even escaped, ">" there begins a quotation.

Source: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from urllib.parse import quote

from functions.core.notice import LONGEST_TEXT
from functions.core.one_line import one_line

ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
ALIKE = str.maketrans({"*": "∗", "~": "∼", "`": "ˋ"})
UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
"""Emphasis begins and ends at the edge of a word: the one in log_retention does nothing and can be copied."""
COLON = re.compile(r":(?=//)|:(?!\d\d:)(?=[\w+'-]+:)")
"""Of a link that clients find by themselves, and of an emoji code; not of a time."""
LINK_LIMIT = 2000
LINK_SAFE = "/:?#[]@!$&'()*+,;=%-._~"
"""Signs that an address may hold (RFC 3986). Others, `|` and `>` among them, would end it in mrkdwn."""


def escape(text: str, limit: int = LONGEST_TEXT) -> str:
    """Text for a plain_text field: one line with the three entities, at most `limit` characters in all."""
    made = ""
    text = one_line(text, limit)
    for position, sign in enumerate(text):
        piece = ENTITIES.get(sign, sign)
        last = position == len(text) - 1
        if len(made) + len(piece) > limit - (0 if last else 1):
            return made + "…"
        made += piece
    return made


def plain(text: str, limit: int = LONGEST_TEXT) -> str:
    """Text that is shown as it is among markup, at most `limit` characters in all."""
    text = UNDERSCORE.sub("ˍ", COLON.sub("∶", one_line(text, limit).translate(ALIKE)))
    # Teams would make a link of [text](address).
    return escape(text.replace("](", "] ("), limit)


def code(text: str, limit: int = LONGEST_TEXT) -> str:
    """Text as a code span, for names, ids and commands; a backtick in it becomes a sign that looks alike."""
    inside = escape(one_line(text, limit).replace("`", "ˋ").strip() or "–", limit - 2)
    return f"`{inside}`"


def link(url: str, text: str) -> str:
    """A link of Fusebox's own in Slack's mrkdwn, or "" for an address that is none or too long to be one."""
    address = quote(url, safe=LINK_SAFE).replace("&", "&amp;")
    if not url.startswith(("https://", "http://")) or len(address) > LINK_LIMIT:
        return ""
    return f"<{address}|{plain(text)}>"

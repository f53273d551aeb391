"""Foreign text in a client's markup."""

from __future__ import annotations

import random
import re

import pytest

from functions.core.mrkdwn import code, escape, link, plain
from tests.unit.notify.samples import HOSTILE

SIGNS = [*"<>&*_~`:|[]()!@#\"'\\ ab1", "\n", "\r", "\x00", "\u202e", "\u2028", "😀", "&amp;", "<!channel>", "](", "://"]


def texts() -> list[str]:
    chance = random.Random(20)
    made = ["".join(chance.choices(SIGNS, k=chance.randint(0, 60))) for _ in range(3000)]
    return [HOSTILE, "", " ", "`", "&" * 300, "a" * 300, *made]


@pytest.mark.parametrize("limit", [20, 75, 200])
def test_nothing_of_foreign_text_is_markup(limit: int) -> None:
    for text in texts():
        for shown in (escape(text, limit), plain(text, limit), code(text, limit)):
            assert len(shown) <= limit, text
            assert shown.isprintable(), text
            assert not re.search(r"[<>]|&(?!(?:amp|lt|gt);)", shown), text
        assert not re.search(r"[*~`]|\]\(|://", plain(text, limit)), text
        # Where the text was cut, an underscore may stand before the "…": it could only end what nothing began.
        assert not re.search(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9…])", plain(text, limit)), text
        span = code(text, limit)
        assert span[0] == span[-1] == "`"
        assert "`" not in span[1:-1]
        assert span[1:-1].strip() == span[1:-1] != "", text


def test_ordinary_text_stays_as_it_is() -> None:
    for text in (
        "log_retention: 41 done, 2 FAILED",
        "never_expires",
        "at 10:30:00 UTC",
        "/aws/lambda/a-b_c",
        "30 → 90",
    ):
        assert plain(text) == text
        assert code(text) == f"`{text}`"


def test_entities_are_not_cut_in_two() -> None:
    assert escape("&&&", 12) == "&amp;&amp;…"
    assert escape("&&&", 15) == "&amp;&amp;&amp;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*bold*", "∗bold∗"),
        ("_it_ a_b", "ˍitˍ a_b"),
        ("~gone~", "∼gone∼"),
        ("`x`", "ˋxˋ"),
        (":fire:", "∶fire:"),
        ("https://x.example.com", "https∶//x.example.com"),
        ("[a](b)", "[a] (b)"),
        ("<!channel> & co", "&lt;!channel&gt; &amp; co"),
        ("a\nb", "a�b"),
    ],
)
def test_markup_looks_alike_and_does_nothing(text: str, shown: str) -> None:
    assert plain(text) == shown


def test_a_link_holds_its_address_whole_or_is_none() -> None:
    assert link("https://x.example.com/a?b=1&c=%2F", "A > B") == "<https://x.example.com/a?b=1&amp;c=%2F|A &gt; B>"
    assert link("https://x.example.com/|<>\n", "A") == "<https://x.example.com/%7C%3C%3E%0A|A>"
    assert link("javascript:alert(1)", "A") == ""
    assert link("https://" + "a" * 2000, "A") == ""

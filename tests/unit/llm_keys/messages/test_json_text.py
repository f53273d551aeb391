"""JSON that a message holds: read so that no two readers could take it for different things."""

from __future__ import annotations

from decimal import Decimal

import pytest

from functions.core.types import MalformedEvent
from functions.llm_keys.messages.json_text import claims_to_be_one, read_object


def test_numbers_keep_all_their_digits() -> None:
    assert read_object('{"a": 183965812157.540000000000001, "b": 7}') == {
        "a": Decimal("183965812157.540000000000001"),
        "b": Decimal(7),
    }


def test_a_number_of_any_length_is_read() -> None:
    assert read_object('{"a": ' + "9" * 10_000 + "}")["a"] > Decimal("1e9998")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' twice"),
        ('{"b": [{"a": 1, "a": 1}]}', "the key 'a' twice"),
        ('{"a": NaN}', "NaN for a number"),
        ('{"a": -Infinity}', "-Infinity for a number"),
        ('{"a": 1e99999999999999999999}', "no JSON"),
        ('{"a": 1', "no JSON"),
        ("{'a': 1}", "no JSON"),
        ('{"a": 1} and more', "no JSON"),
        ('{"a": ' + "[" * 100_000, "no JSON"),
        ('{"a": ' * 100_000, "no JSON"),
        ("[1]", "no object"),
        ('"{}"', "no object"),
    ],
    ids=lambda one: one[:24],
)
def test_what_is_no_object_or_not_clear_is_told_of_in_a_line(text: str, told: str) -> None:
    with pytest.raises(MalformedEvent, match=told) as raised:
        read_object(text)
    assert len(str(raised.value)) < 120


def test_only_what_begins_like_an_object_claims_to_be_one() -> None:
    assert claims_to_be_one(' \r\n{"a": 1}')
    assert not any(claims_to_be_one(text) for text in ("", "[]", '"{}"', "AWS Budget Notification {}"))

"""The mark says what is missing, and is always something that AWS takes as a tag's value."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.tag_check.limits import as_value
from functions.tag_check.marking import mark
from functions.tag_check.required import Lack
from tests.unit.tag_check.builders import policy

QUICK = settings(derandomize=True, deadline=None, max_examples=200, database=None)
TAKEN = re.compile(r"[\w .:/=+\-@]{0,256}")
KEYS = st.text(st.sampled_from("abcXYZ é09 _.:/=+-@"), min_size=1, max_size=128)
LACKS = st.lists(st.builds(Lack, KEYS, st.sampled_from(["missing", "empty", "invalid"])), min_size=1, max_size=40)


def missing(*keys: str) -> list[Lack]:
    return [Lack(key, "missing") for key in keys]


def test_it_lists_what_is_missing_in_the_order_of_the_policy() -> None:
    assert mark(missing("team", "owner"), policy()) == "team owner"


def test_it_tells_an_empty_and_a_wrong_value_from_an_absent_one() -> None:
    lacking = [Lack("team", "empty", "is empty"), Lack("app", "invalid", "is none of x (y)"), Lack("owner", "missing")]
    assert mark(lacking, policy()) == "team=empty app=invalid owner"


def test_the_policy_may_put_words_around_it_or_leave_it_out() -> None:
    assert mark(missing("team"), policy(mark_value="lacks {missing} - see wiki/tags")) == "lacks team - see wiki/tags"
    assert mark(missing("team"), policy(mark_value="untagged")) == "untagged"


def test_what_does_not_fit_is_counted() -> None:
    keys = [f"{number:02}{'k' * 60}" for number in range(9)]
    value = mark(missing(*keys), policy())
    assert value == f"{' '.join(keys[:4])} +5"
    assert len(value) <= 256


def test_two_keys_of_full_length_leave_room_for_one() -> None:
    assert mark(missing("a" * 128, "b" * 128), policy()) == f"{'a' * 128} +1"


def test_it_fits_exactly_where_it_can() -> None:
    assert mark(missing("a" * 128, "b" * 127), policy()) == f"{'a' * 128} {'b' * 127}"


def test_where_the_words_around_leave_no_room_they_stand_alone() -> None:
    assert mark(missing("team"), policy(mark_value="w" * 256)) == "w" * 256
    assert mark(missing("team"), policy(mark_value="w" * 255 + "{missing}"[:0])) == "w" * 255


def test_said_twice_it_is_cut_twice() -> None:
    keys = [f"{number:02}{'k' * 60}" for number in range(9)]
    assert mark(missing(*keys), policy(mark_value="{missing} / {missing}")) == f"{keys[0]} +8 / {keys[0]} +8"


@QUICK
@given(
    lacking=LACKS, words=st.sampled_from(["{missing}", "no {missing}!"[:-1], "x" * 200 + "{missing}", "{missing}" * 3])
)
def test_it_is_always_a_valid_value_and_never_cut_in_a_word(lacking: list[Lack], words: str) -> None:
    value = mark(lacking, policy(mark_value=words))
    assert TAKEN.fullmatch(value)
    if words == "{missing}":
        shown = " ".join(one.short for one in lacking)
        assert value == shown or re.fullmatch(re.escape(value.rpartition("+")[0]) + r"\+\d+", value)
        assert shown.startswith(value.rpartition("+")[0].rstrip()) or value == shown


@QUICK
@given(lacking=LACKS)
def test_the_same_lack_is_always_marked_alike(lacking: list[Lack]) -> None:
    assert mark(lacking, policy()) == mark(list(lacking), policy())


@QUICK
@given(text=st.text(max_size=400))
def test_any_text_becomes_a_valid_value(text: str) -> None:
    assert TAKEN.fullmatch(as_value(text))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("alice@example.com", "alice@example.com"),
        ("a,b\nc", "a_b_c"),
        ("Zoë Müller", "Zoë Müller"),
        ("<!here>", "__here_"),
    ],
)
def test_what_tags_do_not_take_becomes_an_underscore(text: str, value: str) -> None:
    assert as_value(text) == value

from __future__ import annotations

import pytest

from functions.tag_check.catalog.paths import at, tags_at, text

LAUNCH = {"set": {"items": [{"id": "a", "type": "x"}, {"id": "b", "type": "y"}, {"id": "c", "type": "x"}]}}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("set.items.id", ["a", "b", "c"]),
        ("set.items[type=x].id", ["a", "c"]),
        ("set.items[type=z].id", []),
        ("set.items[id=b]", [{"id": "b", "type": "y"}]),
        ("set.nothing.id", []),
        ("set.items.id.deeper", []),
        ("", [LAUNCH]),
    ],
)
def test_a_path_goes_through_lists_in_their_order(path: str, found: list[object]) -> None:
    assert list(at(LAUNCH, path)) == found


def test_one_thing_stands_for_a_list_of_it_and_lists_of_lists_for_one_list() -> None:
    assert text({"items": {"id": "a"}}, "items.id") == ["a"]
    assert text({"items": [[{"id": "a"}], [[{"id": ["b", "c"]}]]]}, "items.id") == ["a", "b", "c"]


def test_what_is_no_text_is_passed_over() -> None:
    assert text({"ids": ["a", "", None, 7, True, {"id": "b"}, "c"]}, "ids") == ["a", "c"]


@pytest.mark.parametrize(
    "written",
    [
        {"team": "research", "spot": True},
        [{"key": "team", "value": "research"}, {"key": "spot", "value": "true"}],
        [{"Key": "team", "Value": "research"}, {"Key": "spot", "Value": True}],
        [{"tagKey": "team", "tagValue": "research"}, {"TagKey": "spot", "TagValue": "true"}],
        [{"Key": "team", "tag": 1, "Value": "research"}, {"Key": "spot", "tag": 2, "Value": True}],
        [{"key": "team", "value": "research", "propagateAtLaunch": True}, {"key": "spot", "value": True}],
        [[{"key": "team", "value": "research"}], {"spot": "true"}],
    ],
)
def test_tags_are_the_same_however_they_are_written(written: object) -> None:
    assert tags_at({"tags": written}, ("tags",)) == {"team": "research", "spot": "true"}


def test_one_pair_is_one_tag_and_not_two() -> None:
    assert tags_at({"tags": {"key": "team", "value": "research"}}, ("tags",)) == {"team": "research"}


def test_a_map_may_have_a_tag_that_is_called_as_a_pair_calls_its_key() -> None:
    assert tags_at({"tags": {"Key": "4711", "team": "research"}}, ("tags",)) == {"Key": "4711", "team": "research"}


@pytest.mark.parametrize("nonsense", [None, 7, True, "team=research", ["team"], {"key": None, "value": "x"}, {"": "x"}])
def test_what_is_no_tag_is_none(nonsense: object) -> None:
    assert tags_at({"tags": nonsense}, ("tags",)) == {}


def test_of_several_places_the_later_has_the_last_word() -> None:
    event = {"asked": {"team": "a", "only": "asked"}, "answered": [{"key": "team", "value": "b"}]}
    assert tags_at(event, ("asked", "answered")) == {"team": "b", "only": "asked"}

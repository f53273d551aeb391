"""Which tags are required of what, and what counts as carrying one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.tag_check.required import RequiredTag, Subject, is_ai, lacks, spelt

QUICK = settings(derandomize=True, deadline=None, max_examples=100, database=None)
VM = Subject("AWS::EC2::Instance", account="123456789012", region="us-east-1")
MODEL = Subject("AWS::SageMaker::Endpoint", ai=True, account="123456789012", region="us-east-1")


def told(tags: dict[str, str | None], *required: RequiredTag, of: Subject = VM) -> list[str]:
    """What is lacking, as people read it."""
    return [str(one) for one in lacks(required, tags, of)]


def team(**also: Any) -> RequiredTag:
    return RequiredTag(key="team", **also)


def test_a_tag_that_is_there_is_enough_whatever_it_says() -> None:
    assert told({"team": "anything"}, team()) == []


def test_what_is_lacking_comes_in_the_order_of_the_policy() -> None:
    asked = [RequiredTag(key=key) for key in ("owner", "team", "app")]
    assert told({}, *asked) == ["owner", "team", "app"]


def test_nothing_is_lacking_where_nothing_is_required() -> None:
    assert told({}) == []


@pytest.mark.parametrize("value", ["", " ", "\t", "\u00a0"])
def test_a_blank_value_is_no_value(value: str) -> None:
    (lack,) = lacks([team()], {"team": value}, VM)
    assert (lack.why, str(lack), lack.short) == ("empty", "team is empty", "team=empty")


def test_a_value_that_nobody_knows_yet_counts_as_there() -> None:
    assert told({"team": None}, team(values=("ml",))) == []
    assert told({"Team": None, "team": "nonsense"}, team(values=("ml",), key_case="any")) == []


# --- values


def test_only_the_listed_values_are_allowed() -> None:
    asked = team(values=("ml", "web"))
    assert told({"team": "web"}, asked) == []
    assert told({"team": "Web"}, asked) == ["team is none of ml, web (Web)"]


def test_case_of_a_value_may_be_left_open() -> None:
    asked = team(values=("ML", "web"), value_case="any")
    assert told({"team": "ml"}, asked) == told({"team": "WEB"}, asked) == []
    assert told({"team": "mlx"}, asked) == ["team is none of ML, web (mlx)"]


def test_a_pattern_is_for_the_whole_value() -> None:
    asked = RequiredTag(key="cost_center", pattern=r"CC-\d{4}")
    assert told({"cost_center": "CC-1234"}, asked) == []
    for wrong in ("CC-12345", "xCC-1234", "CC-1234\n", "cc-1234"):
        assert told({"cost_center": wrong}, asked) == [rf"cost_center does not match CC-\d{{4}} ({wrong})"]
    assert told({"cost_center": "cc-1234"}, RequiredTag(key="cost_center", pattern=r"CC-\d{4}", value_case="any")) == []


@pytest.mark.parametrize(
    ("case", "right", "wrong", "words"),
    [("lower", "ml-2", "Ml-2", "is not in lower case"), ("upper", "ML-2", "Ml-2", "is not in upper case")],
)
def test_letters_may_have_to_be_small_or_capital(case: Any, right: str, wrong: str, words: str) -> None:
    assert told({"team": right}, team(value_case=case)) == []
    assert told({"team": wrong}, team(value_case=case)) == [f"team {words} ({wrong})"]


def test_a_long_wrong_value_is_told_by_its_beginning() -> None:
    (said,) = told({"team": "x" * 256}, team(values=("ml",)))
    assert said == f"team is none of ml ({'x' * 80})"


def test_a_wrong_value_is_marked_as_such() -> None:
    (lack,) = lacks([team(values=("ml",))], {"team": "web"}, VM)
    assert (lack.why, lack.short) == ("invalid", "team=invalid")


# --- keys


def test_keys_differ_by_case_unless_the_policy_says_otherwise() -> None:
    assert told({"Team": "ml"}, team()) == ["team"]
    assert told({"TEAM": "ml"}, team(key_case="any")) == []


def test_of_several_spellings_one_good_value_is_enough() -> None:
    asked = team(values=("ml",), key_case="any")
    assert told({"TEAM": "nonsense", "Team": "ml"}, asked) == []
    assert told({"TEAM": "", "Team": "ml"}, asked) == []


def test_of_several_wrong_spellings_the_exact_one_is_told() -> None:
    asked = team(values=("ml",), key_case="any")
    assert told({"TEAM": "a", "team": "b"}, asked) == ["team is none of ml (b)"]
    assert spelt(asked, ["TEAM", "Team", "team"]) == ["team", "TEAM", "Team"]
    assert spelt(team(), ["TEAM", "team"]) == ["team"]


@QUICK
@given(tags=st.dictionaries(st.sampled_from(["team", "Team", "TEAM", "app"]), st.sampled_from(["", " ", "ml", "web"])))
def test_whatever_is_right_letter_by_letter_is_right_in_any_case(tags: dict[str, str | None]) -> None:
    if not told(tags, team(values=("ml",))):
        assert not told(tags, team(values=("ml",), key_case="any"))
        assert not told(tags, team(values=("ml",), key_case="any", value_case="any"))


@QUICK
@given(
    tags=st.dictionaries(st.sampled_from(["team", "app"]), st.text(max_size=5)),
    more=st.dictionaries(st.sampled_from(["owner", "x", "Team"]), st.text(max_size=5)),
)
def test_more_tags_never_make_anything_wrong(tags: dict[str, str | None], more: dict[str, str | None]) -> None:
    asked = [team(values=("ml",), key_case="any"), RequiredTag(key="app", pattern="[a-z]+")]
    assert set(told({**more, **tags}, *asked)) <= set(told(tags, *asked)) | set(told({**more}, *asked))


# --- of what


def test_some_tags_are_asked_of_ai_alone() -> None:
    asked = RequiredTag(key="model_id", only="ai")
    assert told({}, asked) == []
    assert told({}, asked, of=MODEL) == ["model_id"]


def test_types_are_globs_and_a_service_is_one_of_them() -> None:
    asked = team(types=("AWS::SageMaker::*", "AWS::S3::Bucket"))
    assert asked.asks(MODEL)
    assert asked.asks(Subject("AWS::S3::Bucket"))
    assert not asked.asks(VM)
    assert not asked.asks(Subject("AWS::S3::BucketPolicy"))


def test_accounts_and_regions_narrow_it_further() -> None:
    asked = team(accounts=("123456789012",), regions=("us-*",))
    assert asked.asks(VM)
    assert not asked.asks(Subject("AWS::EC2::Instance", account="210987654321", region="us-east-1"))
    assert not asked.asks(Subject("AWS::EC2::Instance", account="123456789012", region="eu-west-1"))


def test_where_account_or_region_is_not_known_yet_it_is_asked() -> None:
    asked = team(accounts=("123456789012",), regions=("us-*",))
    assert asked.asks(Subject("AWS::EC2::Instance"))


def test_one_key_may_be_required_in_different_ways_of_different_types() -> None:
    asked = [team(types=("AWS::EC2::*",), values=("ml",)), team(types=("AWS::S3::*",))]
    assert told({"team": "web"}, *asked) == ["team is none of ml (web)"]
    assert told({"team": "web"}, *asked, of=Subject("AWS::S3::Bucket")) == []


@pytest.mark.parametrize(
    ("type", "instance_type", "ai"),
    [
        ("AWS::Bedrock::Agent", "", True),
        ("AWS::EC2::Instance", "p5.48xlarge", True),
        ("AWS::EC2::Instance", "t3.large", False),
        ("AWS::EC2::Instance", "", False),
        ("AWS::S3::Bucket", "", False),
    ],
)
def test_what_counts_as_ai(type: str, instance_type: str, ai: bool) -> None:
    assert is_ai(type, instance_type, ("AWS::Bedrock::*",), ("p[0-9]*", "g[4-9]*")) is ai


# --- what a policy may not ask


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"key": ""}, "required key '': 1 to 128 letters"),
        ({"key": "k" * 129}, "1 to 128 letters"),
        ({"key": "what?"}, "1 to 128 letters"),
        ({"key": "AWS:x"}, "not aws:"),
        ({"key": "a\nb"}, "1 to 128 letters"),
        ({"key": "k", "pattern": "["}, r"required k: pattern '\[' is no regular expression"),
        ({"key": "k", "pattern": "x", "values": ("x",)}, "required k: either `values` or a `pattern`, not both"),
        ({"key": "k", "values": ("x", "")}, "required k: an empty value is the same as none"),
        ({"key": "k", "values": (" ",)}, "required k: an empty value is the same as none"),
        ({"key": "k", "values": ("ML",), "value_case": "lower"}, "required k: 'ML' is not in lower case"),
        ({"key": "k", "accounts": ("1234",)}, "required k: account '1234' is no id of 12 digits"),
        ({"key": "k", "accounts": ("١" * 12,)}, "is no id of 12 digits"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        RequiredTag(**asked)
    assert "\n" not in str(caught.value)

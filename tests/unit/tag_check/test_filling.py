"""What is filled in: only what nobody wrote, only what the policy allows, the rules before what it belongs to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.tag_check.decide import subject
from functions.tag_check.facts import Made, Resource
from functions.tag_check.filling import fills
from functions.tag_check.required import RequiredTag, lacks
from functions.tag_check.settings import FillRule, TagCheckSettings
from tests.unit.tag_check.builders import ALICE, LONG_AGO, TEAM, filling, policy, seen

QUICK = settings(derandomize=True, deadline=None, max_examples=200, database=None)
ML = FillRule(key="team", value="ml")
STACK = {"stack": {"team": "web", "project": "atlas"}}


def filled(resource: Resource, *rules: FillRule, required: Any = (TEAM,), **fill: Any) -> dict[str, str]:
    asked = policy("fill", required=required, fill=filling(*rules, **fill))
    return _filled(resource, asked)


def _filled(resource: Resource, asked: TagCheckSettings) -> dict[str, str]:
    of = subject(resource, asked)
    return fills(resource, lacks(asked.required, resource.tags or {}, of), of, asked)


# --- rules, then what it belongs to


def test_nothing_known_is_nothing_filled() -> None:
    assert filled(seen()) == {}


def test_a_rule_comes_before_what_it_belongs_to() -> None:
    assert filled(seen(belongs=STACK), ML) == {"team": "ml"}


def test_the_first_rule_that_picks_it_out_counts() -> None:
    other = FillRule(key="team", value="data", types=("AWS::S3::*",))
    assert filled(seen(), other, FillRule(key="team", value="web"), ML) == {"team": "web"}


def test_where_no_rule_gives_an_allowed_value_the_stack_may() -> None:
    asked = RequiredTag(key="team", values=("web",))
    assert filled(seen(belongs=STACK), ML, required=(asked,)) == {"team": "web"}


def test_a_value_that_other_services_refuse_is_passed_over() -> None:
    belongs = {"stack": {"team": "R&D", "project": "atlas"}, "group": {"team": "research"}}
    assert filled(seen(belongs=belongs)) == {"team": "research"}


@pytest.mark.parametrize("order", [("stack", "group"), ("group", "stack")])
def test_sources_are_asked_in_the_policy_s_order(order: tuple[Any, ...]) -> None:
    belongs = {"stack": {"team": "stack"}, "group": {"team": "group"}}
    assert filled(seen(belongs=belongs), inherit=order) == {"team": order[0]}


def test_a_source_that_the_policy_leaves_out_is_not_asked() -> None:
    assert filled(seen(belongs=STACK), inherit=("vpc",)) == {}


def test_another_spelling_on_the_resource_itself_is_a_source() -> None:
    assert filled(seen({"Team": "ml"})) == {"team": "ml"}
    assert filled(seen({"TEAM": " ", "Team": "ml"})) == {"team": "ml"}
    assert filled(seen({"Team": "ml"}), inherit=("stack",)) == {}


def test_of_a_stack_s_spellings_the_exact_one_counts_first() -> None:
    assert filled(seen(belongs={"stack": {"TEAM": "a", "team": "b"}})) == {"team": "b"}


def test_a_value_that_the_policy_does_not_allow_is_passed_over() -> None:
    asked = RequiredTag(key="team", values=("ml",))
    belongs = {"stack": {"team": "nonsense"}, "group": {"team": "ml"}}
    assert filled(seen(belongs=belongs), required=(asked,)) == {"team": "ml"}


# --- what a person wrote


@pytest.mark.parametrize("blank", ["", "  "])
def test_an_empty_value_is_filled(blank: str) -> None:
    assert filled(seen({"team": blank}), ML) == {"team": "ml"}


def test_a_wrong_value_stays() -> None:
    asked = RequiredTag(key="team", values=("ml",))
    assert filled(seen({"team": "M.L."}, belongs={"stack": {"team": "ml"}}), ML, required=(asked,)) == {}


def test_a_rule_for_a_key_that_is_not_required_fills_it_too() -> None:
    assert filled(seen({"team": "ml"}), FillRule(key="app", value="sort")) == {"app": "sort"}
    assert filled(seen({"team": "ml", "app": "mine"}), FillRule(key="app", value="sort")) == {}


def test_a_rule_never_writes_what_the_policy_does_not_allow() -> None:
    asked = RequiredTag(key="team", values=("web",))
    assert filled(seen(), ML, required=(asked,)) == {}


def test_a_rule_adds_no_second_spelling_beside_a_good_one() -> None:
    asked = RequiredTag(key="team", key_case="any")
    assert filled(seen({"Team": "web"}), ML, required=(asked,)) == {}


def test_a_rule_for_a_required_key_waits_where_it_is_not_asked() -> None:
    asked = RequiredTag(key="team", types=("AWS::S3::*",), values=("web",))
    assert filled(seen(), ML, required=(asked,)) == {"team": "ml"}


# --- what rules pick out


@pytest.mark.parametrize(
    ("rule", "picked"),
    [
        ({}, True),
        ({"types": ("AWS::EC2::*",)}, True),
        ({"types": ("AWS::S3::*", "AWS::Lambda::*")}, False),
        ({"name": "^train"}, True),
        ({"name": "i-01234"}, True),
        ({"name": "serve"}, False),
        ({"tag": "kind"}, True),
        ({"tag": "kind=gpu"}, True),
        ({"tag": "kind=cpu"}, False),
        ({"types": ("AWS::EC2::*",), "name": "serve"}, False),
        ({"name": "^$"}, False),
    ],
)
def test_a_rule_picks_by_type_name_and_tag_together(rule: dict[str, Any], picked: bool) -> None:
    resource = seen({"Name": "trainer-7", "kind": "gpu"})
    assert filled(resource, FillRule(key="team", value="ml", **rule)) == ({"team": "ml"} if picked else {})


# --- of its creation


def test_who_made_it_and_when_is_written_down() -> None:
    found = filled(seen({"team": "ml"}, made=ALICE), creator="creator", created_at="created-at")
    assert found == {"creator": "alice", "created-at": f"{LONG_AGO:%Y-%m-%dT%H:%M:%SZ}"}


def test_nobody_knows_who_made_it() -> None:
    assert filled(seen({"team": "ml"}), creator="creator", created_at="created-at") == {}


def test_who_a_person_named_as_creator_stays() -> None:
    assert filled(seen({"team": "ml", "creator": "bob"}, made=ALICE), creator="creator") == {}
    assert filled(seen({"team": "ml", "creator": ""}, made=ALICE), creator="creator") == {"creator": "alice"}


def test_the_creator_may_be_what_is_required() -> None:
    assert filled(seen(made=ALICE), creator="owner", required=(RequiredTag(key="owner"),)) == {"owner": "alice"}


def test_a_creator_whom_the_policy_does_not_allow_as_owner_is_not_written() -> None:
    asked = RequiredTag(key="owner", pattern=r"\S+@example\.com")
    assert filled(seen(made=ALICE), creator="owner", required=(asked,)) == {}
    rule = FillRule(key="owner", value="ops@example.com")
    assert filled(seen(made=ALICE), rule, creator="owner", required=(asked,)) == {"owner": "ops@example.com"}


def test_a_creator_adds_no_second_spelling_beside_a_good_one() -> None:
    asked = RequiredTag(key="owner", key_case="any")
    assert filled(seen({"Owner": "bob"}, made=ALICE), creator="owner", required=(asked,)) == {}


def test_a_creator_s_name_is_made_to_fit_a_tag() -> None:
    made = Made("Ops,<!channel>", "RunInstances as AssumedRole", LONG_AGO)
    assert filled(seen({"team": "ml"}, made=made), creator="creator") == {"creator": "Ops___channel_"}


# --- whatever there is

VALUES = st.sampled_from(["", " ", "ml", "web", "x y"])
TAGS = st.dictionaries(st.sampled_from(["team", "Team", "owner", "creator", "app"]), VALUES)
RULES = st.lists(st.builds(FillRule, key=st.sampled_from(["team", "app"]), value=st.sampled_from(["ml", "zz"])))
ASKED = st.lists(
    st.builds(
        RequiredTag,
        key=st.sampled_from(["team", "owner"]),
        values=st.sampled_from([(), ("ml", "web")]),
        key_case=st.sampled_from(["exact", "any"]),
    ),
    max_size=3,
).map(tuple)


@QUICK
@given(tags=TAGS, stack=TAGS, rules=RULES, required=ASKED, creator=st.sampled_from(["", "creator", "owner", "team"]))
def test_what_a_person_wrote_is_never_overwritten_and_nothing_gets_worse(
    tags: dict[str, str], stack: dict[str, str], rules: list[FillRule], required: Any, creator: str
) -> None:
    resource = seen(tags, made=ALICE, belongs={"stack": stack})
    found = filled(resource, *rules, required=required, creator=creator)
    assert all(not tags.get(key, "").strip() and value.strip() for key, value in found.items())
    asked = policy("fill", required=required)
    of = subject(resource, asked)
    before = {(one.key, one.why) for one in lacks(required, tags, of)}
    after = {(one.key, one.why) for one in lacks(required, {**tags, **found}, of)}
    assert after <= before
    assert filled(replace(resource, tags={**tags, **found}), *rules, required=required, creator=creator) == {}

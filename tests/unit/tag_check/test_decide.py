"""What becomes of a resource: each verdict in the order in which they apply."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.types import Refused, iso
from functions.tag_check.decide import subject
from functions.tag_check.facts import Resource, shows
from functions.tag_check.limits import MOST_TAGS
from functions.tag_check.required import RequiredTag
from functions.tag_check.settings import FillRule, TagCheckSettings
from tests.unit.tag_check.builders import (
    ALICE,
    INSTANCE,
    MARK,
    NOTEBOOK,
    NOW,
    RIGHT_TAGS,
    filling,
    judged,
    policy,
    quarantine,
    seen,
    written,
)

QUICK = settings(derandomize=True, deadline=None, max_examples=300, database=None)
HOUR = timedelta(hours=1)
STOPS = policy("mark", quarantine=quarantine())
TOLD = NOW - 73 * HOUR


def stops(facts: Resource, asked: TagCheckSettings = STOPS) -> bool:
    action = judged(facts, asked).action
    return action is not None and action.kind == "stop"


# --- before anything is judged


def test_tags_that_could_not_be_read_are_unknown_and_nothing_is_changed() -> None:
    unread = replace(seen(since=NOW + HOUR), tags=None, unreadable="no answer")
    found = judged(unread, policy("mark", "fill", quarantine=quarantine()))
    assert (found.verdict, found.rule, found.reason) == ("unknown", "unreadable", "no answer")
    assert found.report
    assert found.action is None


def test_a_resource_from_the_future_is_a_wrong_clock() -> None:
    found = judged(seen(since=NOW + 2 * HOUR), policy("mark"))
    assert (found.verdict, found.rule, found.report, found.action) == ("unknown", "clock", True, None)
    assert judged(seen(since=NOW + timedelta(minutes=4)), policy("mark")).verdict == "young"


def test_of_what_the_policy_does_not_check_nothing_is_told_not_even_that_it_is_unknown() -> None:
    for facts in (replace(seen(), tags=None), seen(since=NOW + 2 * HOUR)):
        found = judged(facts, policy("mark", types=("AWS::S3::*",)))
        assert (found.verdict, found.report, found.action) == ("not_checked", False, None)


@pytest.mark.parametrize(
    ("types", "ignore", "checked"),
    [
        (("*",), (), True),
        (("AWS::EC2::*",), (), True),
        (("AWS::EC2::*",), (INSTANCE,), False),
        (("AWS::Lambda::*",), (), False),
        ((), (), False),
        (("AWS::EC2::Inst?nce",), (), True),
    ],
)
def test_the_policy_names_the_types_that_are_checked(types: Any, ignore: Any, checked: bool) -> None:
    asked = policy("mark", types=types, ignore=ignore)
    assert asked.checks(INSTANCE) is checked
    assert (judged(seen(), asked).verdict == "not_checked") is not checked


def test_what_a_sweep_meets_within_its_grace_is_young() -> None:
    asked = policy("mark", grace_minutes=5)
    assert judged(seen(since=NOW - timedelta(minutes=4, seconds=59)), asked).verdict == "young"
    assert judged(seen(since=NOW - timedelta(minutes=5)), asked).verdict == "untagged"


def test_what_an_event_named_has_had_its_grace() -> None:
    assert judged(seen(since=NOW, listed=False), policy("mark")).verdict == "untagged"


def test_its_age_counts_at_the_moment_its_tags_were_read() -> None:
    facts = seen(since=NOW - timedelta(minutes=5, seconds=20), read_at=NOW - timedelta(seconds=40))
    assert judged(facts, policy("mark", grace_minutes=5)).verdict == "young"


def test_without_a_grace_nothing_is_young() -> None:
    assert judged(seen(since=NOW), policy("mark", grace_minutes=0)).verdict == "untagged"


# --- right, and what may follow


def test_what_carries_everything_is_right() -> None:
    found = judged(seen(RIGHT_TAGS), policy("mark", "fill", fill=filling()))
    assert (found.verdict, found.action, found.report) == ("right", None, False)


def test_a_mark_that_is_left_over_goes_without_asking() -> None:
    found = judged(seen({**RIGHT_TAGS, MARK: "team"}, own_mark="team"), policy("mark"))
    assert (found.verdict, found.returns, found.cures, written(found)) == ("right", True, True, {MARK: None})
    assert found.action is not None
    assert found.action.prior == {f"tag:{MARK}": "team"}


def test_a_mark_that_no_ledger_knows_goes_like_any_other_change() -> None:
    found = judged(seen({**RIGHT_TAGS, MARK: "team"}), policy("mark"))
    assert (found.returns, written(found)) == (False, {MARK: None})


def test_a_persons_tag_under_a_key_of_the_owners_choice_is_neither_replaced_nor_removed() -> None:
    theirs, ours = {"status": "live"}, {"status": "team"}
    marks = policy("mark", mark_tag="status")
    assert judged(seen({**RIGHT_TAGS, **theirs}), marks).action is None
    assert judged(seen(theirs), marks).action is None
    assert written(judged(seen(ours, own_mark="team"), marks)) == {"status": "project team"}
    assert written(judged(seen({**RIGHT_TAGS, **ours}, own_mark="team"), marks)) == {"status": None}


def test_a_mark_stays_where_the_policy_does_not_mark() -> None:
    assert judged(seen({**RIGHT_TAGS, MARK: "team"}), policy("fill", fill=filling())).action is None


def test_who_made_it_can_be_filled_in_though_nothing_is_missing() -> None:
    found = judged(seen(RIGHT_TAGS, made=ALICE), policy("fill", fill=filling(creator="creator")))
    assert (found.verdict, found.cures, found.returns, written(found)) == (
        "fillable",
        True,
        False,
        {"creator": "alice"},
    )
    assert found.reason == "it carries what is required; creator can be filled in"


def test_a_left_over_mark_goes_first_so_that_no_question_holds_it_up() -> None:
    asked = policy("fill", "mark", fill=filling(creator="creator"))
    found = judged(seen({**RIGHT_TAGS, MARK: "team"}, made=ALICE, own_mark="team"), asked)
    assert (found.verdict, found.returns, written(found)) == ("right", True, {MARK: None})


# --- what lacks something


@pytest.mark.parametrize(
    ("tags", "verdict", "reason"),
    [
        ({}, "untagged", "lacks project, team"),
        ({"Name": "x"}, "untagged", "lacks project, team"),
        ({"team": "ml"}, "incomplete", "lacks project"),
        ({"team": "", "project": "atlas"}, "incomplete", "team is empty"),
        ({"team": " "}, "untagged", "lacks project; team is empty"),
    ],
)
def test_what_lacks_tags_is_told(tags: dict[str, str], verdict: str, reason: str) -> None:
    found = judged(seen(tags), policy())
    assert (found.verdict, found.reason, found.report, found.action) == (verdict, reason, True, None)


def test_the_finding_says_what_and_whose() -> None:
    found = judged(seen({"Name": "trainer"}, made=ALICE), policy("notify"))
    assert found.name == "trainer (i-0123456789abcdef0)"
    assert found.evidence["missing"] == "project team"
    assert found.evidence["made_by"] == "alice, RunInstances as IAMUser"
    assert found.reason.endswith("made by alice")
    assert found.concerns == "alice"


def test_who_made_it_is_named_but_not_called_unless_the_policy_says_so() -> None:
    assert judged(seen(made=ALICE), policy("mark")).concerns == ""


def test_a_mark_is_set_once() -> None:
    found = judged(seen(), policy("mark"))
    assert (found.report, found.cures, written(found)) == (False, False, {MARK: "project team"})
    again = judged(seen({MARK: "project team"}), policy("mark"))
    assert (again.report, again.action) == (True, None)


def test_what_its_mark_says_is_no_news_until_the_reminder() -> None:
    marked, asked = {MARK: "project team"}, policy("mark", remind_days=30)
    assert judged(seen(marked, first_met=NOW - HOUR), asked).told_at == iso(NOW - HOUR)
    assert judged(seen(marked), asked).told_at == ""
    assert judged(seen(marked, first_met=NOW - timedelta(days=31)), asked).told_at == ""
    assert judged(seen({MARK: "old words"}, first_met=NOW - HOUR), asked).told_at == ""
    assert judged(seen(marked, first_met=NOW - HOUR), policy()).told_at == ""


def test_that_it_was_told_never_holds_up_a_question() -> None:
    found = judged(seen({MARK: "project team"}, first_told=TOLD, first_met=TOLD), STOPS)
    assert found.action is not None
    assert found.told_at == ""


def test_a_mark_follows_what_is_missing() -> None:
    assert written(judged(seen({"team": "ml", MARK: "project team"}), policy("mark"))) == {MARK: "project"}


def test_filling_all_of_it_ends_the_finding_and_takes_the_mark_along() -> None:
    rules = [FillRule(key="project", value="atlas"), FillRule(key="team", value="ml")]
    found = judged(seen({MARK: "project team"}), policy("mark", "fill", fill=filling(*rules)))
    assert (found.cures, written(found)) == (True, {"project": "atlas", "team": "ml", MARK: None})


def test_filling_some_of_it_marks_the_rest() -> None:
    asked = policy("mark", "fill", fill=filling(FillRule(key="team", value="ml")))
    found = judged(seen(), asked)
    assert (found.cures, written(found)) == (False, {"team": "ml", MARK: "project"})


def test_what_is_protected_is_told_and_never_changed() -> None:
    asked = policy("mark", "fill", fill=filling(FillRule(key="team", value="ml")), quarantine=quarantine())
    found = judged(seen({"fusebox:protect": ""}, first_told=TOLD), asked)
    assert (found.verdict, found.report, found.action) == ("untagged", True, None)
    assert found.reason.endswith("tagged fusebox:protect, so it is never changed")
    right = judged(seen({**RIGHT_TAGS, MARK: "team", "fusebox:protect": ""}), asked)
    assert (right.verdict, right.action) == ("right", None)


def test_where_there_is_no_room_for_all_tags_the_mark_comes_first_and_none_is_told() -> None:
    many = {f"k{number}": "v" for number in range(MOST_TAGS)}
    full = judged(seen(many), policy("mark"))
    assert (full.report, full.action) == (True, None)
    assert full.reason == "lacks project, team; it has 50 tags already, so none is added"
    del many["k0"]
    also_filled = policy("mark", "fill", fill=filling(FillRule(key="project", value="atlas")))
    assert written(judged(seen(many), policy("mark"))) == {MARK: "project team"}
    assert written(judged(seen(many), also_filled)) == {MARK: "project team"}


def test_tags_of_aws_itself_do_not_count() -> None:
    tags = {f"aws:k{number}": "v" for number in range(MOST_TAGS)}
    assert written(judged(seen(tags), policy("mark"))) == {MARK: "project team"}


def test_a_member_of_a_group_is_told_where_its_tags_come_from() -> None:
    found = judged(seen(group="web", bars="its Auto Scaling group web would replace it"), STOPS)
    assert "as a member of the Auto Scaling group web it gets its tags from there" in found.reason


# --- toward a stop


def test_before_the_deadline_everybody_can_read_when_it_comes() -> None:
    found = judged(seen({MARK: "project team"}, first_told=NOW - HOUR), STOPS)
    assert (found.report, found.action) == (True, None)
    assert found.reason.endswith("if it stays so, a person is asked to stop it from 2026-11-25 11:07 UTC")
    assert found.evidence["stop_from"] == iso(NOW + 71 * HOUR)


def test_the_first_look_never_stops_anything_however_old_it_is() -> None:
    found = judged(seen(), STOPS)
    assert written(found) == {MARK: "project team"}
    assert found.memo == {"met": iso(NOW), "told": iso(NOW)}


def test_after_the_deadline_a_person_is_asked_about_the_stop() -> None:
    found = judged(seen({MARK: "project team"}, first_told=TOLD), STOPS)
    assert found.action is not None
    assert (found.action.kind, found.action.parameters["state"]) == ("stop", "stopped")
    assert found.action.prior["state"] == "running"
    assert found.asks
    assert (found.report, found.saving, found.told_at, found.memo["told"]) == (False, 734.38, "", iso(TOLD))


def test_a_stop_is_about_this_start_and_no_later_one() -> None:
    first = judged(seen(first_told=TOLD), STOPS).action
    later = judged(seen(first_told=TOLD, since=NOW - HOUR), STOPS).action
    assert first is not None
    assert later is not None
    assert first.bound != later.bound


def test_what_a_stop_would_lose_is_irreversible() -> None:
    found = judged(seen(first_told=TOLD, loses="a stop deletes 600 GB"), STOPS)
    assert found.action is not None
    assert found.action.irreversible == "a stop deletes 600 GB"


@pytest.mark.parametrize(
    "also",
    [
        {"first_told": None},
        {"first_told": NOW - 71 * HOUR},
        {"state": "stopped"},
        {"state": "pending"},
        {"state": "stopping"},
        {"state": ""},
        {"bars": "it belongs to EKS cluster ml, which would replace it"},
        {"since": NOW},
        {"since": NOW + HOUR},
    ],
)
def test_these_are_not_stopped(also: dict[str, Any]) -> None:
    assert not stops(seen(**{"first_told": TOLD, **also}))


def test_at_the_very_deadline_it_is_due() -> None:
    assert stops(seen(first_told=NOW - 72 * HOUR))


def test_what_filling_cures_is_not_stopped() -> None:
    rules = [FillRule(key="project", value="atlas"), FillRule(key="team", value="ml")]
    asked = policy("fill", fill=filling(*rules), quarantine=quarantine())
    found = judged(seen(first_told=TOLD), asked)
    assert (found.cures, written(found)) == (True, {"project": "atlas", "team": "ml"})


def test_only_types_in_quarantine_are_stopped() -> None:
    found = judged(seen(first_told=TOLD), policy(quarantine=quarantine(NOTEBOOK)))
    assert (found.action, found.memo) == (None, {"met": iso(NOW)})


def test_what_is_barred_says_why_and_is_marked_all_the_same() -> None:
    found = judged(seen(first_told=TOLD, bars="it is bought as spot"), STOPS)
    assert found.reason.endswith("not to be stopped: it is bought as spot")
    assert written(found) == {MARK: "project team"}


def test_a_notebook_made_anew_under_its_name_is_another_one() -> None:
    asked = policy(quarantine=quarantine(NOTEBOOK))
    arn = "arn:aws:sagemaker:us-east-1:123456789012:notebook-instance/lab"
    running, stopped = (
        judged(seen(type=NOTEBOOK, arn=arn, id="lab", state=state, first_told=TOLD), asked)
        for state in ("running", "stopped")
    )
    assert running.identity == stopped.identity != ""


def test_an_instance_is_known_by_its_id_whenever_it_was_started() -> None:
    assert judged(seen(first_told=TOLD), STOPS).identity == ""


# --- of what


def test_what_is_asked_of_ai_alone_is_asked_of_accelerated_instances() -> None:
    asked = policy(required=(RequiredTag(key="model_id", only="ai"),))
    assert judged(seen(instance_type="p5.48xlarge"), asked).verdict == "untagged"
    assert judged(seen(instance_type="t3.large"), asked).verdict == "right"


def test_a_bucket_s_account_and_region_are_known_though_its_name_has_none() -> None:
    bucket = seen(
        type="AWS::S3::Bucket", arn="arn:aws:s3:::data", id="data", account="123456789012", region="us-east-1"
    )
    elsewhere = policy(required=(RequiredTag(key="team", accounts=("210987654321",)),))
    assert subject(bucket, elsewhere).account == "123456789012"
    assert judged(bucket, elsewhere).verdict == "right"


# --- what an action overwrites


def test_what_shows_is_what_actions_overwrite() -> None:
    shown = shows(seen({"team": "ml"}))
    assert (shown["tag:team"], shown["tag:absent"], shown["state"]) == ("ml", None, "running")


def test_what_could_not_be_read_shows_nothing_rather_than_no_tags() -> None:
    with pytest.raises(Refused, match="no answer"):
        shows(replace(seen(), tags=None, unreadable="no answer"))


# --- whatever there is

TAGS = st.dictionaries(
    st.sampled_from(["team", "project", "Team", MARK, "fusebox:protect", "creator"]),
    st.sampled_from(["", "ml", "atlas", "project team"]),
)
RESOURCES = st.builds(
    seen,
    tags=TAGS,
    state=st.sampled_from(["running", "stopped", "pending", ""]),
    first_told=st.sampled_from([None, NOW, NOW - 71 * HOUR, TOLD]),
    since=st.sampled_from([None, NOW - 90 * HOUR, NOW - timedelta(minutes=2), NOW]),
    bars=st.sampled_from(["", "", "its group would replace it"]),
    made=st.sampled_from([None, ALICE]),
    listed=st.booleans(),
    belongs=st.sampled_from([{}, {"stack": {"team": "ml"}}, {"stack": {"team": "ml", "project": "atlas"}}]),
)
POLICIES = st.builds(
    lambda steps, stopped: policy(*steps, fill=filling(creator="creator"), quarantine=stopped),
    st.sampled_from([(), ("mark",), ("fill",), ("mark", "fill")]),
    st.sampled_from([quarantine(), quarantine(NOTEBOOK)]),
)


@QUICK
@given(facts=RESOURCES, asked=POLICIES)
def test_a_stop_is_always_asked_about_and_never_a_surprise(facts: Resource, asked: TagCheckSettings) -> None:
    found = judged(facts, asked)
    if found.action is not None and found.action.kind == "stop":
        assert found.asks
        assert facts.first_told is not None
        assert facts.first_told <= NOW - 72 * HOUR
        assert facts.state == "running"
        assert not facts.bars
        assert "fusebox:protect" not in (facts.tags or {})


@QUICK
@given(facts=RESOURCES, asked=POLICIES)
def test_only_keys_that_the_policy_names_are_written_and_a_person_s_values_stay(
    facts: Resource, asked: TagCheckSettings
) -> None:
    for key, value in written(judged(facts, asked)).items():
        assert key in asked.written_keys
        assert key == MARK or (value and not (facts.tags or {}).get(key, "").strip())


@QUICK
@given(facts=RESOURCES, asked=POLICIES)
def test_once_it_is_written_there_is_nothing_more_to_write(facts: Resource, asked: TagCheckSettings) -> None:
    for _ in range(2):
        tags = dict(facts.tags or {})
        for key, value in written(judged(facts, asked)).items():
            if value is None:
                tags.pop(key)
            else:
                tags[key] = value
        facts = replace(facts, tags=tags)
    assert not written(judged(facts, asked))


def test_what_belongs_to_fusebox_itself_is_neither_told_of_nor_changed() -> None:
    found = judged(seen({"fusebox:component": "table"}), policy("mark", "fill"))
    assert (found.verdict, found.report, found.action) == ("own", False, None)

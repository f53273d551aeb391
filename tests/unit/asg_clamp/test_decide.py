"""From what is seen of a group to what should become of it: limits, rules, and who is out of reach."""

from __future__ import annotations

from typing import Any

import pytest

from functions.asg_clamp.decide import decide, is_candidate
from functions.asg_clamp.settings import AsgClampSettings, Rule
from functions.core.types import Action
from tests.unit.asg_clamp.builders import ARN, NOTHING, NOW, change, group, launch, members, policy, standing

CEILING = policy(ceiling=20)


# --- the ceiling


@pytest.mark.parametrize(
    ("maximum", "desired", "why"),
    [
        (21, 5, "max 21 over the ceiling of 20"),
        (30, 21, "desired 21 and max 30 over the ceiling of 20"),
        (20, 21, "desired 21 over the ceiling of 20"),
    ],
)
def test_max_or_desired_over_the_ceiling(maximum: int, desired: int, why: str) -> None:
    decision = decide(group(maximum=maximum, desired=desired), CEILING, NOW)
    assert (decision.verdict, decision.rule) in (("runaway", "ceiling"), ("held", "ceiling"))
    assert why in decision.reason


def test_at_the_ceiling_is_not_over_it() -> None:
    decision = decide(group(maximum=20, desired=20), CEILING, NOW)
    assert (decision.verdict, decision.action, decision.report) == ("right", None, False)


def test_a_ceiling_of_zero_lets_nothing_be() -> None:
    assert change(decide(group(runs=0, maximum=4), policy(ceiling=0), NOW)) == ("cap", {"max": 0}, {"max": 4})


def test_a_cap_ends_launches_that_were_not_made_yet() -> None:
    facts = group(desired=40, runs=25)
    assert change(decide(facts, CEILING, NOW)) == ("cap", {"max": 25, "desired": 25}, {"max": 100, "desired": 40})


def test_a_cap_never_goes_under_min() -> None:
    assert change(decide(group(minimum=30, desired=30), CEILING, NOW))[1] == {"max": 30}


@pytest.mark.parametrize("state", ["Terminating", "Terminating:Wait", "Detaching", "Detached", "Warmed:Stopped"])
def test_what_leaves_or_waits_in_a_warm_pool_does_not_run(state: str) -> None:
    facts = group(members=(*members(22), *members(5, "m5.large")[:0]), desired=22)
    leaving = tuple(type(one)(f"x{at}", one.type, state) for at, one in enumerate(members(5)))
    facts = group(members=(*facts.members, *leaving), desired=22)
    assert change(decide(facts, CEILING, NOW))[1] == {"max": 22}


@pytest.mark.parametrize("state", ["Pending", "Pending:Wait", "Standby", "EnteringStandby", "Quarantined"])
def test_everything_else_runs_and_is_not_taken_away(state: str) -> None:
    waiting = tuple(type(one)(f"x{at}", one.type, state) for at, one in enumerate(members(25)))
    assert change(decide(group(members=waiting, desired=10), CEILING, NOW))[1] == {"max": 25}


# --- rules


def ruled(*rules: Rule, **limits: Any) -> AsgClampSettings:
    return policy(rules=rules, **limits)


@pytest.mark.parametrize(
    ("name", "tags", "kind"),
    [
        ("gpu-train-7", {}, "cap"),
        ("web", {"team": "ml"}, "freeze"),
        ("web", {"team": "web"}, None),
        ("web", {}, None),
        ("my-gpu", {}, "cap"),
    ],
)
def test_the_first_rule_by_name_or_tag_that_matches_wins(name: str, tags: dict[str, str], kind: str | None) -> None:
    settings = ruled(Rule(name="gpu", ceiling=10), Rule(tag="team=ml", ceiling=30, action="freeze"))
    decision = decide(group(name=name, tags=tags), settings, NOW)
    assert (decision.action.kind if decision.action else None) == kind


def test_a_rule_with_name_and_tag_needs_both() -> None:
    settings = ruled(Rule(name="gpu", tag="team", ceiling=10))
    assert decide(group(name="gpu"), settings, NOW).action is None
    assert decide(group(name="gpu", tags={"team": ""}), settings, NOW).action is not None


def test_what_a_rule_leaves_out_is_as_in_the_defaults() -> None:
    settings = ruled(Rule(name="train", action="freeze"), ceiling=20)
    decision = decide(group(), settings, NOW)
    assert change(decision)[0] == "freeze"
    assert decision.reason.endswith("max 100 over the ceiling of 20; rule name train")


def test_a_rule_may_leave_groups_alone() -> None:
    settings = ruled(Rule(name="^train$", leave=True), ceiling=20)
    assert decide(group(), settings, NOW).verdict == "not_watched"
    assert decide(group(name="trainer"), settings, NOW).verdict == "runaway"


def test_only_what_rules_name_may_be_watched() -> None:
    settings = ruled(Rule(tag="gpu", ceiling=20), watch="rules", ceiling=1)
    assert decide(group(), settings, NOW).verdict == "not_watched"
    assert not is_candidate(group(), settings, NOW)
    assert decide(group(tags={"gpu": "yes"}), settings, NOW).verdict == "runaway"


# --- out of reach


@pytest.mark.parametrize(
    ("settings", "facts"),
    [
        (policy(ceiling=20), {"tags": {"fusebox:protect": "x"}}),
        (policy(ceiling=20, protect_tags=("tier=prod",)), {"tags": {"tier": "prod"}}),
        (policy(ceiling=20, protect=("tr*",)), {}),
        (policy(ceiling=20, protect=("t[x]",)), {"name": "t[x]"}),
    ],
)
def test_a_protected_group_is_left(settings: AsgClampSettings, facts: dict[str, Any]) -> None:
    decision = decide(group(**facts), settings, NOW)
    assert (decision.verdict, decision.action, decision.report) == ("protected", None, False)


def test_another_value_of_the_tag_protects_nothing() -> None:
    settings = policy(ceiling=20, protect_tags=("tier=prod",))
    assert decide(group(tags={"tier": "dev"}), settings, NOW).verdict == "runaway"


def test_a_group_that_is_being_deleted_is_left() -> None:
    assert decide(group(leaving=True), CEILING, NOW).verdict == "leaving"


@pytest.mark.parametrize(
    "facts", [{"tags": None}, {"unreadable": "the installed SDK does not know DeletionProtection"}]
)
def test_what_could_not_be_read_is_unknown_and_nothing_is_done(facts: dict[str, Any]) -> None:
    decision = decide(group(**facts), policy(ceiling=20, protect=("train",)), NOW)
    assert (decision.verdict, decision.action, decision.report) == ("unknown", None, True)


MANAGED = [
    pytest.param({"tags": {"eks:nodegroup-name": "x"}}, "EKS sets the sizes again", id="eks"),
    pytest.param({"tags": {"AmazonECSManaged": ""}}, "ECS sets desired again, up to max", id="ecs"),
    pytest.param({"tags": {"AWSBatchServiceTag": "batch"}}, "Batch sets max and desired again", id="batch"),
    pytest.param(
        {"tags": {"elasticbeanstalk:environment-name": "x"}}, "Beanstalk sets the sizes again", id="beanstalk"
    ),
    pytest.param({"tags": {"karpenter.sh/nodepool": "x"}}, "Karpenter replaces nodes", id="karpenter"),
    pytest.param({"tags": {"kubernetes.io/cluster/prod": "owned"}}, "its autoscaler may set desired", id="kubernetes"),
    pytest.param({"operator": "ecs.amazonaws.com"}, "it sets the group as it needs it", id="operator"),
]
BARRED = [
    *MANAGED,
    pytest.param({"deletion_protection": "prevent-all-deletion"}, "its deletion protection is on", id="protection"),
    pytest.param({"refreshing": True}, "an instance refresh is under way", id="refresh"),
    pytest.param({"refreshing": None}, "could not be read", id="refresh unknown"),
]


@pytest.mark.parametrize("action", ["freeze", "shrink"])
@pytest.mark.parametrize(("facts", "why"), BARRED)
def test_only_a_cap_is_offered(action: str, facts: dict[str, Any], why: str) -> None:
    decision = decide(group(desired=40, **facts), policy(ceiling=20, action=action, allow_irreversible=True), NOW)
    assert change(decision)[:2] == ("cap", {"max": 40})
    assert why in decision.reason
    assert "only a cap is offered" in decision.reason


@pytest.mark.parametrize(("facts", "why"), MANAGED)
def test_what_the_manager_undoes_of_a_cap_is_said(facts: dict[str, Any], why: str) -> None:
    decision = decide(group(**facts), CEILING, NOW)
    assert change(decision)[0] == "cap"
    assert why in decision.reason


# --- shrink


def shrunk(facts: Any, **more: Any) -> Any:
    return decide(facts, policy(action="shrink", allow_irreversible=True, ceiling=20, **more), NOW)


def test_a_shrink_takes_max_and_desired_down_and_says_what_is_lost() -> None:
    decision = shrunk(group(desired=40))
    assert change(decision) == ("shrink", {"max": 20, "desired": 20}, {"max": 100, "desired": 40})
    assert decision.action.irreversible.startswith("20 of the 40 instances that run are terminated")
    assert "in all 80 at the most" in decision.action.irreversible
    assert decision.saving == round(20 * 1.006 * 730, 2)


@pytest.mark.parametrize(("protected", "target"), [(0, 20), (15, 20), (30, 30)])
def test_a_shrink_honours_scale_in_protection(protected: int, target: int) -> None:
    kept = tuple(type(one)(one.id, one.type, one.state, protected=at < protected) for at, one in enumerate(members(40)))
    assert change(shrunk(group(members=kept, desired=40)))[1] == {"max": target, "desired": target}


@pytest.mark.parametrize(
    ("lowers", "wants"),
    [(False, {"max": 25, "desired": 25}), (True, {"min": 20, "max": 20, "desired": 20})],
)
def test_a_min_over_the_ceiling(lowers: bool, wants: dict[str, int]) -> None:
    assert change(shrunk(group(minimum=25, desired=40), lower_min=lowers))[1] == wants


def test_a_step_takes_no_more_than_the_policy_allows() -> None:
    assert change(shrunk(group(desired=40), shrink_step=5))[1] == {"max": 35, "desired": 35}
    assert change(shrunk(group(desired=22), shrink_step=5))[1] == {"max": 20, "desired": 20}


def test_units_of_capacity_are_not_called_instances() -> None:
    decision = shrunk(group(members=members(20, weight=2), desired=40))
    assert "20 of the 40 units of capacity" in decision.action.irreversible


# --- what is held, and what is only told


def test_a_group_that_is_held_is_told_with_the_time_of_the_change() -> None:
    done = standing(Action("cap", {"max": 40}, {"max": 100}))
    decision = decide(group(desired=40, maximum=40, standing=done), CEILING, NOW)
    assert (decision.verdict, decision.action, decision.report) == ("held", None, True)
    assert decision.told_at == "2026-11-25T11:00:00.000000Z"
    assert decision.reason.endswith("it is at its max of 40, 40 run")


def test_what_fusebox_still_holds_of_a_group_that_keeps_to_its_limits_is_named() -> None:
    done = standing(Action("cap", {"max": 20}, {"max": 100}))
    decision = decide(group(maximum=20, standing=done), CEILING, NOW)
    assert decision.verdict == "right"
    assert "Fusebox still holds max 20 (undo 20261125T110000-000001.0)" in decision.reason


def test_an_alarm_without_its_metric_is_told() -> None:
    decision = decide(group(maximum=20), policy(ceiling=20, alarms=True), NOW)
    assert (decision.verdict, decision.report) == ("no_metrics", True)
    assert decide(group(maximum=20, metrics_on=True), policy(ceiling=20, alarms=True), NOW).verdict == "right"


def test_no_limit_finds_nothing() -> None:
    launches = [launch(at, 0) for at in range(25)]
    decision = decide(group(desired=90, launches=launches), NOTHING, NOW)
    assert (decision.resource, decision.verdict, decision.action) == (ARN, "right", None)

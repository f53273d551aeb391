"""What the settings accept, and what the role may and may not do."""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

import botocore.session
import pytest

from functions.asg_clamp.alarms import LONGEST_NAME, name_of
from functions.asg_clamp.facts import ALARM_PREFIX
from functions.asg_clamp.settings import AsgClampSettings, Limits, Rule
from functions.asg_clamp.spec import CHANGES, SPEC, WATCHED, fences
from functions.core.group_arn import canonical
from functions.core.settings import from_plain, to_plain

NUMBER = "5b7c1f0e-9d7a-4b52-8f0d-3a9c1e2d4f60"
KNOWN = "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/train"


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: AsgClampSettings(ceiling=-1), "ceiling is a finite number, zero or more"),
        (lambda: AsgClampSettings(dollars_per_hour=float("nan")), "dollars_per_hour is a finite"),
        (lambda: AsgClampSettings(dollars_per_hour=float("inf")), "dollars_per_hour is a finite"),
        (lambda: AsgClampSettings(growth_instances=-1), "growth_instances is a finite"),
        (lambda: AsgClampSettings(growth_percent=-0.5), "growth_percent is a finite"),
        (lambda: AsgClampSettings(churn=-1), "churn is a finite"),
        (lambda: AsgClampSettings(failed_launches=-1), "failed_launches is a finite"),
        (lambda: AsgClampSettings(growth_minutes=0), "growth_minutes is between"),
        (lambda: AsgClampSettings(churn_minutes=-5), "churn_minutes is between"),
        (lambda: AsgClampSettings(failed_minutes=6 * 7 * 1440 + 1), "kept for six weeks"),
        (lambda: AsgClampSettings(freeze_hours=0), "freeze_hours is between 0.25 and 168"),
        (lambda: AsgClampSettings(freeze_hours=24 * 7.5), "freeze_hours is between 0.25 and 168"),
        (lambda: AsgClampSettings(freeze_hours=float("nan")), "freeze_hours"),
        (lambda: AsgClampSettings(shrink_step=0), "shrink_step is 1 or more"),
        (lambda: AsgClampSettings(step_minutes=-1), "step_minutes is zero or more"),
        (lambda: AsgClampSettings(protect_tags=("keep*",)), "protect_tags"),
        (lambda: AsgClampSettings(protect_tags=("${aws:username}",)), "protect_tags"),
        (lambda: AsgClampSettings(protect_tags=("",)), "protect_tags"),
        (lambda: AsgClampSettings(protect_tags=("=x",)), "protect_tags"),
        (lambda: AsgClampSettings(protect=("a:b",)), "a group name with"),
        (lambda: AsgClampSettings(protect=("${aws:username}",)), "a group name with"),
        (lambda: AsgClampSettings(protect=("",)), "a group name with"),
        (lambda: AsgClampSettings(watch="rules"), "watch: rules needs `rules`"),
        (lambda: AsgClampSettings(remind_days=0), "remind_days is 1 or more"),
        (lambda: AsgClampSettings(on_timeout="act", allow_irreversible=True), "cannot stand together"),
        (lambda: Rule(ceiling=5), "a rule needs `name` or `tag`"),
        (lambda: Rule(name="("), "no regular expression"),
        (lambda: Rule(tag="=x"), "neither a tag key nor key=value"),
        (lambda: Rule(name="x", ceiling=-1), "ceiling is a finite"),
        (lambda: Limits(dollars_per_hour=-1), "dollars_per_hour is a finite"),
    ],
)
def test_settings_that_make_no_sense_are_refused_in_one_line(make: Callable[[], object], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint) as refused:
        make()
    assert "\n" not in str(refused.value)


def test_settings_survive_the_way_into_a_function() -> None:
    rules = (Rule(name="^train-", ceiling=16, action="freeze"), Rule(tag="team=web", leave=True))
    settings = AsgClampSettings(mode="enforce", rules=rules, dollars_per_hour=200.0, shrink_step=4, protect=("db-*",))
    assert from_plain(AsgClampSettings, to_plain(settings)) == settings


def test_by_default_nothing_acts_nothing_is_terminated_and_no_ceiling_is_made_up() -> None:
    plain = AsgClampSettings()
    assert (plain.mode, plain.action, plain.allow_irreversible, plain.lower_min) == ("observe", "cap", False, False)
    assert (plain.ceiling, plain.dollars_per_hour, plain.growth_percent) == (None, None, None)


def test_the_longest_window_is_how_far_back_launches_matter() -> None:
    assert AsgClampSettings(growth_minutes=5, churn_minutes=240).look_back_minutes == 240


@pytest.mark.parametrize(
    "arn",
    [
        KNOWN,
        KNOWN.replace("*", NUMBER),
        KNOWN.replace("*", NUMBER.replace("5", "e")),
    ],
)
def test_any_arn_of_a_group_is_the_one_by_its_name(arn: str) -> None:
    assert canonical(arn) == KNOWN
    assert canonical(canonical(arn)) == KNOWN


def test_other_arns_stay_as_they_are() -> None:
    for arn in (
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/a",
        f"arn:aws:autoscaling:us-east-1:123456789012:scalingPolicy:{NUMBER}:autoScalingGroupName/train:policyName/out",
        KNOWN.replace("*", "not-a-number"),
    ):
        assert canonical(arn) == arn


def test_a_group_has_an_arn_in_every_partition() -> None:
    arn = SPEC.arn("train", partition="aws-cn", region="cn-north-1", account="123456789012")
    assert arn == "arn:aws-cn:autoscaling:cn-north-1:123456789012:autoScalingGroup:*:autoScalingGroupName/train"


def test_every_permission_says_why_and_a_star_that_there_is_no_other_way() -> None:
    for one in SPEC.permissions:
        assert one.reason
        assert ("takes no resource" in one.reason) == (one.resources == ("*",)), one.actions


def test_it_may_change_groups_and_its_own_alarms_and_nothing_else() -> None:
    granted = {action for one in SPEC.permissions for action in one.actions}
    writes = {action for action in granted if ":Describe" not in action}
    assert writes == {*CHANGES, "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"}


def test_iam_denies_every_change_to_what_a_tag_protects() -> None:
    by_key, by_value = fences(AsgClampSettings(protect_tags=("fusebox:protect", "CostControl=exempt")))
    assert by_key.conditions == {"Null": {"aws:ResourceTag/fusebox:protect": "false"}}
    assert by_value.conditions == {"StringEquals": {"aws:ResourceTag/CostControl": "exempt"}}
    assert by_key.actions == by_value.actions == CHANGES


def test_a_tag_with_an_empty_value_is_that_value_for_iam_too() -> None:
    (fence,) = fences(AsgClampSettings(protect_tags=("team=",)))
    assert fence.conditions == {"StringEquals": {"aws:ResourceTag/team": ""}}


def test_iam_denies_every_change_to_the_names_that_are_protected() -> None:
    (fence,) = fences(AsgClampSettings(protect_tags=(), protect=("db-*", "web")))
    assert (fence.actions, fence.conditions) == (CHANGES, {})

    def denied(name: str) -> bool:
        arn = KNOWN.replace("*", NUMBER).replace("train", name)
        globs = [one.format(partition="aws") for one in fence.resources]
        return any(fnmatchcase(arn, glob) for glob in globs)

    assert [denied(name) for name in ("db-1", "web", "webs", "my-db-1")] == [True, True, False, False]


def test_nothing_protected_needs_no_fence() -> None:
    assert fences(AsgClampSettings(protect_tags=(), protect=())) == ()


def test_its_own_calls_wake_it_not_and_launches_and_alarms_are_nobodys_calls() -> None:
    launches, calls, alarms = (one.pattern_for("arn:aws:iam::123456789012:role/fusebox") for one in SPEC.events)
    assert calls["detail"]["eventName"] == list(WATCHED)
    assert "userIdentity" in calls["detail"]
    assert "detail" not in launches
    assert "userIdentity" not in alarms["detail"]


def test_its_alarms_are_told_from_others_by_name() -> None:
    (put,) = (one for one in SPEC.permissions if "cloudwatch:PutMetricAlarm" in one.actions)
    assert put.resources[0].endswith(f"alarm:{ALARM_PREFIX}*")
    long, longer = "x" * 254, "x" * 255
    assert name_of("train") == "fusebox-asg-clamp-train"
    assert name_of(long) != name_of(longer)
    for name in (long, longer):
        assert name_of(name).startswith(ALARM_PREFIX)
        assert len(name_of(name)) <= LONGEST_NAME


def test_the_safety_fields_are_fields_of_the_sdk() -> None:
    session = botocore.session.get_session()
    for one in SPEC.safety_fields:
        assert one.unknown_to(session.get_service_model(one.service)) == []

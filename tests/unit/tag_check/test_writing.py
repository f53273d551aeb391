"""How tags are set and taken away: few calls, each resource with its own end, and back again exactly."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.core import ledger
from functions.core.evaluating import evaluate
from functions.core.spec import Cap
from functions.core.types import Action, ActionFailed, Disposition, Refused, ResourceGone
from functions.tag_check.facts import Resource
from functions.tag_check.settings import FillRule
from tests.unit.tag_check.builders import ACCOUNT, MARK, NOW, REGION, RIGHT_TAGS, filling, quarantine
from tests.unit.tag_check.conftest import StageOf
from tests.unit.tag_check.stage import arn, client, created, launch, pairs, refused, retagged, tags_of

LOGS = "AWS::Logs::LogGroup"
MARKED = {MARK: "project team"}
ML = filling(FillRule(key="team", value="ml"))


def log_groups(count: int) -> list[str]:
    names = [f"/g/{number:02}" for number in range(count)]
    for name in names:
        client("logs").create_log_group(logGroupName=name)
    return [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{name}" for name in names]


def tags_of_group(arn: str) -> dict[str, str]:
    found: dict[str, str] = client("logs").list_tags_for_resource(resourceArn=arn)["tags"]
    return found


def tag(id: str, **tags: str) -> None:
    client("ec2").create_tags(Resources=[id], Tags=pairs(tags))


def untag(id: str, *keys: str) -> None:
    client("ec2").delete_tags(Resources=[id], Tags=[{"Key": key} for key in keys])


# --- few calls


def test_one_sweep_marks_all_alike_in_one_call(stage_of: StageOf) -> None:
    ids = launch(count=60)
    stage = stage_of("mark")
    assert stage.sweep().counts == {"done": 60}
    assert stage.count("ec2:CreateTags") == 1
    assert all(tags_of(id) == MARKED for id in ids)


def test_there_are_as_many_calls_as_different_marks(stage_of: StageOf) -> None:
    launch(count=10)
    launch({"team": "ml"}, count=10)
    launch({"project": "atlas"}, count=10)
    launch(RIGHT_TAGS, count=10)
    stage = stage_of("mark")
    stage.sweep()
    assert stage.count("ec2:CreateTags") == 3


def test_kinds_of_ec2_go_together(stage_of: StageOf) -> None:
    launch()
    stage = stage_of("mark", types=("AWS::EC2::Instance", "AWS::EC2::Volume"))
    assert stage.sweep().counts == {"done": 2}
    assert stage.count("ec2:CreateTags") == 1


def test_other_services_are_tagged_twenty_in_a_call(stage_of: StageOf) -> None:
    found = log_groups(45)
    stage = stage_of("mark", types=(LOGS,))
    assert stage.sweep().counts == {"done": 45}
    assert stage.count("tag:TagResources") == 3
    assert all(tags_of_group(one) == MARKED for one in found)


def test_a_second_sweep_does_nothing_and_says_nothing(stage_of: StageOf) -> None:
    launch(count=5)
    log_groups(5)
    stage = stage_of("mark", "fill", types=("AWS::EC2::Instance", LOGS), fill=ML)
    stage.sweep()
    writes, told = list(stage.clients.writes), stage.told
    for _ in range(3):
        stage.later(hours=6)
        stage.sweep()
    assert (stage.clients.writes, stage.told) == (writes, told)
    assert told == 1


def test_a_second_sweep_without_marks_says_nothing_either(stage_of: StageOf) -> None:
    launch(count=5)
    stage = stage_of()
    for _ in range(3):
        stage.sweep()
        stage.later(hours=6)
    assert stage.told == 1


def test_fifty_instances_in_one_event_are_one_message(stage_of: StageOf) -> None:
    ids = launch(count=50)
    stage = stage_of("mark", "notify")
    stage.hear(created(*ids))
    assert stage.told == 1
    assert stage.count("ec2:CreateTags") == 1


def test_what_is_told_again_after_a_month_is_a_reminder(stage_of: StageOf) -> None:
    launch()
    stage = stage_of("mark", remind_days=30)
    stage.sweep()
    stage.later(days=29)
    stage.sweep()
    assert stage.told == 1
    stage.later(days=2)
    stage.sweep()
    assert stage.told == 2


# --- no loops


def test_a_mark_s_own_event_is_skipped(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")
    stage.sweep()
    before = len(stage.clients.calls)
    assert "skipped" in stage.hear(retagged(arn(id), MARK))
    assert len(stage.clients.calls) == before


@pytest.mark.parametrize("mark_tag", [MARK, "untagged"])
def test_its_own_changes_come_to_rest_whatever_the_mark_is_called(stage_of: StageOf, mark_tag: str) -> None:
    (id,) = launch()
    stage = stage_of("mark", "fill", fill=ML, mark_tag=mark_tag)
    stage.hear(created(id))
    for _ in range(4):
        stage.later(minutes=5)
        stage.hear(retagged(arn(id), "team", mark_tag))
    assert tags_of(id) == {"team": "ml", mark_tag: "project"}
    assert stage.count("ec2:CreateTags") == 1
    assert stage.told == 1


# --- a mark that is done with


def test_once_it_is_fixed_the_mark_goes_and_nobody_is_asked(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")
    stage.sweep()
    tag(id, **RIGHT_TAGS)
    stage.policy(mode="approve")
    stage.hear(retagged(arn(id), "team", "project"))
    assert tags_of(id) == RIGHT_TAGS


def test_that_it_was_fixed_is_told_once(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")
    stage.sweep()
    tag(id, **RIGHT_TAGS)
    stage.hear(retagged(arn(id), "team", "project"))
    assert stage.told == 2
    for _ in range(2):
        stage.later(hours=6)
        stage.sweep()
    assert stage.told == 2


def test_what_was_fixed_and_broken_again_is_marked_and_told_again(stage_of: StageOf) -> None:
    (id,) = launch(RIGHT_TAGS)
    stage = stage_of("mark")
    for _ in range(2):
        untag(id, "team")
        stage.later(minutes=5)
        stage.hear(retagged(arn(id), "team"))
        assert tags_of(id)[MARK] == "team"
        tag(id, team="ml")
        stage.later(minutes=5)
        stage.hear(retagged(arn(id), "team"))
        assert tags_of(id) == RIGHT_TAGS
    assert stage.told == 4


def test_no_cap_counts_a_mark_that_goes(stage_of: StageOf) -> None:
    ids = launch(count=4)
    stage = stage_of("mark", cap=Cap(actions_per_hour=4))
    stage.sweep()
    for id in ids:
        tag(id, **RIGHT_TAGS)
    stage.later(minutes=1)
    stage.sweep()
    assert [tags_of(id) for id in ids] == [RIGHT_TAGS] * 4


def test_a_mark_that_a_person_rewrote_meanwhile_is_left(stage_of: StageOf) -> None:
    (id,) = launch({**RIGHT_TAGS, **MARKED})
    stage = stage_of("mark")
    stage.meanwhile("ec2", "DeleteTags", lambda: tag(id, **{MARK: "I know, sorry"}))
    stage.sweep()
    assert tags_of(id)[MARK] == "I know, sorry"


# --- each ends for itself


def test_of_many_one_is_gone_and_the_others_are_marked(stage_of: StageOf) -> None:
    ids = launch(count=6)
    stage = stage_of("mark")
    gone = ids[2]

    def refuse(params: Any = None, **_: Any) -> None:
        if gone in str(params):
            raise refused("InvalidInstanceID.NotFound", f"The instance ID '{gone}' does not exist")

    stage.on("ec2", "CreateTags", refuse)
    report = stage.sweep()
    assert report.counts == {"done": 5, "gone": 1}
    assert [id for id in ids if tags_of(id) != MARKED] == [gone]
    assert stage.count("ec2:CreateTags") <= 4


def refusing(arns: list[str], **about: Any) -> Any:
    """An answer of the Tagging API that names some resources as failed."""
    return lambda answer: answer.update(FailedResourcesMap=dict.fromkeys(arns, about))


def test_the_tagging_api_says_of_each_how_it_ended(stage_of: StageOf) -> None:
    found = log_groups(5)
    stage = stage_of("mark", types=(LOGS,))
    denied = {"StatusCode": 400, "ErrorCode": "InvalidParameterException", "ErrorMessage": "AccessDenied: no"}
    stage.answers("resourcegroupstaggingapi", "TagResources", refusing(found[1:2], **denied))
    report = stage.sweep()
    assert report.counts == {"done": 4, "failed": 1}
    assert [stage.ends(one) for one in found] == [["done"], ["failed"], ["done"], ["done"], ["done"]]


@pytest.mark.parametrize(
    ("about", "end"),
    [
        ({"StatusCode": 400, "ErrorCode": "X", "ErrorMessage": "ResourceNotFoundException: gone"}, ResourceGone),
        ({"StatusCode": 404, "ErrorCode": "NoSuchBucket", "ErrorMessage": "x"}, ResourceGone),
        ({"StatusCode": 400, "ErrorCode": "AccessDenied", "ErrorMessage": "no"}, True),
        ({"StatusCode": 500, "ErrorCode": "InternalServiceException", "ErrorMessage": "try later"}, False),
        (
            {
                "StatusCode": 400,
                "ErrorCode": "InvalidParameterException",
                "ErrorMessage": "User arn:aws:sts::1:assumed-role/fusebox/x may not lambda:TagResource on resource "
                "arn:aws:lambda:us-east-1:123456789012:function:HandleNotFound",
            },
            True,
        ),
    ],
)
def test_what_the_tagging_api_says_of_one(stage_of: StageOf, about: dict[str, Any], end: Any) -> None:
    arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:HandleNotFound"
    stage = stage_of()
    stage.answers("resourcegroupstaggingapi", "TagResources", refusing([arn], **about))
    facts = Resource(arn, NOW, {}, "AWS::Lambda::Function", "HandleNotFound")
    (found,) = stage.account.act_together([(facts, Action("tag", {"tag:k": "v"}, {"tag:k": None}))])
    if end is ResourceGone:
        assert isinstance(found, ResourceGone)
    else:
        assert isinstance(found, ActionFailed)
        assert found.certain is end


def test_a_call_without_an_answer_is_unsettled_and_settled_by_looking(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")

    def lost(**_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://ec2")

    stage.on("ec2", "CreateTags", lost, when="after-call")
    assert stage.sweep().counts == {"unsettled": 1}
    assert tags_of(id) == MARKED
    stage.later(minutes=30)
    assert stage.sweep().settled == 1
    assert stage.ends(arn(id)) == ["done"]


def test_a_crash_before_the_call_is_settled_as_never_made_and_tried_again(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")

    def crash() -> None:
        raise KeyboardInterrupt

    stage.meanwhile("ec2", "CreateTags", crash)
    with pytest.raises(KeyboardInterrupt):
        stage.look_at(arn(id))
    stage.later(minutes=30)
    report = stage.sweep()
    assert (report.settled, report.counts["done"]) == (1, 1)
    assert stage.ends(arn(id)) == ["failed", "done"]


def test_what_a_crash_left_is_not_settled_while_its_tags_cannot_be_read(stage_of: StageOf) -> None:
    (one,) = log_groups(1)
    stage = stage_of("mark", types=(LOGS,))

    def lost(**_: Any) -> None:
        raise KeyboardInterrupt

    stage.on("resourcegroupstaggingapi", "TagResources", lost, when="after-call")
    with pytest.raises(KeyboardInterrupt):
        stage.look_at(one)
    stage.later(minutes=30)
    denied = [True]
    stage.refuse("logs", "ListTagsForResource", when=lambda sent: denied[0])
    stage.sweep()
    assert stage.ends(one) == []
    denied[0] = False
    stage.later(hours=6)
    stage.sweep()
    assert stage.ends(one) == ["done"]


# --- back again


def test_a_mark_is_turned_back(stage_of: StageOf) -> None:
    (id,) = launch({"Name": "x"})
    stage = stage_of("mark")
    stage.sweep()
    assert stage.undo(arn(id)) is Disposition.DONE
    assert tags_of(id) == {"Name": "x"}
    stage.later(hours=6)
    stage.sweep()
    assert tags_of(id) == {"Name": "x"}


def test_a_fill_is_turned_back_to_exactly_what_was_there(stage_of: StageOf) -> None:
    (id,) = launch({"team": "", "Name": "x"})
    stage = stage_of("mark", "fill", fill=ML)
    stage.sweep()
    assert tags_of(id) == {"team": "ml", "Name": "x", MARK: "project"}
    assert stage.undo(arn(id)) is Disposition.DONE
    assert tags_of(id) == {"team": "", "Name": "x"}


def test_log_groups_are_turned_back_too(stage_of: StageOf) -> None:
    (one,) = log_groups(1)
    stage = stage_of("mark", "fill", types=(LOGS,), fill=ML)
    stage.sweep()
    assert tags_of_group(one) == {"team": "ml", MARK: "project"}
    assert stage.undo(one) is Disposition.DONE
    assert tags_of_group(one) == {}


def test_after_a_later_change_nothing_is_turned_back(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("fill", fill=ML)
    stage.sweep()
    tag(id, team="web")
    with pytest.raises(Refused, match="was changed since"):
        stage.undo(arn(id))
    assert tags_of(id)["team"] == "web"


def test_what_a_person_changes_right_before_the_undo_s_call_stays(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("fill", fill=ML)
    stage.sweep()
    stage.meanwhile("ec2", "DeleteTags", lambda: tag(id, team="web"))
    stage.undo(arn(id))
    assert tags_of(id)["team"] == "web"


def test_an_action_on_what_is_no_longer_checked_can_still_be_turned_back(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")
    stage.sweep()
    stage.policy(types=("AWS::S3::*",))
    assert stage.undo(arn(id)) is Disposition.DONE
    assert tags_of(id) == {}


def test_without_its_tags_nothing_is_turned_back(stage_of: StageOf) -> None:
    (one,) = log_groups(1)
    stage = stage_of("mark", types=(LOGS,))
    stage.sweep()
    stage.refuse("logs", "ListTagsForResource")
    with pytest.raises(Refused, match="could not be read"):
        stage.undo(one)


# --- groups


def group(name: str, **tags: str) -> str:
    scaling = client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName=name, ImageId="ami-12c6146b", InstanceType="m5.large")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        LaunchConfigurationName=name,
        MinSize=0,
        MaxSize=0,
        AvailabilityZones=[f"{REGION}a"],
        Tags=[{**one, "PropagateAtLaunch": True} for one in pairs(tags)],
    )
    return f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:autoScalingGroup:*:autoScalingGroupName/{name}"


def tags_of_scaling_group(name: str) -> dict[str, tuple[str, bool]]:
    (found,) = client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return {one["Key"]: (one["Value"], one["PropagateAtLaunch"]) for one in found["Tags"]}


def test_a_group_is_marked_but_its_instances_are_not(stage_of: StageOf) -> None:
    one = group("web", app="shop")
    stage = stage_of("mark", types=("AWS::AutoScaling::AutoScalingGroup",))
    stage.sweep()
    assert tags_of_scaling_group("web") == {"app": ("shop", True), MARK: ("project team", False)}
    assert stage.undo(one) is Disposition.DONE
    assert tags_of_scaling_group("web") == {"app": ("shop", True)}


def test_a_group_that_is_gone_stops_no_other(stage_of: StageOf) -> None:
    here, gone = group("here"), group("gone")
    stage = stage_of("mark", types=("AWS::AutoScaling::AutoScalingGroup",))
    facts = list(stage.account.read([here, gone]).values())

    def refuse(params: Any = None, **_: Any) -> None:
        if "gone" in str(params):
            raise refused("ValidationError", "AutoScalingGroup name not found - null")

    stage.on("autoscaling", "CreateOrUpdateTags", refuse)
    action = Action("tag", {"tag:k": "v"}, {"tag:k": None})
    ended = stage.account.act_together([(one, action) for one in facts])
    by_id = dict(zip((one.id for one in facts), ended, strict=True))
    assert by_id["here"] is None
    assert isinstance(by_id["gone"], ResourceGone)


# --- what is left alone


def test_what_is_protected_and_what_is_exempt_is_not_touched(stage_of: StageOf) -> None:
    tags = [{"fusebox:protect": "yes"}, {"fusebox:exempt-until": "2099-01-01"}]
    ids = [launch(one)[0] for one in tags]
    stage = stage_of("mark", "fill", fill=ML, quarantine=quarantine())
    for _ in range(2):
        stage.sweep()
        stage.later(days=5)
    assert [tags_of(id) for id in ids] == tags
    assert stage.clients.writes == []


@pytest.mark.parametrize("steps", [(), ("mark",), ("mark", "fill")])
def test_fusebox_s_own_resources_are_never_touched(stage_of: StageOf, steps: tuple[Any, ...]) -> None:
    (id,) = launch({"fusebox:component": "table"})
    client("logs").create_log_group(logGroupName="/aws/lambda/fusebox-us-east-1-tag-check")
    stage = stage_of(*steps, types=("AWS::EC2::Instance", LOGS), fill=ML, quarantine=quarantine())
    for _ in range(2):
        stage.sweep()
        stage.later(days=5)
    assert tags_of(id) == {"fusebox:component": "table"}
    assert stage.clients.writes == []


def test_in_observe_mode_nothing_is_written(stage_of: StageOf) -> None:
    launch()
    launch({**RIGHT_TAGS, **MARKED})
    stage = stage_of("mark", "fill", fill=ML)
    stage.policy(mode="observe")
    stage.sweep()
    assert stage.clients.writes == []


def test_what_was_seen_too_long_ago_is_read_again_before_it_is_marked(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")
    (facts,) = stage.facts()
    stage.later(seconds=90)
    tag(id, **RIGHT_TAGS)
    run = stage.run()
    report = run.new_report()
    evaluate(run, [facts], report)
    assert report.counts == {"changed": 1}
    assert tags_of(id) == RIGHT_TAGS


def test_every_change_has_its_intent_with_what_was_there(stage_of: StageOf) -> None:
    (id,) = launch({"team": ""})
    stage = stage_of("fill", fill=ML)
    stage.sweep()
    (intent,) = stage.history(arn(id), ledger.INTENT)
    assert intent["action"]["prior"] == {"tag:team": ""}


def test_what_a_group_hands_on_to_its_instances_stays_so(stage_of: StageOf) -> None:
    one = group("web", team="")
    stage = stage_of("fill", types=("AWS::AutoScaling::AutoScalingGroup",), fill=ML)
    stage.sweep()
    assert tags_of_scaling_group("web") == {"team": ("ml", True)}
    assert stage.undo(one) is Disposition.DONE
    assert tags_of_scaling_group("web") == {"team": ("", True)}

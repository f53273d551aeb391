"""How resources are found and looked at again: what is true at that moment, and what nobody knows."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from functions.core.memory import Memory
from functions.core.types import RIGHT
from functions.tag_check import coverage, creators
from functions.tag_check.facts import Made
from tests.unit.tag_check.builders import ACCOUNT, ALICE, MARK, REGION, RIGHT_TAGS, filling
from tests.unit.tag_check.conftest import StageOf
from tests.unit.tag_check.stage import Stage, arn, client, created, ids, launch, pairs, tags_of

GROUPS, QUEUES, TOPICS = "AWS::Logs::LogGroup", "AWS::SQS::Queue", "AWS::SNS::Topic"
LOGS = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:"


def log_group(name: str, **tags: str) -> str:
    client("logs").create_log_group(logGroupName=name, tags=tags)
    return LOGS + name


def retag(name: str, **tags: str) -> None:
    client("logs").tag_resource(resourceArn=LOGS + name, tags=tags)


def lagging(stage: Stage, *left_out: str) -> None:
    """The Tagging API does not tell of some resources yet."""

    def forget(answer: Any) -> None:
        answer["ResourceTagMappingList"] = [
            one for one in answer["ResourceTagMappingList"] if one["ResourceARN"] not in left_out
        ]

    stage.answers("resourcegroupstaggingapi", "GetResources", forget)


# --- what is found


def test_instances_come_with_their_tags_and_their_start(stage_of: StageOf) -> None:
    launch(RIGHT_TAGS)
    launch()
    stage = stage_of()
    assert sorted(stage.verdicts().values()) == ["right", "untagged"]
    assert all(one.listed and one.since and one.state == "running" for one in stage.facts())
    assert all((one.account, one.region) == (ACCOUNT, REGION) for one in stage.facts())


def test_what_ends_is_not_found_and_not_read(stage_of: StageOf) -> None:
    (id,) = launch()
    client("ec2").terminate_instances(InstanceIds=[id])
    stage = stage_of()
    assert stage.facts() == []
    assert stage.account.read([arn(id)]) == {}


def test_of_many_that_are_read_together_only_those_that_exist_come_back(stage_of: StageOf) -> None:
    here = launch(count=3)
    stage = stage_of()
    found = stage.account.read([arn(one) for one in [*here, "i-00000000000000000"]] + ["arn:aws:iam::1:role/x"])
    assert sorted(one.id for one in found.values()) == sorted(here)
    assert stage.count("ec2:DescribeInstances") == 1


def test_what_is_read_again_is_never_young(stage_of: StageOf) -> None:
    (id,) = launch()
    found = stage_of().account.read([arn(id)])[arn(id)]
    assert (found.listed, found.tags) == (False, {})


def test_kinds_that_cannot_be_listed_here_do_not_stop_the_others(stage_of: StageOf) -> None:
    launch()
    log_group("/a")
    stage = stage_of(types=("AWS::EC2::Instance", GROUPS))
    stage.refuse("ec2", "DescribeInstances")
    (page,) = stage.account.pages("")
    assert ids(page.facts) == ["/a"]
    (trouble,) = page.trouble
    assert trouble.startswith("AWS::EC2::Instance could not be listed: ")


def test_a_sweep_tells_of_a_listing_that_fails_and_does_not_break(stage_of: StageOf) -> None:
    stage = stage_of()
    stage.refuse("ec2", "DescribeInstances")
    report = stage.sweep()
    assert report.partial
    assert stage.told == 1


# --- tags that do not come with the listing


def test_the_tagging_api_answers_for_a_hundred_at_once(stage_of: StageOf) -> None:
    for number in range(30):
        log_group(f"/g/{number}", **RIGHT_TAGS)
    stage = stage_of(types=(GROUPS,))
    assert set(stage.verdicts().values()) == {RIGHT}
    assert stage.count("tag:GetResources") == 1
    assert stage.count("logs:ListTagsForResource") == 0


def test_what_was_never_tagged_is_confirmed_by_its_own_service(stage_of: StageOf) -> None:
    log_group("/bare")
    stage = stage_of(types=(GROUPS,))
    assert stage.verdicts() == {"/bare": "untagged"}
    assert stage.count("logs:ListTagsForResource") == 1


def test_tags_that_the_tagging_api_does_not_know_yet_are_there_all_the_same(stage_of: StageOf) -> None:
    log_group("/new", **RIGHT_TAGS)
    stage = stage_of(types=(GROUPS,))
    lagging(stage, LOGS + "/new")
    assert stage.verdicts() == {"/new": "right"}


def test_a_creator_that_the_tagging_api_does_not_know_yet_is_not_overwritten(stage_of: StageOf) -> None:
    log_group("/new", **RIGHT_TAGS)
    stage = stage_of("fill", types=(GROUPS,), fill=filling(creator="creator"))
    creators.keep(Memory(stage.table, "tag_check"), LOGS + "/new", ALICE, stage.now)

    def forget(answer: Any) -> None:
        for one in answer["ResourceTagMappingList"]:
            one["Tags"] = [tag for tag in one["Tags"] if tag["Key"] != "creator"]

    stage.answers("resourcegroupstaggingapi", "GetResources", forget)
    retag("/new", creator="bob")
    stage.sweep()
    assert client("logs").list_tags_for_resource(resourceArn=LOGS + "/new")["tags"]["creator"] == "bob"


def test_what_is_gone_between_listing_and_reading_is_left_out(stage_of: StageOf) -> None:
    log_group("/a")
    log_group("/b")
    stage = stage_of(types=(GROUPS,))
    stage.refuse(
        "logs",
        "ListTagsForResource",
        "ResourceNotFoundException",
        when=lambda sent: "%2Fa" in str(sent) or "/a" in str(sent),
    )
    assert stage.verdicts() == {"/b": "untagged"}


def test_one_that_may_not_be_read_is_unknown_and_nothing_is_written_on_it(stage_of: StageOf) -> None:
    log_group("/secret")
    log_group("/open")
    stage = stage_of("mark", types=(GROUPS,))
    stage.refuse("logs", "ListTagsForResource", when=lambda sent: "secret" in str(sent))
    report = stage.sweep()
    assert report.verdicts == {"unknown": 1, "untagged": 1}
    assert report.counts == {"reported": 1, "done": 1}
    assert client("logs").list_tags_for_resource(resourceArn=LOGS + "/secret")["tags"] == {}
    assert client("logs").list_tags_for_resource(resourceArn=LOGS + "/open")["tags"] == {MARK: "project team"}


def test_without_the_tagging_api_every_one_is_read_by_its_own_service(stage_of: StageOf) -> None:
    log_group("/right", **RIGHT_TAGS)
    log_group("/bare")
    stage = stage_of(types=(GROUPS,))
    stage.refuse("resourcegroupstaggingapi", "GetResources")
    (page,) = stage.account.pages("")
    assert {one.id: len(one.tags or {}) for one in page.facts} == {"/right": 2, "/bare": 0}
    assert any("GetResources" in one for one in page.trouble)


# --- from when tags can be expected


def test_where_no_listing_says_when_it_was_made_the_second_sweep_judges(stage_of: StageOf) -> None:
    client("sqs").create_queue(QueueName="jobs")
    stage = stage_of("mark", types=(QUEUES,))
    assert stage.sweep().verdicts == {"young": 1}
    stage.later(hours=6)
    assert stage.sweep().verdicts == {"untagged": 1}


def test_tags_that_come_before_the_second_sweep_are_in_time(stage_of: StageOf) -> None:
    url = client("sqs").create_queue(QueueName="jobs")["QueueUrl"]
    stage = stage_of("mark", types=(QUEUES,))
    stage.sweep()
    client("sqs").tag_queue(QueueUrl=url, Tags=RIGHT_TAGS)
    stage.later(hours=6)
    assert stage.sweep().verdicts == {"right": 1}
    assert stage.told == 0


def test_two_looks_within_the_grace_are_one(stage_of: StageOf) -> None:
    client("sqs").create_queue(QueueName="jobs")
    stage = stage_of(types=(QUEUES,), grace_minutes=15)
    stage.sweep()
    stage.later(minutes=10)
    assert stage.sweep().verdicts == {"young": 1}


def test_a_plan_notes_nothing_and_judges_at_once(stage_of: StageOf) -> None:
    client("sqs").create_queue(QueueName="jobs")
    stage = stage_of(types=(QUEUES,))
    (page,) = stage.planned().pages("")
    assert [one.since for one in page.facts] == [None]
    assert stage.sweep().verdicts == {"young": 1}


def test_an_event_s_resource_has_had_its_grace_already(stage_of: StageOf) -> None:
    client("sqs").create_queue(QueueName="jobs")
    stage = stage_of(types=(QUEUES,))
    assert stage.look_at(f"arn:aws:sqs:{REGION}:{ACCOUNT}:jobs").verdicts == {"untagged": 1}


def test_an_instance_launched_just_now_is_young_to_a_sweep(stage_of: StageOf) -> None:
    launch()
    stage = stage_of("mark")
    stage.later(minutes=-58)
    assert stage.sweep().verdicts == {"young": 1}


def test_an_instance_listed_in_its_grace_and_tagged_before_it_is_judged_is_not_told(stage_of: StageOf) -> None:
    launch()
    stage = stage_of("mark", grace_minutes=15)
    stage.later(minutes=-45, seconds=-10)

    def slowly() -> None:
        stage.later(seconds=30)

    stage.meanwhile("ec2", "DescribeInstances", slowly)
    assert stage.sweep().verdicts == {"young": 1}
    assert stage.told == 0


# --- who made it


def test_who_launched_it_is_filled_in_and_told(stage_of: StageOf) -> None:
    (id,) = launch(RIGHT_TAGS)
    stage = stage_of("fill", fill=filling(creator="creator", created_at="created-at"))
    stage.hear(created(id))
    assert tags_of(id)["creator"] == "alice"
    assert tags_of(id)["created-at"].endswith("Z")


def test_of_what_the_policy_does_not_check_no_maker_is_kept(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark", ignore=("AWS::EC2::*",))
    stage.hear(created(id))
    assert stage.account._memory.notes([arn(id)]) == {}


def test_who_made_it_is_still_known_to_the_next_sweep(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of()
    stage.hear(created(id))
    (found,) = stage.facts()
    assert isinstance(found.made, Made)
    assert found.made.by == "alice"


def test_the_same_event_again_says_nothing_new(stage_of: StageOf) -> None:
    (id,) = launch()
    stage = stage_of("mark")
    event = created(id)
    for _ in range(3):
        stage.hear(event)
    assert stage.told == 1
    assert stage.count("ec2:CreateTags") == 1


# --- what it belongs to


def test_tags_of_a_volume_s_instance_are_handed_down(stage_of: StageOf) -> None:
    (id,) = launch(RIGHT_TAGS)
    stage = stage_of("fill", types=("AWS::EC2::Volume",), fill=filling())
    report = stage.sweep()
    assert report.counts["done"] == 1
    (volume,) = client("ec2").describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [id]}])["Volumes"]
    assert {tag["Key"]: tag["Value"] for tag in volume["Tags"]} == RIGHT_TAGS


def test_a_stack_that_is_gone_is_no_trouble(stage_of: StageOf) -> None:
    stack = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/old/00000000-0000-4000-8000-000000000000"
    launch({"aws:cloudformation:stack-id": stack})
    stage = stage_of("fill", fill=filling())
    stage.sweep()
    stage.later(hours=6)
    assert not stage.sweep().partial
    assert stage.told == 1


def test_a_stack_that_may_not_be_read_is_told(stage_of: StageOf) -> None:
    launch({"aws:cloudformation:stack-id": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/old/1"})
    stage = stage_of("fill", fill=filling())
    stage.refuse("cloudformation", "DescribeStacks")
    assert any("DescribeStacks" in note for note in stage.sweep().trouble)


def test_a_group_s_tags_are_handed_down_to_its_members(stage_of: StageOf) -> None:
    scaling = client("autoscaling")
    scaling.create_launch_configuration(LaunchConfigurationName="web", ImageId="ami-12c6146b", InstanceType="m5.large")
    scaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchConfigurationName="web",
        MinSize=1,
        MaxSize=1,
        AvailabilityZones=[f"{REGION}a"],
        Tags=[{**one, "PropagateAtLaunch": False} for one in pairs(RIGHT_TAGS)],
    )
    stage = stage_of("fill", fill=filling())
    stage.sweep()
    (found,) = stage.facts()
    assert found.group == "web"
    assert {**RIGHT_TAGS}.items() <= (found.tags or {}).items()
    assert found.bars == "its Auto Scaling group web would replace it"


def test_looking_costs_nothing_where_nothing_is_missing(stage_of: StageOf) -> None:
    launch(RIGHT_TAGS, count=20)
    stage = stage_of("mark", "fill", fill=filling())
    stage.sweep()
    assert [one for one in stage.clients.calls if not one.startswith(("sns:", "dynamodb:"))] == [
        "ec2:DescribeInstances"
    ]


def test_coverage_is_kept_with_each_sweep(stage_of: StageOf) -> None:
    launch(RIGHT_TAGS, count=2)
    launch()
    stage = stage_of()
    for _ in range(2):
        stage.sweep()
        stage.later(minutes=1)
    (day,) = coverage.days(stage.table, "tag_check")
    assert (day.coverage.seen, day.coverage.right, day.whole) == (3, 2, True)


def test_the_moment_of_each_look_is_that_of_its_reading(stage_of: StageOf) -> None:
    launch()
    stage = stage_of()
    before = stage.now
    (found,) = stage.facts()
    assert before < found.read_at <= before + timedelta(seconds=1)


# --- buckets


def test_buckets_of_this_region_are_found_and_marked(stage_of: StageOf) -> None:
    client("s3").create_bucket(Bucket="here")
    client("s3").create_bucket(Bucket="there", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    stage = stage_of(types=("AWS::S3::Bucket",))
    sent: list[Any] = []
    stage.on("s3", "ListBuckets", lambda params=None, **_: sent.append(params))
    assert stage.verdicts()["here"] == "untagged"
    assert f"bucket-region={REGION}" in str(sent[0]["url"])


def test_an_sdk_that_would_list_the_buckets_of_all_regions_lists_none(
    stage_of: StageOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    client("s3").create_bucket(Bucket="here")
    stage = stage_of("mark", types=("AWS::S3::Bucket",))
    shapes = stage.clients.get("s3").meta.service_model._service_description["shapes"]
    monkeypatch.delitem(shapes["ListBucketsRequest"]["members"], "BucketRegion")
    report = stage.sweep()
    assert any("the installed SDK does not know BucketRegion" in note for note in report.trouble)
    assert stage.clients.writes == []


def test_a_listing_that_is_refused_for_good_is_told_once_a_day_and_each_sweep_is_partial(stage_of: StageOf) -> None:
    stage = stage_of("mark", types=("AWS::SQS::Queue",))
    stage.refuse("sqs", "ListQueues")
    for told in (1, 1):
        assert stage.sweep().partial
        assert stage.told == told
        stage.later(hours=6)
    stage.later(hours=24)
    assert stage.sweep().partial
    assert stage.told == 2


def test_a_bucket_that_always_refuses_is_told_once_and_not_at_every_sweep(stage_of: StageOf) -> None:
    client("s3").create_bucket(Bucket="vault")
    stage = stage_of("mark", types=("AWS::S3::Bucket",))
    stage.refuse("s3", "GetBucketTagging")
    for _ in range(4):
        assert stage.sweep().verdicts == {"unknown": 1}
        stage.later(hours=6)
    assert stage.told == 1


def test_what_the_service_is_too_busy_to_say_makes_a_sweep_partial(stage_of: StageOf) -> None:
    client("s3").create_bucket(Bucket="vault")
    stage = stage_of("mark", types=("AWS::S3::Bucket",))
    stage.refuse("s3", "GetBucketTagging", "SlowDown")
    assert stage.sweep().partial


def test_an_empty_creator_is_filled_in_by_a_sweep_too(stage_of: StageOf) -> None:
    (id,) = launch({**RIGHT_TAGS, "creator": ""})
    stage = stage_of("fill", fill=filling(creator="creator"))
    creators.keep(Memory(stage.table, "tag_check"), arn(id), ALICE, stage.now)
    stage.sweep()
    assert tags_of(id)["creator"] == "alice"

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from functions.core.events import Skip
from functions.core.types import MalformedEvent
from tests.unit.tag_check.samples import outcome, sample

EC2 = "arn:aws:ec2:us-east-1:123456789012:"


def event_of(name: str) -> Any:
    """A sample's event, to be changed."""
    return deepcopy(sample(name).case["event"])


def made(event: Any) -> dict[str, dict[str, str]]:
    """What an event's call made: ARNs, with the tags in the call."""
    found = outcome(event)
    assert isinstance(found, dict)
    return found


def refusal(event: Any) -> str:
    """Why an event could not be read."""
    found = outcome(event)
    assert isinstance(found, MalformedEvent)
    return str(found)


def test_one_launch_of_many_is_as_many_instances_each_once() -> None:
    event = event_of("run_instances_many")
    items = event["detail"]["responseElements"]["instancesSet"]["items"]
    items += items
    assert list(made(event)) == [f"{EC2}instance/i-0c0000000000000a{number}" for number in (1, 2, 3)]


def test_what_the_answer_says_counts_and_not_how_many_were_asked_for() -> None:
    event = event_of("run_instances_many")
    event["detail"]["requestParameters"]["instancesSet"]["items"][0]["maxCount"] = 10
    assert len(made(event)) == 3


def test_tags_of_volumes_are_not_those_of_the_instances_launched_with_them() -> None:
    event = event_of("run_instances_many")
    assert all("owner" not in tags for tags in made(event).values())


def test_an_instant_fleet_is_a_fleet_and_its_instances_and_another_only_a_fleet() -> None:
    kinds = {
        name: sorted({arn.rpartition(":")[2].partition("/")[0] for arn in made(event_of(name))})
        for name in ("create_fleet", "create_fleet_instant")
    }
    assert kinds == {"create_fleet": ["fleet"], "create_fleet_instant": ["fleet", "instance"]}


def test_an_instant_fleet_that_got_no_capacity_is_a_fleet_without_instances() -> None:
    event = event_of("create_fleet_instant")
    answer = event["detail"]["responseElements"]["CreateFleetResponse"]
    answer["fleetInstanceSet"] = ""
    answer["errorSet"] = {"item": {"errorCode": "InsufficientInstanceCapacity"}}
    assert list(made(event)) == [f"{EC2}fleet/{answer['fleetId']}"]


@pytest.mark.parametrize(
    ("name", "arn"),
    [
        ("ecs_create_cluster", "arn:aws:ecs:us-east-1:123456789012:cluster/training"),
        ("eks_create_cluster", "arn:aws:eks:us-east-1:123456789012:cluster/platform"),
        ("redshift_create_cluster", "arn:aws:redshift:us-east-1:123456789012:cluster:reports"),
        ("create_search_domain", "arn:aws:es:us-east-1:123456789012:domain/pages"),
        ("create_studio_domain", "arn:aws:sagemaker:us-east-1:123456789012:domain/d-0a1b2c3d4e5f"),
    ],
)
def test_calls_of_one_name_are_told_apart_by_their_service(name: str, arn: str) -> None:
    assert list(made(event_of(name))) == [arn]


@pytest.mark.parametrize("other", ["cloudhsm", "kafka", "gamelift"])
def test_a_call_of_the_same_name_of_a_service_that_is_not_checked_is_passed_over(other: str) -> None:
    event = event_of("ecs_create_cluster")
    event["detail"]["eventSource"] = f"{other}.amazonaws.com"
    assert outcome(event) == Skip(f"{other}.amazonaws.com CreateCluster creates nothing that is checked")


def test_load_balancers_of_both_versions_are_told_apart_by_their_answers() -> None:
    today, classic = event_of("create_load_balancer"), event_of("create_classic_load_balancer")
    assert [arn.count("/") for arn in (*made(today), *made(classic))] == [3, 1]
    today["detail"]["requestParameters"]["loadBalancerName"] = "legacy-web"
    assert outcome(today) == sample("create_load_balancer").outcome


def test_a_load_balancer_whose_answer_is_missing_is_not_guessed_at() -> None:
    event = event_of("create_classic_load_balancer")
    event["detail"]["responseElements"] = None
    assert "names nothing that it created" in refusal(event)


def test_the_name_in_the_answer_counts_before_that_in_the_request() -> None:
    """RDS and ElastiCache write names in small letters, whatever was asked for."""
    event = event_of("create_db_instance")
    del event["detail"]["responseElements"]["dBInstanceArn"]
    assert outcome(event) == sample("create_db_instance").outcome


def test_a_restored_database_is_the_new_one() -> None:
    event = event_of("restore_db_instance_to_point_in_time")
    event["detail"]["responseElements"] = None
    assert list(made(event)) == ["arn:aws:rds:us-east-1:123456789012:db:embeddings-before"]


def test_a_function_is_known_without_the_version_that_was_published() -> None:
    event = event_of("create_function_published")
    assert event["detail"]["responseElements"]["functionArn"].endswith(":1")
    assert list(made(event)) == ["arn:aws:lambda:us-east-1:123456789012:function:embed-pages"]


@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:sns:us-east-1:210987654321:retrained",
        "arn:aws:sns:eu-central-1:123456789012:retrained",
        "arn:aws-cn:sns:us-east-1:123456789012:retrained",
        "arn:aws:sqs:us-east-1:123456789012:retrained",
        "arn:aws:sns:us-east-1:123456789012:",
        "arn:aws:sns:us-east-1:123456789012:*",
        "arn:aws:sns:us-east-1:123456789012:retrained:a1b2",
        "arn:aws:sns:us-east-1:123456789012:retrained\n",
        " arn:aws:sns:us-east-1:123456789012:retrained",
        "retrained",
    ],
)
def test_an_arn_of_another_account_region_or_kind_or_of_many_is_refused(arn: str) -> None:
    event = event_of("create_topic")
    event["detail"]["responseElements"]["topicArn"] = arn
    assert "is no ARN of AWS::SNS::Topic here" in refusal(event)


@pytest.mark.parametrize(
    "id", ["i-*", "i-0a\n", "i-", "I-0A1B", "vol-0a", "i-0a/x", "i-0a:x", "i-{id}", "і-0a", "i-0a "]
)
def test_an_id_that_is_none_is_refused(id: str) -> None:
    event = event_of("run_instance")
    event["detail"]["responseElements"]["instancesSet"]["items"][0]["instanceId"] = id
    assert "is no id of AWS::EC2::Instance" in refusal(event)


def test_one_bad_id_among_good_ones_names_none_of_them() -> None:
    event = event_of("run_instances_many")
    event["detail"]["responseElements"]["instancesSet"]["items"][1]["instanceId"] = "i-*"
    assert "'i-*' is no id of AWS::EC2::Instance" in refusal(event)


def test_a_good_request_does_not_stand_in_for_a_bad_answer() -> None:
    event = event_of("eks_create_cluster")
    event["detail"]["responseElements"]["cluster"]["arn"] = "arn:aws:eks:us-east-1:210987654321:cluster/platform"
    assert "is no ARN of AWS::EKS::Cluster here" in refusal(event)


@pytest.mark.parametrize("nothing", [None, "", [], {}, 7, True, [[]], {"instancesSet": None}])
def test_a_success_that_names_nothing_is_a_failure_of_ours(nothing: object) -> None:
    event = event_of("run_instance")
    event["detail"]["responseElements"] = nothing
    assert "RunInstances names nothing that it created" in refusal(event)


def test_a_group_is_known_under_the_arn_without_its_number() -> None:
    assert list(made(event_of("create_auto_scaling_group"))) == [
        "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:*:autoScalingGroupName/inference"
    ]

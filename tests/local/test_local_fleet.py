"""Instances and metrics of the local account: seeded, read exactly, changed under the roles' own permissions."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAccount
from local.fleets import InstanceSeed
from local.moto_metrics import MetricSeed

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def role(*statements: dict[str, Any]) -> dict[str, Any]:
    """A template with one role."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    policy = {"PolicyName": "only", "PolicyDocument": {"Version": "2012-10-17", "Statement": list(statements)}}
    properties = {
        "RoleName": "stopper",
        "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]},
        "Policies": [policy],
    }
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


STOPS = {"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "arn:aws:ec2:us-east-1:123456789012:instance/*"}
NOT_KEPT = {
    "Effect": "Deny",
    "Action": "ec2:StopInstances",
    "Resource": "*",
    "Condition": {"StringEquals": {"aws:ResourceTag/keep": "yes"}},
}
ONE_TAG = {
    "Effect": "Deny",
    "Action": "ec2:CreateTags",
    "Resource": "*",
    "Condition": {"ForAnyValue:StringNotEquals": {"aws:TagKeys": "mine"}},
}
TAGS = {"Effect": "Allow", "Action": "ec2:CreateTags", "Resource": "*"}
STOPPER = "arn:aws:iam::123456789012:role/stopper"


@pytest.fixture
def account() -> Iterator[LocalAccount]:
    template = role(STOPS, NOT_KEPT, TAGS, ONE_TAG)
    with LocalAccount.from_template(template, start=START) as account:
        yield account


def test_an_instance_has_run_since_the_story_says(account: LocalAccount) -> None:
    ids = account.seed_instances([InstanceSeed("old", "g4dn.xlarge", START - 48 * HOUR, {"team": "ml"})])
    (found,) = account.client("ec2").describe_instances(InstanceIds=[ids["old"]])["Reservations"][0]["Instances"]
    assert found["LaunchTime"] == START - 48 * HOUR
    assert {tag["Key"]: tag["Value"] for tag in found["Tags"]} == {"Name": "old", "team": "ml"}


def metric_data(account: LocalAccount, *dimensions: tuple[str, str], namespace: str = "CWAgent") -> list[float]:
    metric = {
        "Namespace": namespace,
        "MetricName": "gpu",
        "Dimensions": [{"Name": name, "Value": value} for name, value in dimensions],
    }
    query = {"Id": "q", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Maximum"}}
    answer = account.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=START - HOUR, EndTime=START
    )
    values: list[float] = answer["MetricDataResults"][0]["Values"]
    return values


def test_a_metric_is_found_by_its_exact_dimensions_and_namespace_only(account: LocalAccount) -> None:
    """Canary: moto looks at all metrics of a name, whatever their namespace."""
    points = ((START - HOUR / 2, 7.0),)
    account.seed_metrics([MetricSeed("CWAgent", "gpu", (("InstanceId", "i-1"), ("index", "0")), points)])
    assert metric_data(account, ("InstanceId", "i-1"), ("index", "0")) == [7.0]
    assert metric_data(account, ("index", "0"), ("InstanceId", "i-1")) == [7.0]
    assert metric_data(account, ("InstanceId", "i-1")) == []
    assert metric_data(account, ("InstanceId", "i-1"), ("index", "0"), namespace="Other") == []


def test_a_stop_is_judged_for_each_instance_by_its_tags(account: LocalAccount) -> None:
    ids = account.seed_instances(
        [
            InstanceSeed("free", "g4dn.xlarge", START - HOUR),
            InstanceSeed("kept", "g4dn.xlarge", START - HOUR, {"keep": "yes"}),
        ]
    )
    ec2 = account.client("ec2", STOPPER)
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.stop_instances(InstanceIds=list(ids.values()))
    ec2.stop_instances(InstanceIds=[ids["free"]])
    stopped = [call for call in account.calls if call.action == "ec2:StopInstances" and call.error is None]
    assert [call.params["InstanceIds"] for call in stopped] == [[ids["free"]]]


def test_tags_are_judged_by_their_keys(account: LocalAccount) -> None:
    ids = account.seed_instances([InstanceSeed("free", "g4dn.xlarge", START - HOUR)])
    ec2 = account.client("ec2", STOPPER)
    ec2.create_tags(Resources=[ids["free"]], Tags=[{"Key": "mine", "Value": "1"}])
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.create_tags(Resources=[ids["free"]], Tags=[{"Key": "yours", "Value": "1"}])

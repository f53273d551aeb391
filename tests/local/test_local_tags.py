"""Tags of the local account's resources: read, changed under the services' own permissions, and told of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAccount, UnmodelledCall, absent
from local.scaling import GroupSeed
from tests.local.conftest import document, trust

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = "us-east-1:123456789012"
TAGGER = "arn:aws:iam::123456789012:role/tagger"
TABLE, GROUP = f"arn:aws:dynamodb:{HERE}:table/orders", f"arn:aws:logs:{HERE}:log-group:/app"
NOTEBOOK, BUCKET = f"arn:aws:sagemaker:{HERE}:notebook-instance/nb", "arn:aws:s3:::data"
MINE = {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["mine"]}}
KEPT = {"StringEquals": {"aws:ResourceTag/keep": "yes"}}


def role(*statements: dict[str, Any]) -> dict[str, Any]:
    policies = [{"PolicyName": "p", "PolicyDocument": document(*statements)}]
    properties = {"RoleName": "tagger", "AssumeRolePolicyDocument": trust("lambda"), "Policies": policies}
    return {"Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": properties}}}


@pytest.fixture
def account() -> Iterator[LocalAccount]:
    """With one resource of each kind, and a role that may tag them with one key, unless they are kept."""
    actions = ["tag:*", "dynamodb:TagResource", "dynamodb:UntagResource", "logs:TagResource", "sagemaker:AddTags"]
    actions += ["s3:*Bucket*", "ec2:CreateTags", "autoscaling:CreateOrUpdateTags"]
    template = role(
        {"Action": actions, "Resource": "*"},
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": MINE},
        {"Effect": "Deny", "Action": actions[1:], "Resource": "*", "Condition": KEPT},
    )
    with LocalAccount.from_template(template, start=START) as account:
        account.client("dynamodb").create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        account.client("logs").create_log_group(logGroupName="/app")
        account.client("s3").create_bucket(Bucket="data")
        account.client("sagemaker").create_notebook_instance(
            NotebookInstanceName="nb", InstanceType="ml.t3.medium", RoleArn=TAGGER
        )
        yield account


def tag(account: LocalAccount, *arns: str, **tags: str) -> dict[str, Any]:
    client = account.client("resourcegroupstaggingapi", TAGGER)
    failed: dict[str, Any] = client.tag_resources(ResourceARNList=list(arns), Tags=tags)["FailedResourcesMap"]
    return failed


def tags(account: LocalAccount, *arns: str) -> dict[str, dict[str, str]]:
    found = account.client("resourcegroupstaggingapi").get_resources(ResourceARNList=list(arns))
    return {
        one["ResourceARN"]: {pair["Key"]: pair["Value"] for pair in one["Tags"]}
        for one in found["ResourceTagMappingList"]
    }


def changes(account: LocalAccount) -> list[Any]:
    account.settle()
    return [one.event for one in account.deliveries if one.event["detail-type"] == "Tag Change on Resource"]


def test_the_tagging_api_tags_each_service_and_what_is_there_gets_its_new_value(account: LocalAccount) -> None:
    everything = [TABLE, GROUP, NOTEBOOK, BUCKET]
    assert tags(account, *everything) == {}
    assert tag(account, *everything, mine="1") == {}
    assert tag(account, *everything, mine="2") == {}
    assert tags(account, *everything) == {arn: {"mine": "2"} for arn in everything}
    client = account.client("resourcegroupstaggingapi")
    assert client.untag_resources(ResourceARNList=everything, TagKeys=["mine"])["FailedResourcesMap"] == {}
    assert tags(account, *everything) == {}


def test_each_service_asks_the_caller_for_its_own_action(account: LocalAccount) -> None:
    account.client("logs").tag_resource(resourceArn=GROUP, tags={"keep": "yes"})
    function = f"arn:aws:lambda:{HERE}:function:f"
    missing = f"arn:aws:dynamodb:{HERE}:table/none"
    failed = tag(account, TABLE, GROUP, missing, mine="1")
    assert {arn: one["StatusCode"] for arn, one in failed.items()} == {GROUP: 403, missing: 400}
    assert f"not authorized to perform: logs:TagResource on resource: {GROUP}" in failed[GROUP]["ErrorMessage"]
    assert "NotFound" in tag(account, function, mine="1")[function]["ErrorMessage"]
    client = account.client("resourcegroupstaggingapi", TAGGER)
    refused = client.untag_resources(ResourceARNList=[NOTEBOOK], TagKeys=["mine"])["FailedResourcesMap"]
    assert "sagemaker:DeleteTags" in refused[NOTEBOOK]["ErrorMessage"]


def test_the_keys_of_tags_are_a_condition_except_for_buckets(account: LocalAccount) -> None:
    """S3 tells conditions nothing of tags unless a bucket has attribute-based access control."""
    assert set(tag(account, TABLE, NOTEBOOK, BUCKET, GROUP, yours="1")) == {TABLE, NOTEBOOK, GROUP}
    assert tags(account, BUCKET) == {BUCKET: {"yours": "1"}}
    (instance,) = account.client("ec2").run_instances(ImageId=account.image, MinCount=1, MaxCount=1)["Instances"]
    volume = instance["BlockDeviceMappings"][0]["Ebs"]["VolumeId"]
    account.seed_groups([GroupSeed("web", "m5.large", 1, 2, 1, START)])
    ec2, groups = account.client("ec2", TAGGER), account.client("autoscaling", TAGGER)
    web = {"ResourceId": "web", "ResourceType": "auto-scaling-group", "Value": "1", "PropagateAtLaunch": False}
    ec2.create_tags(Resources=[instance["InstanceId"], volume], Tags=[{"Key": "mine", "Value": "1"}])
    groups.create_or_update_tags(Tags=[{**web, "Key": "mine"}])
    with pytest.raises(ClientError, match="UnauthorizedOperation"):
        ec2.create_tags(Resources=[volume], Tags=[{"Key": "yours", "Value": "1"}])
    with pytest.raises(ClientError, match="AccessDenied"):
        groups.create_or_update_tags(Tags=[{**web, "Key": "yours"}])
    told = [(one["detail"]["service"], one["detail"]["resource-type"]) for one in changes(account)]
    assert told == [("s3", "bucket"), ("ec2", "instance"), ("ec2", "volume"), ("autoscaling", "autoScalingGroup")]


def test_a_change_of_tags_is_told_of_once_for_each_resource_and_what_stays_is_not(account: LocalAccount) -> None:
    logs = account.client("logs")
    for value in ("1", "1", "2"):
        logs.tag_resource(resourceArn=GROUP, tags={"team": value, "owner": "ada"})
    logs.untag_resource(resourceArn=GROUP, tagKeys=["team", "absent"])
    tag(account, GROUP, yours="refused")
    told = changes(account)
    assert [one["detail"]["changed-tag-keys"] for one in told] == [["owner", "team"], ["team"], ["team"]]
    assert [one["detail"]["version"] for one in told] == [1.0, 2.0, 3.0]
    assert (told[-1]["source"], told[-1]["resources"], told[-1]["detail"]["tags"]) == (
        "aws.tag",
        [GROUP],
        {"owner": "ada"},
    )


def test_what_is_not_there_has_no_tags(account: LocalAccount) -> None:
    ec2, sagemaker = account.client("ec2"), account.client("sagemaker")
    for id, code in (("i-0a1b2c3d4e5f60718", "InvalidInstanceID"), ("vol-0a1b2c3d4e5f60718", "InvalidVolume")):
        with pytest.raises(ClientError, match=f"{code}.NotFound"):
            ec2.create_tags(Resources=[id], Tags=[{"Key": "mine", "Value": "1"}])
    with pytest.raises(ClientError, match="ValidationException"):
        sagemaker.list_tags(ResourceArn=f"{NOTEBOOK}-2")
    assert changes(account) == []


def test_what_is_not_modelled_of_tags_is_refused(account: LocalAccount) -> None:
    client = account.client("resourcegroupstaggingapi")
    for arn in (f"arn:aws:rds:{HERE}:db:x", f"arn:aws:sqs:{HERE}:q"):
        with pytest.raises(ClientError):
            client.tag_resources(ResourceARNList=[arn], Tags={"a": "b"})
        with pytest.raises(UnmodelledCall, match="not modelled"):
            account.settle()
    with pytest.raises(ClientError, match="1 to 20 ARNs"):
        client.tag_resources(ResourceARNList=[TABLE] * 21, Tags={"a": "b"})


LISTS = {
    "apigateway": ("get_rest_apis", "items"),
    "bedrock-agent": ("list_agents", "agentSummaries"),
    "elb": ("describe_load_balancers", "LoadBalancerDescriptions"),
    "elbv2": ("describe_load_balancers", "LoadBalancers"),
    "efs": ("describe_file_systems", "FileSystems"),
    "ecs": ("list_clusters", "clusterArns"),
    "opensearchserverless": ("list_collections", "collectionSummaries"),
    "rds": ("describe_db_instances", "DBInstances"),
}


def test_of_what_cannot_be_here_the_list_is_empty_and_nothing_can_be_made(account: LocalAccount) -> None:
    for service, (operation, field) in LISTS.items():
        assert getattr(account.client(service), operation)()[field] == [], service
    assert set(LISTS) <= absent.SERVICES
    assert account.client("ec2").describe_capacity_reservations()["CapacityReservations"] == []
    with pytest.raises(ClientError):
        account.client("ecs").create_cluster(clusterName="c")
    with pytest.raises(UnmodelledCall, match="nothing of ecs"):
        account.settle()


# -- CloudTrail ----------------------------------------------------------------------------------
def calls(account: LocalAccount) -> list[Any]:
    account.settle()
    return [one.event["detail"] for one in account.deliveries if "CloudTrail" in one.event["detail-type"]]


def test_what_is_made_is_told_of_as_cloudtrail_writes_it(account: LocalAccount) -> None:
    account.client("logs").create_log_group(logGroupName="/before")
    account.client("cloudtrail").create_trail(Name="all", S3BucketName="data")
    account.client("cloudtrail").start_logging(Name="all")
    s3, ec2 = account.client("s3", user="ada"), account.client("ec2", user="ada")
    given = [{"Key": "Team", "Value": "a"}]
    s3.create_bucket(Bucket="more", CreateBucketConfiguration={"LocationConstraint": "eu-west-1", "Tags": given})
    account.client("logs").create_log_group(logGroupName="/after", tags={"Team": "a"})
    launched = ec2.run_instances(
        ImageId=account.image,
        InstanceType="g5.xlarge",
        MinCount=2,
        MaxCount=2,
        TagSpecifications=[{"ResourceType": "instance", "Tags": given}],
    )["Instances"]
    bucket, group, launch = calls(account)
    assert (bucket["eventName"], bucket["responseElements"]) == ("CreateBucket", None)
    assert bucket["requestParameters"] == {
        "bucketName": "more",
        "Host": "more.s3.amazonaws.com",
        "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1", "Tags": {"Tag": given}},
    }
    assert bucket["userIdentity"]["userName"] == "ada"
    assert group["requestParameters"] == {"logGroupName": "/after", "tags": {"Team": "a"}}
    assert (group["responseElements"], group["userIdentity"]["userName"]) == (None, "owner")
    assert launch["requestParameters"] == {
        "instancesSet": {"items": [{"imageId": account.image, "minCount": 2, "maxCount": 2}]},
        "instanceType": "g5.xlarge",
        "tagSpecificationSet": {
            "items": [{"resourceType": "instance", "tags": [{"key": "Team", "value": "a"}]}],
        },
    }
    made = launch["responseElements"]["instancesSet"]["items"]
    assert [one["instanceId"] for one in made] == [one["InstanceId"] for one in launched]
    assert made[0]["tagSet"] == {"items": [{"key": "Team", "value": "a"}]}
    assert made[0]["launchTime"] == int(launched[0]["LaunchTime"].timestamp() * 1000)
    json.dumps(launch)


def test_a_function_and_a_refused_call_are_told_of_without_what_is_secret(account: LocalAccount) -> None:
    account.client("cloudtrail").create_trail(Name="all", S3BucketName="data")
    account.client("cloudtrail").start_logging(Name="all")
    account.client("lambda").create_function(
        FunctionName="f",
        Runtime="python3.13",
        Role=TAGGER,
        Handler="a.b",
        Code={"ZipFile": b"x"},
        Environment={"Variables": {"PASSWORD": "secret"}},
    )
    with pytest.raises(ClientError):
        account.client("logs").create_log_group(logGroupName="/app")
    function, refused = calls(account)
    assert function["eventName"] == "CreateFunction20150331"
    assert (function["requestParameters"]["code"], function["requestParameters"]["environment"]) == ({}, {})
    assert function["responseElements"]["functionName"] == "f"
    assert "secret" not in json.dumps(function)
    assert (refused["errorCode"], refused["responseElements"]) == ("ResourceAlreadyExistsException", None)
    assert "already exists" in refused["errorMessage"]

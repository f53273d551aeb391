"""What calls are checked against that list resources, or read and change their tags.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from local import absent
from local.api import ApiRequest
from local.iam import Check
from local.scope import Scope
from local.tagged import ec2_arn, group_arn, tags_of

Rule = Callable[[ApiRequest, Scope], list[Check]]
NO_TAG_KEYS = frozenset({"s3"})
"""Services that tell conditions neither the keys in the request nor the resource's tags.

Buckets are so unless attribute-based access control is turned on for them, which no bucket here has.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html
"""
CHANGES = {
    "autoscaling.CreateOrUpdateTags": "",
    "autoscaling.DeleteTags": "",
    "dynamodb.TagResource": "ResourceArn",
    "dynamodb.UntagResource": "ResourceArn",
    "ec2.CreateTags": "",
    "ec2.DeleteTags": "",
    "lambda.TagResource": "Resource",
    "lambda.UntagResource": "Resource",
    "logs.TagResource": "resourceArn",
    "logs.UntagResource": "resourceArn",
    "s3.DeleteBucketTagging": "Bucket",
    "s3.PutBucketTagging": "Bucket",
    "sagemaker.AddTags": "ResourceArn",
    "sagemaker.DeleteTags": "ResourceArn",
    "sns.TagResource": "ResourceArn",
    "sns.UntagResource": "ResourceArn",
    "sqs.TagQueue": "QueueUrl",
    "sqs.UntagQueue": "QueueUrl",
    "resourcegroupstaggingapi.TagResources": "ResourceARNList",
    "resourcegroupstaggingapi.UntagResources": "ResourceARNList",
}
"""Calls that change tags, with the parameter that names the resources."""


def subjects(request: ApiRequest, scope: Scope) -> list[str]:
    """The ARNs of the resources whose tags a call would change."""
    params, parameter = request.params, CHANGES[f"{request.service}.{request.operation}"]
    if request.service == "ec2":
        return [ec2_arn(scope, str(one)) for one in params["Resources"]]
    if request.service == "autoscaling":
        return [group_arn(scope, name) for name in dict.fromkeys(str(tag["ResourceId"]) for tag in params["Tags"])]
    if parameter == "ResourceARNList":
        return [str(one) for one in params[parameter]]
    return [_arn(request, scope, parameter)]


def keys(params: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the tags in a request, in the spellings of the services."""
    tags = params.get("Tags") or params.get("tags") or params.get("Tagging", {}).get("TagSet") or []
    bare = params.get("TagKeys") or params.get("tagKeys") or []
    of_tags = list(tags) if isinstance(tags, Mapping) else [tag.get("Key") or tag.get("key") for tag in tags]
    return tuple(str(one) for one in [*of_tags, *bare])


def change(scope: Scope, action: str, arn: str, tag_keys: tuple[str, ...]) -> Check:
    """The check of one service's own action on one resource; also the one that the Tagging API makes for its caller."""
    if arn.split(":")[2] in NO_TAG_KEYS:
        return Check(action, arn, {}, {})
    return Check(action, arn, {"aws:tagkeys": tag_keys} if tag_keys else {}, tags_of(scope, arn) or {})


def _change(request: ApiRequest, scope: Scope) -> list[Check]:
    return [change(scope, request.action, arn, keys(request.params)) for arn in subjects(request, scope)]


def _arn(request: ApiRequest, scope: Scope, parameter: str) -> str:
    """The ARN that a parameter is, or stands for: S3 and SQS name resources in other ways."""
    value = str(request.params[parameter])
    if parameter == "Bucket":
        return f"arn:aws:s3:::{value}"
    if parameter == "QueueUrl":
        return scope.arn("sqs", value.rsplit("/", 1)[-1])
    return value.removesuffix(":*")


def _at(parameter: str) -> Rule:
    return lambda request, scope: [Check(request.action, _arn(request, scope, parameter))]


def _any(request: ApiRequest, _scope: Scope) -> list[Check]:
    return [Check(request.action, "*", tags={})]


def _notebook(request: ApiRequest, scope: Scope) -> list[Check]:
    arn = scope.arn("sagemaker", f"notebook-instance/{str(request.params['NotebookInstanceName']).lower()}")
    return [Check(request.action, arn, {}, tags_of(scope, arn) or {})]


def _stack(request: ApiRequest, scope: Scope) -> list[Check]:
    name = str(request.params.get("StackName") or "*")
    return [Check(request.action, name if name.startswith("arn:") else scope.arn("cloudformation", f"stack/{name}/*"))]


def _apis(path: str) -> Rule:
    return lambda request, scope: [Check(request.action, f"arn:aws:apigateway:{scope.region}::{path}")]


_OF_EC2 = ("Addresses", "Fleets", "Images", "NatGateways", "Snapshots", "TransitGateways", "VpcEndpoints", "Vpcs")
_OF_SAGEMAKER = ("Domains", "Endpoints", "Models", "NotebookInstances", "Pipelines", "ProcessingJobs", "TrainingJobs")
OPERATIONS: dict[str, Rule] = {
    **dict.fromkeys([*absent.LISTS, *absent.ALSO], _any),
    "apigateway.GetRestApis": _apis("/restapis"),
    "apigatewayv2.GetApis": _apis("/apis"),
    **{f"ec2.Describe{what}": _any for what in _OF_EC2},
    **{f"sagemaker.List{what}": _any for what in _OF_SAGEMAKER},
    "dynamodb.ListTables": _any,
    "lambda.ListFunctions": _any,
    "s3.ListBuckets": _any,
    "secretsmanager.ListSecrets": _any,
    "sns.ListTopics": _any,
    "sqs.ListQueues": _any,
    "stepfunctions.ListStateMachines": _any,
    "dynamodb.ListTagsOfResource": _at("ResourceArn"),
    "lambda.ListTags": _at("Resource"),
    "s3.GetBucketTagging": _at("Bucket"),
    "sagemaker.ListTags": _at("ResourceArn"),
    "sns.ListTagsForResource": _at("ResourceArn"),
    "sqs.ListQueueTags": _at("QueueUrl"),
    "stepfunctions.ListTagsForResource": _at("resourceArn"),
    **{f"sagemaker.{how}NotebookInstance": _notebook for how in ("Describe", "Start", "Stop")},
    "cloudformation.DescribeStacks": _stack,
    **dict.fromkeys(CHANGES, _change),
    # What the Tagging API asks of each service comes on top; see local.tagging.
    "resourcegroupstaggingapi.GetResources": _any,
    "resourcegroupstaggingapi.TagResources": _any,
    "resourcegroupstaggingapi.UntagResources": _any,
}

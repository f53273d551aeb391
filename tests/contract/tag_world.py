"""Answers in moto's place, where moto 5.2 does not know a call of tag_check or answers it as AWS does not.

A service that moto does not know at all would be called over the network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import boto3
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from tests.aws_world import ACCOUNT, REGION

LONG_AGO = datetime(2026, 1, 5, 8, tzinfo=UTC)
OTHER = "999999999999"
KEPT = "tag_world_params"
"""Where a call's parameters wait from the moment that they are known to the one at which it would be sent."""


@dataclass(frozen=True)
class Refusal:
    """An error in place of an answer."""

    code: str
    status: int = 400


Params = Mapping[str, Any]
Answer = Mapping[str, Any] | Refusal | None
"""What the call answers; None leaves it to moto."""
Answers = Mapping[tuple[str, str], Answer | Callable[[Params], Answer]]


def arn(service: str, resource: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:{service}:{REGION}:{account}:{resource}"


WORKGROUP = arn("redshift-serverless", "workgroup/1234abcd-12ab-34cd-56ef-1234567890ab")
DYING_WORKGROUP = arn("redshift-serverless", "workgroup/5678abcd-12ab-34cd-56ef-1234567890ab")
CACHE, DYING_CACHE = arn("elasticache", "serverlesscache:sessions"), arn("elasticache", "serverlesscache:dying")
THROUGHPUT = arn("bedrock", "provisioned-model/abcdef123456")
FAILED_THROUGHPUT = arn("bedrock", "provisioned-model/fa11ed123456")
PROFILE = arn("bedrock", "application-inference-profile/abcdef123456")
MODEL = arn("bedrock", "custom-model/amazon.nova-lite-v1:0:256k/abcdef123456")
GUARDRAIL, SECOND_GUARDRAIL = arn("bedrock", "guardrail/abcdef123456"), arn("bedrock", "guardrail/bcdefa123456")
RESERVATION, CANCELLED, SHARED = "cr-0123456789abcdef0", "cr-1123456789abcdef0", "cr-2123456789abcdef0"

TAGS: dict[str, dict[str, str]] = {
    WORKGROUP: {"owner": "ml"},
    DYING_WORKGROUP: {},
    CACHE: {"owner": "ml"},
    DYING_CACHE: {},
    THROUGHPUT: {"owner": "ml"},
    FAILED_THROUGHPUT: {},
    PROFILE: {"owner": "ml"},
    MODEL: {"owner": "ml"},
    GUARDRAIL: {"owner": "ml"},
    SECOND_GUARDRAIL: {},
}
"""The tags of all that is only told of here, but for capacity reservations: those are told with them."""

RESERVATIONS = tuple(
    {
        "CapacityReservationId": id,
        "CapacityReservationArn": arn("ec2", f"capacity-reservation/{id}", owner),
        "OwnerId": owner,
        "State": state,
        "InstanceType": "p5.48xlarge",
        "CreateDate": LONG_AGO,
        "Tags": [{"Key": "owner", "Value": "ml"}],
    }
    for id, owner, state in (
        (RESERVATION, ACCOUNT, "active"),
        (CANCELLED, ACCOUNT, "cancelled"),
        (SHARED, OTHER, "active"),
    )
)


def tags_of(params: Params, parameter: str, answered: str, key: str, value: str, missing: str) -> Answer:
    tags = TAGS.get(params[parameter])
    if tags is None:
        return Refusal(missing)
    return {answered: [{key: one, value: tags[one]} for one in tags]}


def reservations(params: Params) -> Answer:
    ids = params.get("CapacityReservationIds", [])
    known = {one["CapacityReservationId"]: one for one in RESERVATIONS}
    if not set(ids) <= set(known):
        return Refusal("InvalidCapacityReservationId.NotFound")
    return {"CapacityReservations": [known[id] for id in ids or known]}


def serverless_tags(params: Params) -> Answer:
    """moto knows ElastiCache's clusters."""
    if ":serverlesscache:" not in params["ResourceName"]:
        return None
    return tags_of(params, "ResourceName", "TagList", "Key", "Value", "ServerlessCacheNotFoundFault")


def bedrock_tags(params: Params) -> Answer:
    return tags_of(params, "resourceARN", "tags", "key", "value", "ResourceNotFoundException")


def profiles(params: Params) -> Answer:
    mine = {
        "inferenceProfileName": "mine",
        "inferenceProfileArn": PROFILE,
        "type": "APPLICATION",
        "createdAt": LONG_AGO,
    }
    awss = {
        "inferenceProfileName": "nova",
        "inferenceProfileArn": arn("bedrock", "inference-profile/us.amazon.nova-lite-v1:0"),
        "type": "SYSTEM_DEFINED",
        "createdAt": LONG_AGO,
    }
    asked = params.get("typeEquals")
    return {"inferenceProfileSummaries": [one for one in (awss, mine) if asked in (None, one["type"])]}


def guardrails(params: Params) -> Answer:
    """In two pages."""
    page, token = (SECOND_GUARDRAIL, {}) if params.get("nextToken") else (GUARDRAIL, {"nextToken": "2"})
    id = page.rpartition("/")[2]
    return {"guardrails": [{"id": id, "arn": page, "status": "READY", "name": id, "createdAt": LONG_AGO}], **token}


def rest_api_tags(params: Params) -> Answer:
    """moto knows tags of stages only."""
    id = params["resourceArn"].rpartition("/restapis/")[2]
    try:
        found = boto3.client("apigateway", region_name=REGION).get_rest_api(restApiId=id)
    except ClientError:
        return Refusal("NotFoundException", 404)
    return {"tags": found.get("tags", {})}


def vpc_endpoints(params: Params) -> Answer:
    """moto does not know the filter for ids."""
    filters = [one for one in params.get("Filters", []) if one["Name"] == "vpc-endpoint-id"]
    if not filters:
        return None
    found = boto3.client("ec2", region_name=REGION).describe_vpc_endpoints()["VpcEndpoints"]
    return {"VpcEndpoints": [one for one in found if one["VpcEndpointId"] in filters[0]["Values"]]}


def sagemaker_tags(params: Params) -> Answer:
    """moto stumbles over what is not there."""
    try:
        boto3.client("sagemaker", region_name=REGION).list_tags(ResourceArn=params["ResourceArn"])
    except AttributeError:
        return Refusal("ValidationException")
    return None


def eks_tags(params: Params) -> Answer:
    """moto has another error for what is not there."""
    try:
        boto3.client("eks", region_name=REGION).list_tags_for_resource(resourceArn=params["resourceArn"])
    except ClientError:
        return Refusal("NotFoundException", 404)
    return None


ANSWERS: Answers = {
    ("ec2", "DescribeCapacityReservations"): reservations,
    ("ec2", "DescribeVpcEndpoints"): vpc_endpoints,
    ("elasticache", "DescribeServerlessCaches"): {
        "ServerlessCaches": [
            {"ServerlessCacheName": "sessions", "ARN": CACHE, "Status": "available", "CreateTime": LONG_AGO},
            {"ServerlessCacheName": "dying", "ARN": DYING_CACHE, "Status": "deleting", "CreateTime": LONG_AGO},
        ]
    },
    ("elasticache", "ListTagsForResource"): serverless_tags,
    ("redshift-serverless", "ListWorkgroups"): {
        "workgroups": [
            {"workgroupName": "bi", "workgroupArn": WORKGROUP, "status": "AVAILABLE", "creationDate": LONG_AGO},
            {"workgroupName": "x", "workgroupArn": DYING_WORKGROUP, "status": "DELETING", "creationDate": LONG_AGO},
        ]
    },
    ("redshift-serverless", "ListTagsForResource"): partial(
        tags_of,
        parameter="resourceArn",
        answered="tags",
        key="key",
        value="value",
        missing="ResourceNotFoundException",
    ),
    ("bedrock", "ListProvisionedModelThroughputs"): {
        "provisionedModelSummaries": [
            {"provisionedModelArn": THROUGHPUT, "status": "InService", "creationTime": LONG_AGO},
            {"provisionedModelArn": FAILED_THROUGHPUT, "status": "Failed", "creationTime": LONG_AGO},
        ]
    },
    ("bedrock", "ListInferenceProfiles"): profiles,
    # moto's models have ARNs without the base model.
    ("bedrock", "ListCustomModels"): {
        "modelSummaries": [{"modelArn": MODEL, "modelStatus": "Active", "creationTime": LONG_AGO}]
    },
    ("bedrock", "ListGuardrails"): guardrails,
    ("bedrock", "ListTagsForResource"): bedrock_tags,
    ("apigateway", "GetTags"): rest_api_tags,
    ("sagemaker", "ListTags"): sagemaker_tags,
    ("eks", "ListTagsForResource"): eks_tags,
}
LENIENT = frozenset(
    {
        ("apigatewayv2", "GetTags"),
        ("ec2", "DescribeFleets"),
        ("efs", "ListTagsForResource"),
        ("elasticache", "ListTagsForResource"),
        ("elbv2", "DescribeTags"),
        ("fsx", "ListTagsForResource"),
        ("logs", "ListTagsForResource"),
        ("opensearch", "ListTags"),
        ("opensearchserverless", "ListTagsForResource"),
        ("rds", "ListTagsForResource"),
        ("stepfunctions", "ListTagsForResource"),
    }
)
"""Calls by which moto says of what is not there that it has no tags, or nothing. AWS says that it is not there."""

TIMELESS = frozenset({"AWS::EC2::EC2Fleet", "AWS::FSx::FileSystem"})
"""Kinds of which moto does not tell when they were made."""


def teach(events: Any, answers: Answers = ANSWERS) -> None:
    """Gives the answers to calls of a client (its `meta.events`) or of all of a session's clients to come.

    It comes last, so whoever writes calls down hears of them all the same. Some answers ask moto by clients of boto3's
    default session, which must not be taught.
    """
    events.register_last("before-parameter-build", _keep, unique_id="tag_world keeps")
    events.register_last("before-call", partial(_answer, answers), unique_id="tag_world answers")


def _keep(params: Params, context: dict[str, Any], **_: Any) -> None:
    context[KEPT] = dict(params)


def _answer(answers: Answers, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, Any] | None:
    found = answers.get((model.service_model.service_name, model.name))
    answer = found(context[KEPT]) if callable(found) else found
    if answer is None:
        return None
    status = answer.status if isinstance(answer, Refusal) else 200
    about = {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": 0}}
    told = {"Error": {"Code": answer.code, "Message": "canned"}} if isinstance(answer, Refusal) else deepcopy(answer)
    return AWSResponse("https://canned", status, {}, None), {**told, **about}

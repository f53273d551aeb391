"""The Resource Groups Tagging API: tags of several services' resources, read and changed in one call.

A change is made in the caller's name: each service asks for its own action, too, and what it refuses is told of beside
what was done. Source: https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_TagResources.html. moto
looks through all services it knows, and lets everything pass, so these calls are answered here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]

from local import tag_permissions
from local.api import Answer, ApiError, ApiRequest
from local.errors import UnmodelledCall
from local.tagged import Tags, tags_of
from local.world import World

MOST_ARNS, MOST_READ = 20, 100
REFUSED = "InvalidParameterException"
Client = Callable[[str], Any]


@dataclass(frozen=True)
class Way:
    """How tags of one service are changed: the actions that its caller needs, and the calls."""

    tag_actions: tuple[str, ...]
    untag_actions: tuple[str, ...]
    tag: Callable[[Client, str, Tags], Any]
    untag: Callable[[Client, str, list[str]], Any]


def _s3_tag(client: Client, arn: str, tags: Tags) -> None:
    """A bucket's tags are all replaced in one."""
    s3, name = client("s3"), arn.rpartition(":")[2]
    try:
        found = s3.get_bucket_tagging(Bucket=name)["TagSet"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchTagSet":
            raise
        found = []
    kept = {tag["Key"]: tag["Value"] for tag in found}
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": _pairs({**kept, **tags})})


def _s3_untag(client: Client, arn: str, keys: list[str]) -> None:
    s3, name = client("s3"), arn.rpartition(":")[2]
    kept = [tag for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"] if tag["Key"] not in keys]
    s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": kept})


def _afresh(untag: Callable[[Client, str, list[str]], Any], tag: Callable[[Client, str, Tags], Any]) -> Any:
    """A tag that is there gets its new value; moto would keep both."""

    def change(client: Client, arn: str, tags: Tags) -> None:
        untag(client, arn, list(tags))
        tag(client, arn, tags)

    return change


def _pairs(tags: Tags) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _untag_table(client: Client, arn: str, keys: list[str]) -> None:
    client("dynamodb").untag_resource(ResourceArn=arn, TagKeys=keys)


def _untag_notebook(client: Client, arn: str, keys: list[str]) -> None:
    client("sagemaker").delete_tags(ResourceArn=arn, TagKeys=keys)


def _plain(service: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return (f"{service}:TagResource",), (f"{service}:UntagResource",)


WAYS: dict[str, Way] = {
    "dynamodb": Way(
        *_plain("dynamodb"),
        _afresh(_untag_table, lambda c, arn, tags: c("dynamodb").tag_resource(ResourceArn=arn, Tags=_pairs(tags))),
        _untag_table,
    ),
    "lambda": Way(
        *_plain("lambda"),
        lambda c, arn, tags: c("lambda").tag_resource(Resource=arn, Tags=dict(tags)),
        lambda c, arn, keys: c("lambda").untag_resource(Resource=arn, TagKeys=keys),
    ),
    "logs": Way(
        *_plain("logs"),
        lambda c, arn, tags: c("logs").tag_resource(resourceArn=arn, tags=dict(tags)),
        lambda c, arn, keys: c("logs").untag_resource(resourceArn=arn, tagKeys=keys),
    ),
    "s3": Way(
        ("s3:GetBucketTagging", "s3:PutBucketTagging"),
        ("s3:GetBucketTagging", "s3:PutBucketTagging"),
        _s3_tag,
        _s3_untag,
    ),
    "sagemaker": Way(
        ("sagemaker:AddTags",),
        ("sagemaker:DeleteTags",),
        _afresh(_untag_notebook, lambda c, arn, tags: c("sagemaker").add_tags(ResourceArn=arn, Tags=_pairs(tags))),
        _untag_notebook,
    ),
}
"""By the service in an ARN. EC2 and Auto Scaling are asked directly by Fusebox."""


class Tagging:
    """The Tagging API of one account."""

    def __init__(self, world: World) -> None:
        self._world = world

    def read(self, request: ApiRequest) -> Answer | None:
        """GetResources for named ARNs: those that are there and carry a tag. All else is moto's."""
        arns = request.params.get("ResourceARNList")
        if not arns:
            return None
        if len(arns) > MOST_READ:
            raise ApiError(REFUSED, f"at most {MOST_READ} ARNs a call")
        found = {arn: tags_of(self._world.scope, arn) for arn in arns}
        shown = [{"ResourceARN": arn, "Tags": _pairs(tags)} for arn, tags in found.items() if tags]
        return Answer.json({"PaginationToken": "", "ResourceTagMappingList": shown})

    def tag(self, request: ApiRequest) -> Answer:
        """TagResources."""
        tags: Tags = request.params["Tags"]
        return self._each(request, lambda way: way.tag_actions, lambda way, arn: way.tag(self._world.client, arn, tags))

    def untag(self, request: ApiRequest) -> Answer:
        """UntagResources."""
        keys = list(request.params["TagKeys"])
        return self._each(
            request, lambda way: way.untag_actions, lambda way, arn: way.untag(self._world.client, arn, keys)
        )

    def _each(
        self, request: ApiRequest, actions: Callable[[Way], tuple[str, ...]], change: Callable[[Way, str], Any]
    ) -> Answer:
        arns = request.params["ResourceARNList"]
        if not 1 <= len(arns) <= MOST_ARNS:
            raise ApiError(REFUSED, f"1 to {MOST_ARNS} ARNs a call")
        role, tag_keys = self._world.role_of(request.access_key), tag_permissions.keys(request.params)
        failed: dict[str, Mapping[str, Any]] = {}
        for arn in arns:
            way = WAYS.get(arn.split(":")[2])
            if way is None:
                raise UnmodelledCall(f"{request.action} on {arn} is not modelled; on {', '.join(WAYS)} it is")
            if tags_of(self._world.scope, arn) is None:
                failed[arn] = _failure(400, f"NotFoundException: {arn} does not exist")
                continue
            for action in actions(way) if role is not None else ():
                check = tag_permissions.change(self._world.scope, action, arn, tag_keys)
                if not self._world.role_may(str(role), check):
                    failed[arn] = _failure(403, f"{role} is not authorized to perform: {action} on resource: {arn}")
            if arn not in failed:
                change(way, arn)
        return Answer.json({"FailedResourcesMap": failed})


def _failure(status: int, message: str) -> Mapping[str, Any]:
    return {"StatusCode": status, "ErrorCode": REFUSED, "ErrorMessage": message}

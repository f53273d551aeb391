"""Which IAM actions and ARNs one API call is checked against.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/. The table holds what is used; a
call of a role outside it raises UnmodelledCall, so that a new call is modelled before it is trusted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from local.api import ApiRequest
from local.errors import UnmodelledCall
from local.iam import Check
from local.moto_hooks import log_group_tags
from local.moto_tables import table_keys

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Scope:
    """The account and Region that ARNs are built in."""

    account_id: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account_id}:{resource}"


Rule = Callable[[ApiRequest, Scope], list[Check]]


def checks(request: ApiRequest, scope: Scope) -> list[Check]:
    """What must be allowed for this call; an empty list for calls every principal may make."""
    rule = OPERATIONS.get(f"{request.service}.{request.operation}")
    if rule is None:
        raise UnmodelledCall(f"{request.action} is not in the local permission table; add it to permissions.py")
    return rule(request, scope)


def _any(request: ApiRequest, _scope: Scope) -> list[Check]:
    """Actions without resource-level permissions: only `*` grants them."""
    return [Check(request.action, "*")]


def _at(service: str, template: str, parameter: str, action: str | None = None) -> Rule:
    def rule(request: ApiRequest, scope: Scope) -> list[Check]:
        value = str(request.params.get(parameter) or "")
        arn = value if value.startswith("arn:") else scope.arn(service, template.format(value.lstrip("/")))
        return [Check(action or request.action, arn)]

    return rule


def _log_group(suffix: str = ":*") -> Rule:
    """CloudWatch Logs wants `:*` after the group's name, except for its tagging calls.

    Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """

    def rule(request: ApiRequest, scope: Scope) -> list[Check]:
        name = str(
            request.params.get("logGroupName")
            or request.params.get("logGroupIdentifier")
            or request.params.get("resourceArn", "")
        )
        name = name.split(":log-group:")[-1].removesuffix(":*")
        stream = request.params.get("logStreamName")
        end = f":log-stream:{stream}" if stream else suffix
        return [Check(request.action, scope.arn("logs", f"log-group:{name}{end}"), tags=log_group_tags(scope, name))]

    return rule


def _queue(action: str | None = None) -> Rule:
    def rule(request: ApiRequest, scope: Scope) -> list[Check]:
        name = request.params.get("QueueName") or str(request.params["QueueUrl"]).rsplit("/", 1)[-1]
        return [Check(action or request.action, scope.arn("sqs", str(name)))]

    return rule


def _function(request: ApiRequest, scope: Scope) -> list[Check]:
    name = str(request.params["FunctionName"])
    arn = name if name.startswith("arn:") else scope.arn("lambda", f"function:{name}")
    return [Check("lambda:InvokeFunction", arn)]


def _parameters(request: ApiRequest, scope: Scope) -> list[Check]:
    names = request.params.get("Names") or [request.params.get("Name") or request.params["Path"]]
    return [Check(request.action, scope.arn("ssm", f"parameter/{str(name).lstrip('/')}")) for name in names]


def _bus(request: ApiRequest, scope: Scope) -> list[Check]:
    names = {str(entry.get("EventBusName", "default")).rsplit("/", 1)[-1] for entry in request.params["Entries"]}
    return [Check("events:PutEvents", scope.arn("events", f"event-bus/{name}")) for name in sorted(names)]


def _metrics_out(request: ApiRequest, _scope: Scope) -> list[Check]:
    return [Check(request.action, "*", {"cloudwatch:namespace": (str(request.params["Namespace"]),)})]


def _table(scope: Scope, action: str, params: Params, keys: tuple[str, ...] | None = None) -> Check:
    """The table, or its index, with the partition keys the request names (for dynamodb:LeadingKeys)."""
    name = str(params["TableName"]).rsplit("/", 1)[-1]
    index = params.get("IndexName")
    resource = scope.arn("dynamodb", f"table/{name}" + (f"/index/{index}" if index else ""))
    if keys is None:
        hash_key = table_keys(scope, name, None)
        item = params.get("Key") or params.get("Item") or {}
        keys = (_scalar(item[hash_key]),) if hash_key in item else ()
    return Check(f"dynamodb:{action}", resource, {"dynamodb:leadingkeys": keys} if keys else {})


def _scalar(attribute: Mapping[str, Any]) -> str:
    return str(next(iter(attribute.values())))


def _item(request: ApiRequest, scope: Scope) -> list[Check]:
    return [_table(scope, request.operation, request.params)]


def _query(request: ApiRequest, scope: Scope) -> list[Check]:
    params = request.params
    hash_key = table_keys(scope, str(params["TableName"]).rsplit("/", 1)[-1], params.get("IndexName"))
    names = params.get("ExpressionAttributeNames", {})
    keys = tuple(
        _scalar(params["ExpressionAttributeValues"][value])
        for name, value in re.findall(r"(#?[\w.-]+)\s*=\s*(:\w+)", params.get("KeyConditionExpression", ""))
        if names.get(name, name) == hash_key
    )
    return [_table(scope, "Query", params, keys)]


def _batch(request: ApiRequest, scope: Scope) -> list[Check]:
    found = []
    for name, wanted in request.params["RequestItems"].items():
        if request.operation == "BatchGetItem":
            entries = [{"Key": key} for key in wanted["Keys"]]
        else:
            entries = [next(iter(write.values())) for write in wanted]
        leading = [_table(scope, request.operation, {"TableName": name, **entry}) for entry in entries]
        keys = tuple(k for check in leading for k in check.context.get("dynamodb:leadingkeys", ()))
        found.append(_table(scope, request.operation, {"TableName": name}, tuple(dict.fromkeys(keys))))
    return found


_MEMBERS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def _transaction(request: ApiRequest, scope: Scope) -> list[Check]:
    """There is no TransactWriteItems permission: each member needs its own action."""
    return [
        _table(scope, _MEMBERS[kind], member)
        for entry in request.params["TransactItems"]
        for kind, member in entry.items()
    ]


def _everyone(_request: ApiRequest, _scope: Scope) -> list[Check]:
    return []


OPERATIONS: dict[str, Rule] = {
    "logs.DescribeLogGroups": lambda request, scope: [Check(request.action, scope.arn("logs", "log-group:*"))],
    "logs.ListTagsForResource": _log_group(""),
    "logs.TagResource": _log_group(""),
    "logs.UntagResource": _log_group(""),
    "logs.DescribeAccountPolicies": _any,
    **{
        f"logs.{name}": _log_group()
        for name in (
            "PutRetentionPolicy",
            "DeleteRetentionPolicy",
            "CreateLogGroup",
            "CreateLogStream",
            "PutLogEvents",
            "DescribeLogStreams",
        )
    },
    "resourcegroupstaggingapi.GetResources": _any,
    **{
        f"dynamodb.{name}": _item
        for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan", "DescribeTable")
    },
    "dynamodb.Query": _query,
    "dynamodb.BatchGetItem": _batch,
    "dynamodb.BatchWriteItem": _batch,
    "dynamodb.TransactWriteItems": _transaction,
    "dynamodb.TransactGetItems": _transaction,
    "sns.Publish": _at("sns", "{}", "TopicArn"),
    "sns.PublishBatch": _at("sns", "{}", "TopicArn", "sns:Publish"),
    **{
        f"sqs.{name}": _queue()
        for name in (
            "SendMessage",
            "ReceiveMessage",
            "DeleteMessage",
            "GetQueueAttributes",
            "ChangeMessageVisibility",
            "GetQueueUrl",
        )
    },
    "sqs.SendMessageBatch": _queue("sqs:SendMessage"),
    "sqs.DeleteMessageBatch": _queue("sqs:DeleteMessage"),
    "sqs.ChangeMessageVisibilityBatch": _queue("sqs:ChangeMessageVisibility"),
    "lambda.Invoke": _function,
    "stepfunctions.StartExecution": _at("states", "stateMachine:{}", "stateMachineArn"),
    "stepfunctions.DescribeExecution": _at("states", "execution:{}", "executionArn"),
    "stepfunctions.StopExecution": _at("states", "execution:{}", "executionArn"),
    "stepfunctions.ListExecutions": _at("states", "stateMachine:{}", "stateMachineArn"),
    **{f"stepfunctions.{name}": _any for name in ("SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat")},
    **{f"ssm.{name}": _parameters for name in ("GetParameter", "GetParameters", "GetParametersByPath", "PutParameter")},
    "events.PutEvents": _bus,
    "cloudwatch.PutMetricData": _metrics_out,
    "cloudwatch.GetMetricData": _any,
    "sts.GetCallerIdentity": _everyone,
}

"""Which IAM actions and ARNs one API call is checked against.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/. The table holds what is used; a
call of a role outside it raises UnmodelledCall, so that a new call is modelled before it is trusted.
"""

from __future__ import annotations

from collections.abc import Callable

from local import (
    fleet_permissions,
    key_permissions,
    scaling_permissions,
    table_permissions,
    tag_permissions,
    task_tokens,
)
from local.api import ApiRequest
from local.errors import UnmodelledCall
from local.iam import Check
from local.moto_hooks import log_group_tags, secret
from local.scope import Scope

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
    return [Check(request.action, arn)]


def _parameters(request: ApiRequest, scope: Scope) -> list[Check]:
    names = request.params.get("Names") or [request.params.get("Name") or request.params["Path"]]
    return [Check(request.action, scope.arn("ssm", f"parameter/{str(name).lstrip('/')}")) for name in names]


def _bus(request: ApiRequest, scope: Scope) -> list[Check]:
    names = {str(entry.get("EventBusName", "default")).rsplit("/", 1)[-1] for entry in request.params["Entries"]}
    return [Check("events:PutEvents", scope.arn("events", f"event-bus/{name}")) for name in sorted(names)]


def _metrics_out(request: ApiRequest, _scope: Scope) -> list[Check]:
    return [Check(request.action, "*", {"cloudwatch:namespace": (str(request.params["Namespace"]),)})]


def _secret(request: ApiRequest, scope: Scope) -> list[Check]:
    """Policies see the full ARN, with the random suffix, by whatever name the caller knows the secret."""
    found = secret(scope, str(request.params["SecretId"]))
    if found is None:
        return _at("secretsmanager", "secret:{}", "SecretId")(request, scope)
    return [Check(request.action, found.arn, tags=found.tags)]


def _everyone(_request: ApiRequest, _scope: Scope) -> list[Check]:
    return []


_OF_SECRETS = ("DescribeSecret", "GetSecretValue", "PutResourcePolicy", "PutSecretValue", "UpdateSecretVersionStage")
OPERATIONS: dict[str, Rule] = {
    "logs.DescribeLogGroups": lambda request, scope: [Check(request.action, scope.arn("logs", "log-group:*"))],
    "logs.ListTagsForResource": _log_group(""),
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
    **{
        f"dynamodb.{name}": table_permissions.item
        for name in ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan", "DescribeTable")
    },
    "dynamodb.Query": table_permissions.query,
    "dynamodb.BatchGetItem": table_permissions.batch,
    "dynamodb.BatchWriteItem": table_permissions.batch,
    "dynamodb.TransactWriteItems": table_permissions.transaction,
    "dynamodb.TransactGetItems": table_permissions.transaction,
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
    "lambda.GetFunctionUrlConfig": _function,
    "stepfunctions.StartExecution": _at("states", "stateMachine:{}", "stateMachineArn"),
    "stepfunctions.DescribeExecution": _at("states", "execution:{}", "executionArn"),
    "stepfunctions.StopExecution": _at("states", "execution:{}", "executionArn"),
    "stepfunctions.ListExecutions": _at("states", "stateMachine:{}", "stateMachineArn"),
    **{f"stepfunctions.SendTask{how}": task_tokens.checks for how in ("Success", "Failure", "Heartbeat")},
    **{f"ssm.{name}": _parameters for name in ("GetParameter", "GetParameters", "GetParametersByPath", "PutParameter")},
    **{f"secretsmanager.{name}": _secret for name in _OF_SECRETS},
    "events.PutEvents": _bus,
    "cloudwatch.PutMetricData": _metrics_out,
    "cloudwatch.GetMetricData": _any,
    "sts.GetCallerIdentity": _everyone,
    **fleet_permissions.OPERATIONS,
    **scaling_permissions.OPERATIONS,
    **tag_permissions.OPERATIONS,
    **key_permissions.OPERATIONS,
}

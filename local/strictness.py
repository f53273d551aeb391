"""What real AWS rejects and moto lets pass: at deployment, and at call time."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from local import moto_hooks
from local.api import ApiError, ApiRequest
from local.errors import DeploymentRejected, UnmodelledCall
from local.scope import Scope
from local.tagged import ec2_arn, tags_of

# Source: CloudWatch Logs API reference, PutRetentionPolicy.
RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
# Source: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html (Python only: handlers run in
# Python).
RUNTIMES = frozenset({"python3.10", "python3.11", "python3.12", "python3.13", "python3.14"})
MAX_ENVIRONMENT = 4096
MAX_PATTERN = 2048
MAX_DELAY = 900
MAX_TARGETS = 5
MAX_MESSAGE = 262_144
MAX_SUBJECT = 100
MAX_EXECUTION_INPUT = 262_144


def check_function(logical_id: str, runtime: str, environment: Mapping[str, str], timeout: int) -> None:
    """Refuses what CreateFunction would."""
    if runtime not in RUNTIMES:
        raise DeploymentRejected(f"{logical_id}: unknown runtime {runtime!r}; known: {', '.join(sorted(RUNTIMES))}")
    # Lambda measures the environment as it stores it, as JSON.
    size = len(json.dumps(environment, separators=(",", ":")).encode())
    if size > MAX_ENVIRONMENT:
        raise DeploymentRejected(
            f"{logical_id}: environment variables take {size} bytes, Lambda allows {MAX_ENVIRONMENT}"
        )
    if not 1 <= timeout <= 900:
        raise DeploymentRejected(f"{logical_id}: timeout {timeout} s is not within 1 to 900")


def check_rule(logical_id: str, pattern: Mapping[str, Any] | None, targets: int) -> None:
    """Refuses what PutRule and PutTargets would."""
    if pattern is not None and (size := len(json.dumps(pattern, separators=(",", ":")))) > MAX_PATTERN:
        raise DeploymentRejected(
            f"{logical_id}: the event pattern has {size} characters, EventBridge allows {MAX_PATTERN}"
        )
    if targets > MAX_TARGETS:
        raise DeploymentRejected(f"{logical_id}: {targets} targets, EventBridge allows {MAX_TARGETS} a rule")


def check_queue(logical_id: str, delay: int) -> None:
    """Refuses what CreateQueue would."""
    if not 0 <= delay <= MAX_DELAY:
        raise DeploymentRejected(f"{logical_id}: DelaySeconds {delay} is not within 0 to {MAX_DELAY}")


def check_mapping(logical_id: str, visibility_timeout: int, function_timeout: int) -> None:
    """Refuses what CreateEventSourceMapping would."""
    if visibility_timeout < function_timeout:
        raise DeploymentRejected(
            f"{logical_id}: the queue's visibility timeout ({visibility_timeout} s) is less than "
            f"the function's timeout ({function_timeout} s)"
        )


def check_call(request: ApiRequest, scope: Scope) -> None:
    """Raises ApiError where AWS answers with an error and moto would not."""
    check = _CALLS.get(f"{request.service}.{request.operation}")
    if check is not None:
        check(request, scope)


def _put_retention(request: ApiRequest, scope: Scope) -> None:
    days = request.params.get("retentionInDays")
    if days not in RETENTION_DAYS:
        raise ApiError("InvalidParameterException", f"retentionInDays {days} is not one of the valid values")
    group = moto_hooks.log_group(scope, str(request.params.get("logGroupName")))
    if group is not None and group["logGroupClass"] == "DELIVERY":
        raise ApiError("InvalidParameterException", "a log group of class DELIVERY keeps its logs for a fixed day")


def _describe_log_groups(request: ApiRequest, _scope: Scope) -> None:
    params = request.params
    ways = [key for key in ("logGroupNamePrefix", "logGroupNamePattern", "logGroupIdentifiers") if params.get(key)]
    if len(ways) > 1:
        raise ApiError("InvalidParameterException", f"{' and '.join(ways)} cannot be combined")
    if params.get("limit", 50) not in range(1, 51) or len(params.get("logGroupIdentifiers") or []) > 50:
        raise ApiError("InvalidParameterException", "at most 50 log groups a call")


def _publish(request: ApiRequest, _scope: Scope) -> None:
    """Source: SNS API reference, Publish; the texts are AWS's."""
    if reason := _refused_message(request.params):
        raise ApiError("InvalidParameter", f"Invalid parameter: {reason}")


def _publish_batch(request: ApiRequest, _scope: Scope) -> None:
    for entry in request.params["PublishBatchRequestEntries"]:
        if reason := _refused_message(entry):
            raise UnmodelledCall(f"a PublishBatch with an entry that SNS refuses is not modelled: {reason}")


def _refused_message(params: Mapping[str, Any]) -> str | None:
    """Why SNS would not take a message; None if it would."""
    message, subject = str(params.get("Message", "")), params.get("Subject")
    if not message:
        return "Empty message"
    attributes = (
        f"{name}{value.get('DataType', '')}{value.get('StringValue', '')}"
        for name, value in (params.get("MessageAttributes") or {}).items()
    )
    if len("".join([message, *attributes]).encode()) > MAX_MESSAGE:
        return "Message too long"
    if subject is not None and (not 0 < len(subject) <= MAX_SUBJECT or re.search(r"[\x00-\x1f\x7f-\x9f]", subject)):
        return "Subject"
    structure = params.get("MessageStructure")
    if structure is None:
        return None
    if structure != "json":
        return "MessageStructure"
    try:
        bodies = json.loads(message)
    except ValueError:
        bodies = None
    if not isinstance(bodies, dict):
        return "Message Structure - JSON message body failed to parse"
    if not isinstance(bodies.get("default"), str):
        return "Message Structure - No default entry in JSON message body"
    return None


def _start_execution(request: ApiRequest, _scope: Scope) -> None:
    """Source: Step Functions API reference, StartExecution."""
    name, text = request.params.get("name"), str(request.params.get("input", "{}"))
    if name is None:
        raise UnmodelledCall("StartExecution without a name is not modelled: moto would name every execution alike")
    if not re.fullmatch(r"""[^\s<>{}\[\]?*"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]{1,80}""", str(name)):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")
    if len(text.encode()) > MAX_EXECUTION_INPUT:
        raise ApiError("ValidationException", f"the input has more than {MAX_EXECUTION_INPUT} bytes")
    try:
        json.loads(text)
    except ValueError as error:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from None


def _tags_of_ec2(request: ApiRequest, scope: Scope) -> None:
    """Source: EC2 API reference, error codes."""
    codes = {"image": "AMIID", "instance": "InstanceID", "vpc": "VpcID", "snapshot": "Snapshot", "volume": "Volume"}
    for id in request.params["Resources"]:
        arn = ec2_arn(scope, str(id))
        if tags_of(scope, arn) is None:
            kind = arn.rsplit(":", 1)[-1].partition("/")[0]
            raise ApiError(f"Invalid{codes[kind]}.NotFound", f"The {kind} ID '{id}' does not exist")


def _tags_of_notebook(request: ApiRequest, scope: Scope) -> None:
    if tags_of(scope, str(request.params["ResourceArn"])) is None:
        raise ApiError("ValidationException", f"{request.params['ResourceArn']} does not exist")


_CALLS: dict[str, Callable[[ApiRequest, Scope], None]] = {
    "ec2.CreateTags": _tags_of_ec2,
    "ec2.DeleteTags": _tags_of_ec2,
    "logs.PutRetentionPolicy": _put_retention,
    "logs.DescribeLogGroups": _describe_log_groups,
    "sns.Publish": _publish,
    "sns.PublishBatch": _publish_batch,
    **{f"sagemaker.{name}": _tags_of_notebook for name in ("AddTags", "DeleteTags", "ListTags")},
    "stepfunctions.StartExecution": _start_execution,
}

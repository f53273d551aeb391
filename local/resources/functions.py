"""Lambda: functions, who may invoke them, and how they are invoked."""

from __future__ import annotations

import io
import zipfile
from collections import defaultdict
from typing import Any

from local import strictness
from local.deployment import Deployment, Properties, boolean
from local.errors import DeploymentRejected, UnmodelledResource
from local.template import Deployed
from local.wiring import Function, QueueMapping


def function(d: Deployment, p: Properties) -> Deployed:
    """A function: moto knows it by name, its code runs from the asset's directory."""
    p.ignore(
        "Architectures",
        "Description",
        "TracingConfig",
        "EphemeralStorage",
        "RuntimeManagementConfig",
        "ReservedConcurrentExecutions",
        "RecursiveLoop",
        "PackageType",
    )
    name, code, runtime = d.name(p, "FunctionName", 64), p.require("Code"), p.get("Runtime", "")
    timeout, memory = int(p.get("Timeout", 3)), int(p.get("MemorySize", 128))
    environment: dict[str, str] = {k: str(v) for k, v in p.get("Environment", {}).get("Variables", {}).items()}
    strictness.check_function(p.logical_id, runtime, environment, timeout)
    if "ZipFile" in code:
        directory = d.scratch / name
        directory.mkdir()
        (directory / "index.py").write_text(code["ZipFile"])
    else:
        directory = d.asset(p.logical_id, code["S3Key"])
    function = Function(
        p.logical_id,
        name,
        d.arn("lambda", f"function:{name}"),
        p.require("Handler"),
        directory.resolve(),
        environment,
        timeout,
        memory,
        p.require("Role"),
        tuple(p.get("Layers", [])),
        p.get("DeadLetterConfig", {}).get("TargetArn"),
        p.get("LoggingConfig", {}).get("LogGroup"),
    )
    if not d.world.may_assume("lambda.amazonaws.com", function.role_arn, function.arn):
        raise DeploymentRejected(f"{p.logical_id}: the role {function.role_arn} cannot be assumed by Lambda")
    before = d.world.wiring.functions.get(name)
    if before is not None:
        # What EventInvokeConfig set outlives an update of the function.
        function.max_retries, function.max_age_seconds = before.max_retries, before.max_age_seconds
        function.on_failure_arn = before.on_failure_arn
    d.world.wiring.functions[name] = function
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    # For GetFunction and ListFunctions; the code itself runs from the asset directory.
    d.client("lambda").create_function(
        FunctionName=name,
        Runtime=runtime,
        Role=function.role_arn,
        Handler=function.handler,
        Timeout=timeout,
        MemorySize=memory,
        Code={"ZipFile": empty.getvalue()},
        Environment={"Variables": environment},
        Tags=p.tags(),
    )
    return Deployed(name, {"Arn": function.arn})


def permission(d: Deployment, p: Properties) -> Deployed:
    """A statement of a function's own policy."""
    function = d.world.wiring.function(p.require("FunctionName"))
    if function is None:
        raise DeploymentRejected(f"{p.logical_id}: {p.get('FunctionName')} is no function of this account")
    action, principal = str(p.require("Action")), str(p.require("Principal"))
    statement = {
        "Sid": p.logical_id,
        "Effect": "Allow",
        "Action": action,
        "Resource": function.arn,
        "Condition": _condition(p, action),
        "Principal": {"Service" if principal.endswith(".amazonaws.com") else "AWS": principal},
    }
    d.world.wiring.resource_policies.setdefault(function.arn, []).append(statement)
    return Deployed(p.logical_id, {"Id": p.logical_id})


def _condition(p: Properties, action: str) -> dict[str, dict[str, Any]]:
    """The conditions a permission's properties stand for. Source: Lambda API reference, AddPermission."""
    condition: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    if source := p.get("SourceArn"):
        condition["ArnLike"]["aws:SourceArn"] = source
    if account := p.get("SourceAccount"):
        condition["StringEquals"]["aws:SourceAccount"] = account
    if auth_type := p.get("FunctionUrlAuthType"):
        if action != "lambda:InvokeFunctionUrl":
            raise DeploymentRejected(f"{p.logical_id}: FunctionUrlAuthType is only for lambda:InvokeFunctionUrl")
        condition["StringEquals"]["lambda:FunctionUrlAuthType"] = auth_type
    if (via_url := p.get("InvokedViaFunctionUrl")) is not None:
        if action != "lambda:InvokeFunction":
            raise DeploymentRejected(f"{p.logical_id}: InvokedViaFunctionUrl is only for lambda:InvokeFunction")
        condition["Bool"]["lambda:InvokedViaFunctionUrl"] = boolean(via_url)
    return dict(condition)


def url(d: Deployment, p: Properties) -> Deployed:
    """A function's URL, open on loopback from now on."""
    target = str(p.require("TargetFunctionArn"))
    function, auth_type = d.world.wiring.function(target), p.require("AuthType")
    if function is None or target not in (function.name, function.arn):
        raise UnmodelledResource(f"{p.logical_id}: {target} is no function of this account at $LATEST")
    if auth_type not in ("NONE", "AWS_IAM"):
        raise DeploymentRejected(f"{p.logical_id}: AuthType {auth_type!r} is neither NONE nor AWS_IAM")
    if p.get("InvokeMode", "BUFFERED") != "BUFFERED":
        raise UnmodelledResource(f"{p.logical_id}: InvokeMode {p.get('InvokeMode')} is not modelled; BUFFERED is")
    opened = d.urls.open(p.logical_id, function, auth_type)
    return Deployed(function.arn, {"FunctionArn": function.arn, "FunctionUrl": opened.url})


def event_invoke_config(d: Deployment, p: Properties) -> Deployed:
    """How often a function's background invocations are retried, and where failures go."""
    function = d.world.wiring.function(p.require("FunctionName"))
    if function is None or p.get("Qualifier", "$LATEST") != "$LATEST":
        raise UnmodelledResource(f"{p.logical_id}: only functions of this account at $LATEST are modelled")
    function.max_retries = int(p.get("MaximumRetryAttempts", 2))
    function.max_age_seconds = int(p.get("MaximumEventAgeInSeconds", 21600))
    destinations = p.get("DestinationConfig", {})
    if "OnSuccess" in destinations:
        raise UnmodelledResource(f"{p.logical_id}: an OnSuccess destination is not modelled")
    arn = destinations.get("OnFailure", {}).get("Destination")
    if arn and arn.split(":")[2] not in ("sqs", "sns"):
        raise UnmodelledResource(f"{p.logical_id}: an OnFailure destination {arn} is not modelled; SQS and SNS are")
    function.on_failure_arn = arn
    return Deployed(p.logical_id)


def event_source_mapping(d: Deployment, p: Properties) -> Deployed:
    """A queue that feeds a function."""
    p.ignore("MaximumBatchingWindowInSeconds", "ScalingConfig", "Tags")
    queue_arn, function = p.require("EventSourceArn"), d.world.wiring.function(p.require("FunctionName"))
    if queue_arn not in d.world.wiring.queue_urls or function is None:
        raise UnmodelledResource(f"{p.logical_id}: only SQS queues and functions of this account are modelled")
    attributes = d.client("sqs").get_queue_attributes(
        QueueUrl=d.world.wiring.queue_urls[queue_arn], AttributeNames=["VisibilityTimeout"]
    )["Attributes"]
    strictness.check_mapping(p.logical_id, int(attributes["VisibilityTimeout"]), function.timeout)
    if p.get("Enabled", True):
        d.world.wiring.mappings.append(
            QueueMapping(
                p.logical_id,
                queue_arn,
                function.name,
                int(p.get("BatchSize", 10)),
                "ReportBatchItemFailures" in p.get("FunctionResponseTypes", []),
            )
        )
    return Deployed(p.logical_id, {"Id": p.logical_id})

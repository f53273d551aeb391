"""A Lambda function of Fusebox: plain source, the public Powertools layer, and a log group of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from stacks.nag import accept


def python_function(
    scope: Construct,
    *,
    name: str,
    description: str,
    handler: str,
    code: Path,
    role: iam.Role,
    layer_arn: str,
    timeout: Duration,
    environment: Mapping[str, str],
    memory_mb: int = 256,
) -> lambda_.Function:
    """Makes the function `name` with the log group `/aws/lambda/NAME`, as the only ones of their scope.

    Its role may not create log groups, so no late invocation brings this one back without retention.
    Settings belong into `code`: Lambda's environment holds 4 KB in all.
    """
    group = logs.LogGroup(
        scope,
        "Logs",
        log_group_name=f"/aws/lambda/{name}",
        retention=logs.RetentionDays.ONE_MONTH,
        removal_policy=RemovalPolicy.DESTROY,
    )
    function = lambda_.Function(
        scope,
        "Function",
        function_name=name,
        description=description,
        runtime=lambda_.Runtime.PYTHON_3_13,
        architecture=lambda_.Architecture.ARM_64,
        handler=handler,
        code=lambda_.Code.from_asset(str(code)),
        layers=[lambda_.LayerVersion.from_layer_version_arn(scope, "Powertools", layer_arn)],
        memory_size=memory_mb,
        timeout=timeout,
        role=role.without_policy_updates(),
        log_group=group,
        environment={**environment, "POWERTOOLS_SERVICE_NAME": "fusebox", "POWERTOOLS_LOG_LEVEL": "INFO"},
    )
    accept(function, "AwsSolutions-L1", "the pinned Powertools layer is built for this runtime")
    return function

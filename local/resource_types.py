"""The resource types the local account models, each with the function that creates one.

What moto can hold is created through its API; what deliveries follow goes into the wiring. A property that is
neither read nor ignored here fails the deployment.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from local import iam, moto_hooks, patterns, schedules, strictness
from local.errors import DeploymentRejected, LocalAccountError, UnmodelledResource
from local.template import Deployed
from local.wiring import Function, QueueMapping, Rule, Subscription, Target

if TYPE_CHECKING:
    from local.deploy import Deployment, Properties

AWS_MANAGED = "arn:aws:iam::aws:policy/"
# AWS managed policies by ARN, as AWS publishes them
# (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html).
AWS_MANAGED_POLICIES: dict[str, dict[str, Any]] = {
    f"{AWS_MANAGED}service-role/AWSLambdaBasicExecutionRole": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": "*",
            }
        ],
    },
}


# -- IAM -----------------------------------------------------------------------------------------
def _role(d: Deployment, p: Properties) -> Deployed:
    p.ignore("Tags", "Description", "MaxSessionDuration")
    name, trust, client = d.name(p, "RoleName", 64), p.require("AssumeRolePolicyDocument"), d.client("iam")
    path = p.get("Path", "/")
    arn = f"arn:aws:iam::{d.world.account_id}:role{path}{name}"
    if arn in d.world.wiring.trust:
        client.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    else:
        client.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(trust))
    for policy in p.get("Policies", []):
        client.put_role_policy(
            RoleName=name,
            PolicyName=policy["PolicyName"],
            PolicyDocument=json.dumps(policy["PolicyDocument"]),
        )
    for managed in p.get("ManagedPolicyArns", []):
        if not managed.startswith(AWS_MANAGED):
            client.attach_role_policy(RoleName=name, PolicyArn=managed)
        elif managed in AWS_MANAGED_POLICIES:
            # moto has no AWS managed policies unless it loads all of them; inline it grants the same.
            client.put_role_policy(
                RoleName=name,
                PolicyName=managed.rsplit("/", 1)[-1],
                PolicyDocument=json.dumps(AWS_MANAGED_POLICIES[managed]),
            )
        else:
            raise UnmodelledResource(f"{p.logical_id}: the AWS managed policy {managed} is not modelled")
    if boundary := p.get("PermissionsBoundary"):
        raise UnmodelledResource(f"{p.logical_id}: permissions boundaries are not modelled ({boundary})")
    d.world.wiring.trust[arn] = iam.statements(trust)
    return Deployed(name, {"Arn": arn, "RoleId": name})


def _inline_policy(d: Deployment, p: Properties) -> Deployed:
    name = p.require("PolicyName")
    if p.get("Users") or p.get("Groups"):
        raise UnmodelledResource(f"{p.logical_id}: policies of users and groups are not modelled")
    for role in p.get("Roles", []):
        d.client("iam").put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=json.dumps(p.require("PolicyDocument"))
        )
    p.ignore("PolicyDocument")
    return Deployed(name, {"Id": name})


def _managed_policy(d: Deployment, p: Properties) -> Deployed:
    p.ignore("Tags", "Description")
    if p.get("Users") or p.get("Groups"):
        raise UnmodelledResource(f"{p.logical_id}: policies of users and groups are not modelled")
    name, client = d.name(p, "ManagedPolicyName", 128), d.client("iam")
    path, text = p.get("Path", "/"), json.dumps(p.require("PolicyDocument"))
    arn = f"arn:aws:iam::{d.world.account_id}:policy{path}{name}"
    if arn in {policy["Arn"] for policy in client.list_policies(Scope="Local")["Policies"]}:
        client.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    else:
        client.create_policy(PolicyName=name, Path=path, PolicyDocument=text)
    for role in p.get("Roles", []):
        client.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Deployed(arn, {"PolicyArn": arn})


# -- Lambda --------------------------------------------------------------------------------------
def _function(d: Deployment, p: Properties) -> Deployed:
    p.ignore(
        "Architectures",
        "Description",
        "Tags",
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
    )
    return Deployed(name, {"Arn": function.arn})


def _permission(d: Deployment, p: Properties) -> Deployed:
    function = d.world.wiring.function(p.require("FunctionName"))
    if function is None:
        raise DeploymentRejected(f"{p.logical_id}: {p.get('FunctionName')} is no function of this account")
    condition: dict[str, Any] = {}
    if p.get("SourceArn"):
        condition["ArnLike"] = {"aws:SourceArn": p.get("SourceArn")}
    if p.get("SourceAccount"):
        condition["StringEquals"] = {"aws:SourceAccount": p.get("SourceAccount")}
    principal: str = p.require("Principal")
    statement = {
        "Sid": p.logical_id,
        "Effect": "Allow",
        "Action": p.require("Action"),
        "Resource": function.arn,
        "Condition": condition,
        "Principal": {"Service" if principal.endswith(".amazonaws.com") else "AWS": principal},
    }
    d.world.wiring.resource_policies.setdefault(function.arn, []).append(statement)
    return Deployed(p.logical_id, {"Id": p.logical_id})


def _event_invoke_config(d: Deployment, p: Properties) -> Deployed:
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


def _event_source_mapping(d: Deployment, p: Properties) -> Deployed:
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


# -- EventBridge ---------------------------------------------------------------------------------
def _rule(d: Deployment, p: Properties) -> Deployed:
    p.ignore("Description", "Tags")
    if p.get("EventBusName", "default") != "default":
        raise UnmodelledResource(f"{p.logical_id}: only the default event bus is modelled")
    name, pattern, schedule = d.name(p, "Name", 64), p.get("EventPattern"), p.get("ScheduleExpression")
    state, targets = p.get("State", "ENABLED"), p.get("Targets", [])
    strictness.check_rule(p.logical_id, pattern, len(targets))
    if pattern is not None:
        patterns.check(pattern)
    if schedule is not None:
        now = d.world.clock.now()
        schedules.next_fire(schedule, now, now)
    if pattern is None and schedule is None:
        raise DeploymentRejected(f"{p.logical_id}: a rule needs EventPattern or ScheduleExpression")
    # moto keeps the rule's state, so that DisableRule works; delivering is not left to it.
    arn = d.client("events").put_rule(
        Name=name,
        State=state,
        **({"EventPattern": json.dumps(pattern)} if pattern is not None else {}),
        **({"ScheduleExpression": schedule} if schedule is not None else {}),
    )["RuleArn"]
    d.world.wiring.rules[p.logical_id] = Rule(
        p.logical_id, name, arn, pattern, schedule, tuple(_target(p.logical_id, t) for t in targets)
    )
    return Deployed(name, {"Arn": arn})


def _target(logical_id: str, target: Mapping[str, Any]) -> Target:
    # Everything a target takes here is always taken, so RetryPolicy would never come to act.
    known = {
        "Id",
        "Arn",
        "Input",
        "InputPath",
        "InputTransformer",
        "RoleArn",
        "DeadLetterConfig",
        "RetryPolicy",
    }
    if unknown := set(target) - known:
        raise UnmodelledResource(f"{logical_id}: target property {', '.join(sorted(unknown))} is not modelled")
    service = target["Arn"].split(":")[2]
    if service not in ("lambda", "sqs", "sns", "states"):
        raise UnmodelledResource(f"{logical_id}: a target of {service} is not modelled: {target['Arn']}")
    return Target(
        target["Id"],
        target["Arn"],
        target.get("Input"),
        target.get("InputPath"),
        target.get("InputTransformer"),
        target.get("RoleArn"),
        target.get("DeadLetterConfig", {}).get("Arn"),
    )


# -- SNS and SQS ---------------------------------------------------------------------------------
def _topic(d: Deployment, p: Properties) -> Deployed:
    p.ignore("DisplayName", "Tags", "KmsMasterKeyId", "TracingConfig")
    name = d.name(p, "TopicName")
    arn = d.client("sns").create_topic(Name=name)["TopicArn"]
    for subscription in p.get("Subscription", []):
        d.world.wiring.subscriptions.append(
            Subscription(f"{arn}:{p.logical_id}", arn, subscription["Protocol"], subscription["Endpoint"], False, None)
        )
    return Deployed(arn, {"TopicName": name, "TopicArn": arn})


def _subscription(d: Deployment, p: Properties) -> Deployed:
    topic, protocol = p.require("TopicArn"), p.require("Protocol")
    if protocol not in ("sqs", "lambda", "email", "email-json", "https"):
        raise UnmodelledResource(f"{p.logical_id}: a subscription by {protocol} is not modelled")
    redrive = p.get("RedrivePolicy", {})
    redrive = json.loads(redrive) if isinstance(redrive, str) else redrive
    arn = f"{topic}:{p.logical_id}"
    d.world.wiring.subscriptions.append(
        Subscription(
            arn,
            topic,
            protocol,
            p.require("Endpoint"),
            _true(p.get("RawMessageDelivery", False)),
            redrive.get("deadLetterTargetArn"),
        )
    )
    return Deployed(arn, {"Arn": arn})


def _topic_policy(d: Deployment, p: Properties) -> Deployed:
    for topic in p.require("Topics"):
        d.world.wiring.resource_policies[topic] = iam.statements(p.require("PolicyDocument"))
    return Deployed(p.logical_id, {"Id": p.logical_id})


def _queue(d: Deployment, p: Properties) -> Deployed:
    p.ignore("Tags", "KmsMasterKeyId", "SqsManagedSseEnabled", "KmsDataKeyReusePeriodSeconds", "RedriveAllowPolicy")
    strictness.check_queue(p.logical_id, int(p.get("DelaySeconds", 0)))
    name = d.name(p, "QueueName", 80)
    attributes = {
        k: str(v)
        for k, v in p.take(
            "DelaySeconds",
            "VisibilityTimeout",
            "MessageRetentionPeriod",
            "MaximumMessageSize",
            "ReceiveMessageWaitTimeSeconds",
        ).items()
    }
    if redrive := p.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(redrive)
    url = d.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    arn = d.arn("sqs", name)
    d.world.wiring.queue_urls[arn] = url
    return Deployed(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


def _queue_policy(d: Deployment, p: Properties) -> Deployed:
    for url in p.require("Queues"):
        arn = d.arn("sqs", url.rsplit("/", 1)[-1])
        d.world.wiring.resource_policies[arn] = iam.statements(p.require("PolicyDocument"))
    return Deployed(p.logical_id, {"Id": p.logical_id})


# -- state machines, tables, logs, alarms, parameters --------------------------------------------
def _state_machine(d: Deployment, p: Properties) -> Deployed:
    p.ignore("LoggingConfiguration", "TracingConfiguration", "Tags", "EncryptionConfiguration")
    name = d.name(p, "StateMachineName", 80)
    if p.get("StateMachineType", "STANDARD") != "STANDARD":
        raise UnmodelledResource(f"{p.logical_id}: only STANDARD state machines are modelled")
    if location := p.get("DefinitionS3Location"):
        definition = d.asset(p.logical_id, location["Key"]).read_text()
    else:
        given = p.get("DefinitionString") or p.require("Definition")
        definition = given if isinstance(given, str) else json.dumps(given)
    for key, value in p.get("DefinitionSubstitutions", {}).items():
        definition = definition.replace("${" + key + "}", str(value))
    if '"JSONata"' in definition:
        raise UnmodelledResource(f"{p.logical_id}: JSONata is not modelled; use JSONPath")
    role = p.require("RoleArn")
    if not d.world.may_assume("states.amazonaws.com", role, d.arn("states", f"stateMachine:{name}")):
        raise DeploymentRejected(f"{p.logical_id}: the role {role} cannot be assumed by Step Functions")
    arn, client = d.arn("states", f"stateMachine:{name}"), d.client("stepfunctions")
    if arn in {machine["stateMachineArn"] for machine in client.list_state_machines()["stateMachines"]}:
        client.update_state_machine(stateMachineArn=arn, definition=definition, roleArn=role)
    else:
        client.create_state_machine(name=name, definition=definition, roleArn=role)
    return Deployed(arn, {"Arn": arn, "Name": name})


def _table(d: Deployment, p: Properties) -> Deployed:
    p.ignore("SSESpecification", "Tags", "TableClass", "ContributorInsightsSpecification", "WarmThroughput")
    name, client = d.name(p, "TableName"), d.client("dynamodb")
    arn = client.create_table(
        TableName=name,
        **p.take(
            "KeySchema",
            "AttributeDefinitions",
            "BillingMode",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
            "ProvisionedThroughput",
            "DeletionProtectionEnabled",
        ),
    )["TableDescription"]["TableArn"]
    if recovery := p.get("PointInTimeRecoverySpecification"):
        client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": _true(recovery["PointInTimeRecoveryEnabled"])
            },
        )
    if expiry := p.get("TimeToLiveSpecification"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return Deployed(name, {"Arn": arn})


def _log_group(d: Deployment, p: Properties) -> Deployed:
    p.ignore("KmsKeyId")
    name, client = d.name(p, "LogGroupName"), d.client("logs")
    client.create_log_group(logGroupName=name, tags={tag["Key"]: tag["Value"] for tag in p.get("Tags", [])})
    if (days := p.get("RetentionInDays")) is not None:
        if days not in strictness.RETENTION_DAYS:
            raise DeploymentRejected(f"{p.logical_id}: RetentionInDays {days} is not one of the valid values")
        client.put_retention_policy(logGroupName=name, retentionInDays=days)
    moto_hooks.set_log_group_extra(d.world.scope, name, logGroupClass=p.get("LogGroupClass", "STANDARD"))
    return Deployed(name, {"Arn": d.arn("logs", f"log-group:{name}:*")})


def _alarm(d: Deployment, p: Properties) -> Deployed:
    p.ignore("Tags")
    name = d.name(p, "AlarmName")
    d.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        **p.take(
            "AlarmDescription",
            "ActionsEnabled",
            "AlarmActions",
            "OKActions",
            "InsufficientDataActions",
            "MetricName",
            "Namespace",
            "Statistic",
            "ExtendedStatistic",
            "Dimensions",
            "Period",
            "Unit",
            "EvaluationPeriods",
            "DatapointsToAlarm",
            "Threshold",
            "ComparisonOperator",
            "TreatMissingData",
            "Metrics",
            "EvaluateLowSampleCountPercentile",
            "ThresholdMetricId",
        ),
    )
    return Deployed(name, {"Arn": d.arn("cloudwatch", f"alarm:{name}")})


def _parameter(d: Deployment, p: Properties) -> Deployed:
    p.ignore("Tags", "Tier", "DataType")
    name = d.name(p, "Name")
    d.client("ssm").put_parameter(
        Name=name,
        Type=p.require("Type"),
        Value=str(p.require("Value")),
        Overwrite=True,
        **p.take("Description", "AllowedPattern"),
    )
    return Deployed(name, {"Type": p.get("Type"), "Value": p.get("Value")})


def _true(value: Any) -> bool:
    """CloudFormation takes booleans as text, too."""
    if str(value).lower() not in ("true", "false"):
        raise LocalAccountError(f"{value!r} is no boolean")
    return str(value).lower() == "true"


CREATE: dict[str, Callable[[Deployment, Properties], Deployed]] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Policy": _inline_policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::EventInvokeConfig": _event_invoke_config,
    "AWS::Lambda::EventSourceMapping": _event_source_mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::Topic": _topic,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::Queue": _queue,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SSM::Parameter": _parameter,
    "AWS::StepFunctions::StateMachine": _state_machine,
}

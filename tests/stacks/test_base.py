"""What all guardrails share: table, topics, alarms, the sweep, names and tags."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.core.spec import OWN_TAG, GuardrailSpec
from functions.registry import GUARDRAILS
from stacks.errors import StackError
from tests.stacks.conftest import Build
from tests.stacks.template import ARNS, BASE, HERE, Template
from tests.stacks.test_roles import name_of

OPERATIONS = f"arn:aws:sns:{HERE}:{BASE}-operations"
NOT_TAGGABLE = {
    "AWS::IAM::ManagedPolicy",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
}


def test_the_table_outlives_its_stack_and_can_be_restored(template: Template) -> None:
    (raw,) = [one for one in template.document["Resources"].values() if one["Type"] == "AWS::DynamoDB::Table"]
    table = template.named("AWS::DynamoDB::Table", f"{BASE}-ledger")
    assert raw["DeletionPolicy"] == raw["UpdateReplacePolicy"] == "Retain"
    assert table["DeletionProtectionEnabled"] is True
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    keys = {None: table["KeySchema"]} | {one["IndexName"]: one["KeySchema"] for one in table["GlobalSecondaryIndexes"]}
    assert {index: [key["AttributeName"] for key in schema] for index, schema in keys.items()} == {
        None: ["pk", "sk"],
        "listing": ["listing", "at"],
        "day": ["day", "at"],
    }


def test_the_lease_has_one_name_for_all_and_comes_before_the_table(template: Template, build: Build) -> None:
    lease = template.named("AWS::SSM::Parameter", "/fusebox/lease")
    assert json.loads(lease["Value"]) == {"stack": "Fusebox", "table": f"{BASE}-ledger", "prefix": "fusebox"}
    (other,) = build(prefix="other").of("AWS::SSM::Parameter")
    assert other["Name"] == lease["Name"]
    resources = template.document["Resources"]
    (table,) = [one for one in resources.values() if one["Type"] == "AWS::DynamoDB::Table"]
    assert [resources[one]["Type"] for one in table["DependsOn"]] == ["AWS::SSM::Parameter"]


def test_people_are_subscribed_to_the_topic_meant_for_them(build: Build) -> None:
    built = build(alert_emails=("finops@example.com",), operations_emails=("ops@example.com",))
    subscribed = {(one["TopicArn"], one["Protocol"], one["Endpoint"]) for one in built.of("AWS::SNS::Subscription")}
    alerts = f"arn:aws:sns:{HERE}:{BASE}-alerts"
    assert subscribed == {(alerts, "email", "finops@example.com"), (OPERATIONS, "email", "ops@example.com")}


def publishing(template: Template, topic: str) -> list[tuple[str, Any, Any]]:
    (policy,) = [one for one in template.of("AWS::SNS::TopicPolicy") if one["Topics"] == [topic]]
    stated = policy["PolicyDocument"]["Statement"]
    assert {one["Action"] for one in stated} == {"sns:Publish"}
    return [(one["Effect"], one["Principal"], one["Condition"]) for one in stated]


def test_alerts_come_from_this_account_only(template: Template) -> None:
    assert publishing(template, template.output("AlertsTopicArn")) == [
        ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}}),
        ("Deny", {"AWS": "*"}, {"StringNotEquals": {"aws:PrincipalAccount": "123456789012"}}),
    ]


def test_operations_come_from_own_alarms_only(template: Template) -> None:
    own = {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:{HERE}:alarm:{BASE}-*"},
    }
    assert publishing(template, template.output("OperationsTopicArn")) == [
        ("Deny", "*", {"Bool": {"aws:SecureTransport": "false"}}),
        ("Allow", {"Service": "cloudwatch.amazonaws.com"}, own),
        ("Deny", {"AWS": "*"}, {"Bool": {"aws:PrincipalIsAWSService": "false"}}),
    ]


def test_the_alarms_are_few_and_go_to_operations(template: Template) -> None:
    alarms = {one["AlarmName"].removeprefix(f"{BASE}-"): one for one in template.of("AWS::CloudWatch::Alarm")}
    assert set(alarms) == {"errors", "throttles", "failures", "sweeps", "approvals"}
    for alarm in alarms.values():
        assert alarm["AlarmActions"] == [OPERATIONS]
        assert alarm["TreatMissingData"] == "notBreaching"
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (1, "GreaterThanOrEqualToThreshold")
    assert alarms["failures"]["Dimensions"] == [{"Name": "QueueName", "Value": f"{BASE}-failures"}]
    watched = {name: _watched(alarms[name]) for name in ("errors", "throttles", "sweeps", "approvals")}
    functions = [f"{BASE}-{one.name.replace('_', '-')}" for one in GUARDRAILS]
    assert watched["errors"] == {("Errors", function) for function in functions}
    assert watched["throttles"] == {("Throttles", function) for function in functions}
    endings = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
    broken = ("ExecutionsFailed", "ExecutionsAborted")
    assert watched["approvals"] == {(ending, template.output("ApprovalStateMachineArn")) for ending in broken}
    assert watched["sweeps"] == {(ending, template.output("SweepStateMachineArn")) for ending in endings}


def _watched(alarm: dict[str, Any]) -> set[tuple[str, str]]:
    total, *parts = alarm["Metrics"]
    assert total["Expression"] == "SUM(METRICS())"
    metrics = [one["MetricStat"]["Metric"] for one in parts]
    return {(one["MetricName"], one["Dimensions"][0]["Value"]) for one in metrics}


def test_the_sweep_fails_as_a_failure(template: Template) -> None:
    machine = template.named("AWS::StepFunctions::StateMachine", f"{BASE}-sweep")
    states = json.loads(machine["DefinitionString"])["States"]
    assert {name for name, state in states.items() if state["Type"] == "Fail"} == {"Failed"}
    assert [one["Next"] for one in states["Sweep"]["Catch"]] == ["Failed"]
    assert "Default" not in states["Answer"]
    assert states["Sweep"]["Resource"] == "arn:aws:states:::lambda:invoke"


def test_a_function_gets_what_it_reads_and_little_else(template: Template, spec: GuardrailSpec) -> None:
    function = template.named("AWS::Lambda::Function", name_of(spec))
    environment = function["Environment"]["Variables"]
    assert len(json.dumps(environment).encode()) < 1024
    assert environment == {
        "FUSEBOX_NAME": BASE,
        "FUSEBOX_STACK": "Fusebox",
        "FUSEBOX_APPROVAL_MACHINE": template.output("ApprovalStateMachineArn"),
        "FUSEBOX_DEADLINE_HOURS": "72",
        "FUSEBOX_OWNER_TAG": "owner",
        "FUSEBOX_TABLE": template.output("TableName"),
        "FUSEBOX_ALERTS_TOPIC": template.output("AlertsTopicArn"),
        "FUSEBOX_ROLE_ARN": f"arn:aws:iam::123456789012:role/{name_of(spec)}",
        "POWERTOOLS_SERVICE_NAME": "fusebox",
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }
    assert function["Role"] == environment["FUSEBOX_ROLE_ARN"]
    assert (function["Runtime"], function["Architectures"]) == ("python3.13", ["arm64"])
    assert (function["MemorySize"], function["Timeout"]) == (spec.memory_mb, spec.timeout_seconds)


def test_logs_do_not_pile_up(template: Template) -> None:
    groups = {one["LogGroupName"]: one["RetentionInDays"] for one in template.of("AWS::Logs::LogGroup")}
    functions = template.of("AWS::Lambda::Function")
    assert set(groups) == {f"/aws/lambda/{one['FunctionName']}" for one in functions}
    assert all(days == 30 for days in groups.values())
    assert {one["LoggingConfig"]["LogGroup"] for one in functions} == set(groups)


def test_every_name_carries_prefix_and_region(template: Template) -> None:
    for kind, (key, _) in ARNS.items():
        for resource in template.of(kind):
            name = resource[key].removeprefix("/aws/lambda/")
            assert name.startswith(f"{BASE}-") or name == "/fusebox/lease"


def test_every_resource_that_takes_tags_is_marked_as_own(template: Template) -> None:
    for logical, resource in template.document["Resources"].items():
        if resource["Type"] not in NOT_TAGGABLE:
            tags = resource["Properties"]["Tags"]
            keys = tags if isinstance(tags, dict) else {tag["Key"] for tag in tags}
            assert OWN_TAG in keys, logical


def test_the_outputs_are_those_the_command_reads(template: Template) -> None:
    assert {name: template.output(name) for name in template.document["Outputs"]} == {
        "Name": BASE,
        "TableName": f"{BASE}-ledger",
        "AlertsTopicArn": f"arn:aws:sns:{HERE}:{BASE}-alerts",
        "OperationsTopicArn": OPERATIONS,
        "FailureQueueUrl": f"{BASE}-failures",
        "ApprovalStateMachineArn": f"arn:aws:states:{HERE}:stateMachine:{BASE}-approval",
        "ApproversPolicyArn": f"arn:aws:iam::123456789012:policy/{BASE}-approvers",
        "DecideUrl": f"https://{BASE}-decide.lambda-url.example.com/",
        "SweepStateMachineArn": f"arn:aws:states:{HERE}:stateMachine:{BASE}-sweep",
        "EmergencyStopPolicyArn": f"arn:aws:iam::123456789012:policy/{BASE}-emergency-stop",
    }


def test_the_longest_prefix_the_policy_takes_fits_everywhere(build: Build) -> None:
    build(prefix="a" * 20)
    with pytest.raises(StackError, match="choose a shorter prefix"):
        build(prefix="a" * 40)

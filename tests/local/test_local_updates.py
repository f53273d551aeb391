"""Stories of a second deployment over the first."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import UnmodelledResource

LIST_GROUPS = """
    import boto3
    def handler(event, context):
        boto3.client("logs").describe_log_groups()
        return "VERSION"
"""


def shop(stack: Any) -> None:
    stack.add("Orders", "AWS::SQS::Queue")
    stack.function("Look", LIST_GROUPS, {"Action": "logs:DescribeLogGroups", "Resource": "*"})
    stack.rule("OnOrder", {"Arn": stack.arn("Look")}, EventPattern={"source": ["shop"]})
    stack.permit("Look", stack.arn("OnOrder"))
    config = {"FunctionName": {"Ref": "Look"}, "Qualifier": "$LATEST", "MaximumRetryAttempts": 0}
    stack.add("Config", "AWS::Lambda::EventInvokeConfig", **config)


def test_new_code_a_new_grant_and_a_new_rule_take_effect(stack: Any, opened: Any, event: Any) -> None:
    shop(stack)
    account = opened(stack)
    account.put_event(event("shop"))
    account.client("sqs").send_message(QueueUrl=account.physical_ids["Orders"], MessageBody="kept")

    (directory,) = stack.assets.values()
    newer = directory.with_name("newer")
    newer.mkdir()
    (newer / "app.py").write_text((directory / "app.py").read_text().replace("VERSION", "second"))
    stack.assets["newer.zip"] = newer
    stack.resources["Look"]["Properties"]["Code"]["S3Key"] = "newer.zip"
    stack.rule("OnReturn", {"Arn": stack.arn("Look")}, EventPattern={"source": ["returns"]})
    stack.permit("Look", stack.arn("OnReturn"))
    account.update_template(stack.template, stack.assets)
    account.put_event(event("shop"))
    account.put_event(event("returns"))

    assert [i.result for i in account.invocations] == ["VERSION", "second", "second"]
    assert [m["Body"] for m in account.queue(account.physical_ids["Orders"])] == ["kept"]


def test_a_grant_that_is_gone_is_gone_and_the_retries_stay_as_configured(stack: Any, opened: Any, event: Any) -> None:
    shop(stack)
    account = opened(stack)
    stack.resources["LookRole"]["Properties"]["Policies"] = []
    stack.resources["Look"]["Properties"]["MemorySize"] = 512
    account.update_template(stack.template, stack.assets)

    account.put_event(event("shop"))
    account.advance(timedelta(minutes=5))

    assert [(i.attempt, i.error is not None) for i in account.invocations] == [(1, True)]
    assert [c.allowed for c in account.calls] == [False]


def test_a_rule_that_is_gone_no_longer_matches(stack: Any, opened: Any, event: Any) -> None:
    shop(stack)
    account = opened(stack)
    permission = next(k for k, r in stack.resources.items() if r["Type"] == "AWS::Lambda::Permission")
    for logical_id in ("OnOrder", permission):
        del stack.resources[logical_id]
    account.update_template(stack.template, stack.assets)

    assert account.put_event(event("shop")).rules == []
    assert "OnOrder" not in account.physical_ids


def test_what_was_changed_by_hand_survives_an_update_that_does_not_touch_it(stack: Any, opened: Any) -> None:
    shop(stack)
    stack.add("Pause", "AWS::SSM::Parameter", Name="/pause", Type="String", Value="off")
    account = opened(stack)
    account.client("ssm").put_parameter(Name="/pause", Value="on", Overwrite=True)
    stop = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    role = account.physical_ids["LookRole"]
    iam = account.client("iam")
    arn = iam.create_policy(PolicyName="stop", PolicyDocument=json.dumps(stop))["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)

    stack.resources["LookRole"]["Properties"]["Policies"][0]["PolicyName"] = "renamed"
    account.update_template(stack.template, stack.assets)

    assert account.client("ssm").get_parameter(Name="/pause")["Parameter"]["Value"] == "on"
    logs = account.client("logs", iam.get_role(RoleName=role)["Role"]["Arn"])
    with pytest.raises(ClientError, match="AccessDenied"):
        logs.describe_log_groups()


def test_state_machines_and_managed_policies_are_changed_in_place(stack: Any, opened: Any) -> None:
    stack.role("Runner", service="states")
    definition = {"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}
    machine = {"RoleArn": stack.arn("Runner"), "DefinitionString": json.dumps(definition)}
    stack.add("Machine", "AWS::StepFunctions::StateMachine", **machine)
    some = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    document = {"Version": "2012-10-17", "Statement": [some]}
    stack.add("Stop", "AWS::IAM::ManagedPolicy", PolicyDocument=document)
    account = opened(stack)
    before = dict(account.physical_ids)

    changed = copy.deepcopy(definition)
    changed["Comment"] = "second"
    stack.resources["Machine"]["Properties"]["DefinitionString"] = json.dumps(changed)
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    stack.resources["Stop"]["Properties"]["PolicyDocument"] = {**document, "Statement": [deny]}
    account.update_template(stack.template, stack.assets)

    assert account.physical_ids == before
    described = account.client("stepfunctions").describe_state_machine(stateMachineArn=before["Machine"])
    assert json.loads(described["definition"])["Comment"] == "second"
    shown = account.client("iam").get_policy(PolicyArn=before["Stop"])["Policy"]
    assert shown["DefaultVersionId"] == "v2"


def test_changing_what_holds_data_is_refused(stack: Any, opened: Any) -> None:
    shop(stack)
    account = opened(stack)
    stack.resources["Orders"]["Properties"]["DelaySeconds"] = 5
    with pytest.raises(UnmodelledResource, match=r"Orders: changing a AWS::SQS::Queue"):
        account.update_template(stack.template, stack.assets)

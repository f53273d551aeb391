"""Stories of state machines: their own role, their own clock, started by events."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from local import DeploymentRejected

COUNT = """
    def handler(event, context):
        return {"n": event.get("n", 0) + 1}
"""
BROKEN = """
    def handler(event, context):
        raise ValueError("not today")
"""


def machine(stack: Any, states: dict[str, Any], *allow: Any, start: str = "First") -> None:
    stack.role("MachineRole", *allow, service="states")
    definition = json.dumps({"StartAt": start, "States": states})
    # The way the CDK writes it: text joined around references.
    before, name, after = definition.partition("FUNCTION_ARN")
    joined = {"Fn::Join": ["", [before, stack.arn("Task"), after]]} if name else definition
    stack.add(
        "Machine",
        "AWS::StepFunctions::StateMachine",
        StateMachineName="machine",
        DefinitionString=joined,
        RoleArn=stack.arn("MachineRole"),
    )


def starter(stack: Any, *allow: Any) -> None:
    stack.role("StarterRole", *allow, service="events")
    target = {"Arn": stack.arn("Machine"), "RoleArn": stack.arn("StarterRole"), "InputPath": "$.detail"}
    stack.rule("OnOrder", target, EventPattern={"source": ["shop"]})


def start_it(stack: Any) -> dict[str, Any]:
    return {"Action": "states:StartExecution", "Resource": stack.arn("Machine")}


def invoke_it(stack: Any) -> dict[str, Any]:
    return {"Action": "lambda:InvokeFunction", "Resource": stack.arn("Task")}


def status_of_the_only_execution(account: Any) -> Any:
    states = account.client("stepfunctions")
    arn = account.physical_ids["Machine"]
    (execution,) = states.list_executions(stateMachineArn=arn)["executions"]
    return states.describe_execution(executionArn=execution["executionArn"])


TASK = {
    "Type": "Task",
    "Resource": "arn:aws:states:::lambda:invoke",
    "Parameters": {"FunctionName": "FUNCTION_ARN", "Payload.$": "$"},
}


def test_an_event_starts_a_machine_that_invokes_a_function_and_waits_virtual_hours(
    stack: Any, opened: Any, event: Any
) -> None:
    stack.function("Task", COUNT)
    states = {
        "First": {**TASK, "OutputPath": "$.Payload", "Next": "Enough"},
        "Enough": {
            "Type": "Choice",
            "Choices": [{"Variable": "$.n", "NumericGreaterThanEquals": 3, "Next": "Done"}],
            "Default": "Rest",
        },
        "Rest": {"Type": "Wait", "Seconds": 7200, "Next": "First"},
        "Done": {"Type": "Succeed"},
    }
    machine(stack, states, invoke_it(stack))
    starter(stack, start_it(stack))
    account = opened(stack)

    delivery = account.put_event(event(detail={"n": 0}))
    assert delivery.targets[0].outcome == "delivered"
    assert len(account.invocations) == 1
    account.advance(timedelta(hours=1))
    assert len(account.invocations) == 1
    account.advance(timedelta(hours=4))

    assert [i.result for i in account.invocations] == [{"n": 1}, {"n": 2}, {"n": 3}]
    ended = status_of_the_only_execution(account)
    assert ended["status"] == "SUCCEEDED"
    assert (ended["stopDate"] - ended["startDate"]) >= timedelta(hours=4)
    assert {c.principal for c in account.calls if c.action == "lambda:InvokeFunction"} == {
        next(c.principal for c in account.calls if "MachineRole" in c.principal)
    }


def test_a_failing_task_is_retried_in_virtual_time_and_then_caught(stack: Any, opened: Any) -> None:
    stack.function("Task", BROKEN)
    states = {
        "First": {
            **TASK,
            "Retry": [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 600, "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Sorry"}],
            "End": True,
        },
        "Sorry": {"Type": "Fail", "Error": "GaveUp"},
    }
    machine(stack, states, invoke_it(stack))
    account = opened(stack)

    account.client("stepfunctions").start_execution(
        stateMachineArn=account.physical_ids["Machine"], name="a", input="{}"
    )
    account.settle()
    assert len(account.invocations) == 1
    account.advance(timedelta(minutes=11))

    assert len(account.invocations) == 2
    assert status_of_the_only_execution(account)["error"] == "GaveUp"


def test_a_machine_without_permission_to_invoke_fails(stack: Any, opened: Any) -> None:
    stack.function("Task", COUNT)
    machine(stack, {"First": {**TASK, "End": True}})
    account = opened(stack)

    account.client("stepfunctions").start_execution(
        stateMachineArn=account.physical_ids["Machine"], name="a", input="{}"
    )
    account.settle()

    assert account.invocations == []
    assert status_of_the_only_execution(account)["status"] == "FAILED"
    assert [c.allowed for c in account.calls if c.action == "lambda:InvokeFunction"] == [False]


@pytest.mark.parametrize("service", ["events", "lambda"])
def test_a_rule_whose_role_may_not_start_the_machine_drops_the_event(
    stack: Any, opened: Any, event: Any, service: str
) -> None:
    stack.function("Task", COUNT)
    machine(stack, {"First": {"Type": "Succeed"}})
    starter(stack, *([start_it(stack)] if service == "lambda" else []))
    stack.role("StarterRole", *([start_it(stack)] if service == "lambda" else []), service=service)
    account = opened(stack)

    (target,) = account.put_event(event()).targets

    assert target.outcome == "dropped"


def test_a_question_waits_for_its_token_and_times_out_after_virtual_days(stack: Any, opened: Any) -> None:
    keep = """
        import boto3
        def handler(event, context):
            ssm = boto3.client("ssm")
            ssm.put_parameter(Name="/token", Value=event["token"], Type="String", Overwrite=True)
    """
    writes = {"Action": "ssm:PutParameter", "Resource": "arn:aws:ssm:us-east-1:123456789012:parameter/token"}
    stack.function("Task", keep, writes)
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "FUNCTION_ARN", "Payload": {"token.$": "$$.Task.Token"}},
        "TimeoutSeconds": 86400 * 3,
        "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
        "Next": "Answered",
    }
    states = {"First": ask, "Answered": {"Type": "Succeed"}, "Late": {"Type": "Fail", "Error": "NoAnswer"}}
    machine(stack, states, invoke_it(stack))
    account = opened(stack)
    client = account.client("stepfunctions")
    arn = account.physical_ids["Machine"]

    first = client.start_execution(stateMachineArn=arn, name="a", input="{}")["executionArn"]
    account.settle()
    token = account.client("ssm").get_parameter(Name="/token")["Parameter"]["Value"]
    client.send_task_success(taskToken=token, output='{"yes": true}')
    account.settle()
    assert client.describe_execution(executionArn=first)["status"] == "SUCCEEDED"

    second = client.start_execution(stateMachineArn=arn, name="b", input="{}")["executionArn"]
    account.advance(timedelta(days=2))
    assert client.describe_execution(executionArn=second)["status"] == "RUNNING"
    account.advance(timedelta(days=2))
    assert client.describe_execution(executionArn=second)["error"] == "NoAnswer"


def test_an_execution_ends_at_the_time_out_of_its_machine(stack: Any, opened: Any) -> None:
    machine(stack, {"First": {"Type": "Wait", "Seconds": 86400, "End": True}})
    declared = stack.resources["Machine"]["Properties"]
    declared["DefinitionString"] = json.dumps({**json.loads(declared["DefinitionString"]), "TimeoutSeconds": 3600})
    account = opened(stack)
    account.client("stepfunctions").start_execution(
        stateMachineArn=account.physical_ids["Machine"], name="a", input="{}"
    )

    account.advance(timedelta(minutes=59))
    assert status_of_the_only_execution(account)["status"] == "RUNNING"
    account.advance(timedelta(minutes=2))
    assert status_of_the_only_execution(account)["status"] == "TIMED_OUT"


def test_a_role_may_be_assumed_only_for_the_machine_its_trust_policy_names(stack: Any, opened: Any) -> None:
    machine(stack, {"First": {"Type": "Succeed"}})
    trust = stack.resources["MachineRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]
    mine = "arn:aws:states:us-east-1:123456789012:stateMachine:"
    trust["Condition"] = {"ArnLike": {"aws:SourceArn": f"{mine}another"}}
    with pytest.raises(DeploymentRejected, match="Machine: the role"):
        opened(stack)
    trust["Condition"] = {"ArnLike": {"aws:SourceArn": f"{mine}mach*"}}
    opened(stack)

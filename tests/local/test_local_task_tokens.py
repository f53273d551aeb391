"""Stories of tasks that wait for an answer: once, in time, by whom it may come from."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import UnmodelledCall
from tests.local.browsing import browse

KEEP = """
    import boto3
    def handler(event, context):
        boto3.client("ssm").put_parameter(Name=event["keep"], Value=event["token"], Type="String", Overwrite=True)
"""
ANSWER = """
    import boto3, json
    states = boto3.client("stepfunctions")
    def handler(event, context):
        asked = json.loads(event.get("body") or json.dumps(event))
        try:
            if asked.get("no"):
                states.send_task_failure(taskToken=asked["token"], error="Refused", cause="too dear")
            else:
                states.send_task_success(taskToken=asked["token"], output=json.dumps({"yes": True}))
        except states.exceptions.ClientError as error:
            return error.response["Error"]["Code"]
        return "taken"
"""
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:asking"
GRANT = {"Action": ["states:SendTaskSuccess", "states:SendTaskFailure"], "Resource": MACHINE}


def asking(stack: Any, *grants: Any, **ask: Any) -> None:
    """A machine that asks, waits as long as its input says, and a public page that answers."""
    written = {"Action": "ssm:PutParameter", "Resource": "arn:aws:ssm:us-east-1:123456789012:parameter/*"}
    stack.function("Keep", KEEP, written, FunctionName="keep")
    stack.function("Answer", ANSWER, *(grants or (GRANT,)))
    stack.public("Answer")
    stack.outputs["Url"] = {"Value": {"Fn::GetAtt": ["AnswerUrl", "FunctionUrl"]}}
    invoke = {"Action": "lambda:InvokeFunction", "Resource": stack.arn("Keep")}
    stack.role("MachineRole", invoke, service="states")
    states = {
        "Ask": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Parameters": {"FunctionName": "keep", "Payload": {"token.$": "$$.Task.Token", "keep.$": "$.keep"}},
            "TimeoutSecondsPath": "$.seconds",
            "Catch": [
                {"ErrorEquals": ["States.Timeout"], "ResultPath": "$.error", "Next": "Late"},
                {"ErrorEquals": ["Refused"], "ResultPath": "$.error", "Next": "Refused"},
            ],
            "Next": "Answered",
            **ask,
        },
        "Answered": {"Type": "Succeed"},
        "Refused": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
        "Late": {"Type": "Wait", "Seconds": 3600, "Next": "Gone"},
        "Gone": {"Type": "Fail", "Error": "NoAnswer"},
    }
    stack.add(
        "Machine",
        "AWS::StepFunctions::StateMachine",
        StateMachineName="asking",
        DefinitionString=json.dumps({"StartAt": "Ask", "States": states}),
        RoleArn=stack.arn("MachineRole"),
    )


def start(account: Any, name: str = "one", seconds: Any = 3600) -> str:
    """Starts an execution and lets it ask; its ARN."""
    text = json.dumps({"seconds": seconds, "keep": f"/{name}"})
    started = account.client("stepfunctions").start_execution(stateMachineArn=MACHINE, name=name, input=text)
    account.settle()
    arn: str = started["executionArn"]
    return arn


def token(account: Any, name: str = "one") -> str:
    kept: str = account.client("ssm").get_parameter(Name=f"/{name}")["Parameter"]["Value"]
    return kept


def answer(account: Any, text: str, **more: Any) -> Any:
    return browse(account.outputs["Url"], json.dumps({"token": text, **more}), {"Content-Type": "text/plain"}).json


def execution(account: Any, arn: str) -> Any:
    return account.client("stepfunctions").describe_execution(executionArn=arn)


def test_a_click_on_a_page_lets_the_machine_go_on(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    first, second = start(account, "one"), start(account, "two")

    assert answer(account, token(account, "one")) == "taken"
    assert answer(account, token(account, "two"), no=True) == "taken"
    account.settle()

    done, refused = execution(account, first), execution(account, second)
    assert (done["status"], json.loads(done["output"])) == ("SUCCEEDED", {"yes": True})
    assert (refused["error"], refused["cause"]) == ("Refused", "too dear")
    answers = [c for c in account.calls if c.action.startswith("states:SendTask")]
    assert {c.resources for c in answers} == {(MACHINE,)}


def test_an_answer_counts_once_even_when_two_come_at_the_same_time(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    start(account)
    text = token(account)
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(answer(account, text))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    account.settle()

    assert sorted(found) == ["TaskTimedOut", "TaskTimedOut", "taken"]
    assert answer(account, text, no=True) == "TaskTimedOut"


def test_an_answer_after_the_time_out_comes_too_late(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    arn = start(account, seconds=600)

    account.advance(timedelta(seconds=590))
    assert execution(account, arn)["status"] == "RUNNING"
    account.advance(timedelta(seconds=11))
    # The machine goes on for an hour, but nobody is asked any more.
    assert execution(account, arn)["status"] == "RUNNING"
    assert answer(account, token(account)) == "TaskTimedOut"
    account.advance(timedelta(hours=2))

    assert execution(account, arn)["error"] == "NoAnswer"
    assert answer(account, token(account)) == "TaskTimedOut"


def test_an_answer_to_a_stopped_execution_comes_too_late(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    arn = start(account)
    account.client("stepfunctions").stop_execution(executionArn=arn)

    assert answer(account, token(account)) == "TaskTimedOut"
    account.settle()
    assert execution(account, arn)["status"] == "ABORTED"


def test_a_token_that_never_was_and_an_output_that_is_no_json_are_refused(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    start(account)
    client = account.client("stepfunctions")

    assert answer(account, "made up") == "InvalidToken"
    with pytest.raises(client.exceptions.InvalidOutput):
        client.send_task_success(taskToken=token(account), output="yes")
    with pytest.raises(ClientError, match="ValidationException"):
        client.send_task_success(taskToken=token(account), output=json.dumps("x" * 262_144))


@pytest.mark.parametrize("grant", [{**GRANT, "Resource": f"{MACHINE}-2"}, {**GRANT, "Action": "states:StartExecution"}])
def test_only_a_grant_on_the_machine_lets_a_role_answer(stack: Any, opened: Any, grant: Any) -> None:
    asking(stack, grant)
    account = opened(stack)
    arn = start(account)

    assert answer(account, token(account)) == "AccessDeniedException"
    account.settle()
    assert execution(account, arn)["status"] == "RUNNING"


def test_a_retry_asks_anew_with_a_token_of_its_own(stack: Any, opened: Any) -> None:
    asking(stack, Retry=[{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 60, "MaxAttempts": 1}])
    account = opened(stack)
    arn = start(account, seconds=600)
    first = token(account)
    account.advance(timedelta(seconds=670))
    second = token(account)

    assert second != first
    assert answer(account, first) == "TaskTimedOut"
    account.advance(timedelta(seconds=500))
    assert execution(account, arn)["status"] == "RUNNING"
    assert answer(account, second) == "taken"
    account.settle()
    assert execution(account, arn)["status"] == "SUCCEEDED"


def test_heartbeats_keep_a_task_waiting(stack: Any, opened: Any) -> None:
    asking(stack, HeartbeatSeconds=100)
    account = opened(stack)
    arn = start(account)
    for _ in range(3):
        account.advance(timedelta(seconds=80))
        account.client("stepfunctions").send_task_heartbeat(taskToken=token(account))
        account.settle()
    assert execution(account, arn)["status"] == "RUNNING"

    account.advance(timedelta(seconds=110))
    assert answer(account, token(account)) == "TaskTimedOut"


@pytest.mark.parametrize("seconds", [0, -1, 1.5, "60"])
def test_a_time_out_that_is_no_positive_integer_fails_the_execution(stack: Any, opened: Any, seconds: Any) -> None:
    asking(stack)
    account = opened(stack)
    assert execution(account, start(account, seconds=seconds))["error"] == "States.Runtime"


WAIT = {
    "StartAt": "Until",
    "States": {
        "Until": {"Type": "Wait", "TimestampPath": "$.until", "Next": "Now"},
        "Now": {"Type": "Pass", "Parameters": {"entered.$": "$$.State.EnteredTime"}, "End": True},
    },
}


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Tokyo"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """This machine's zone, given back after the account is closed: its clock puts the zone back that it found."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.usefixtures("zone")
def test_a_wait_ends_at_its_timestamp_and_never_before(stack: Any, opened: Any) -> None:
    stack.role("MachineRole", service="states")
    stack.add(
        "Machine",
        "AWS::StepFunctions::StateMachine",
        StateMachineName="waiting",
        DefinitionString=json.dumps(WAIT),
        RoleArn=stack.arn("MachineRole"),
    )
    account = opened(stack)
    until = account.clock.now().replace(microsecond=0) + timedelta(hours=3)
    arn = account.client("stepfunctions").start_execution(
        stateMachineArn=account.physical_ids["Machine"],
        name="a",
        input=json.dumps({"until": f"{until:%Y-%m-%dT%H:%M:%SZ}"}),
    )["executionArn"]
    account.settle()
    account.advance(until - account.clock.now() - timedelta(seconds=2))
    assert execution(account, arn)["status"] == "RUNNING"
    account.advance(timedelta(seconds=4))
    ended = execution(account, arn)
    assert ended["status"] == "SUCCEEDED"
    assert until <= ended["stopDate"] <= until + timedelta(seconds=2)


def test_the_same_name_starts_once_while_it_runs_and_never_again(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    client = account.client("stepfunctions")
    arn = start(account)

    assert start(account) == arn
    assert len([i for i in account.invocations if i.function == "keep"]) == 1
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        start(account, seconds=7)
    answer(account, token(account))
    account.settle()
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        start(account)


def test_executions_started_at_the_same_time_under_one_name_are_one(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    client = account.client("stepfunctions")
    text = json.dumps({"seconds": 60, "keep": "/one"})
    found: list[str] = []

    def begin() -> None:
        found.append(client.start_execution(stateMachineArn=MACHINE, name="one", input=text)["executionArn"])

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    account.settle()

    assert len(set(found)) == 1
    assert len([i for i in account.invocations if i.function == "keep"]) == 1


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"name": "has space"}, "InvalidName"),
        ({"name": "x" * 80 + "é"}, "InvalidName"),
        ({"name": "a/b"}, "InvalidName"),
        ({"input": "{"}, "InvalidExecutionInput"),
        ({"input": json.dumps("x" * 262_144)}, "ValidationException"),
    ],
)
def test_an_execution_that_aws_would_not_start_is_refused(
    stack: Any, opened: Any, parameters: dict[str, str], code: str
) -> None:
    asking(stack)
    account = opened(stack)
    with pytest.raises(ClientError) as caught:
        account.client("stepfunctions").start_execution(
            **{"stateMachineArn": MACHINE, "name": "fine", "input": "{}", **parameters}
        )
    assert caught.value.response["Error"]["Code"] == code


def test_an_execution_needs_a_name_here(stack: Any, opened: Any) -> None:
    asking(stack)
    account = opened(stack)
    with pytest.raises(ClientError):
        account.client("stepfunctions").start_execution(stateMachineArn=MACHINE)
    with pytest.raises(UnmodelledCall, match="without a name"):
        account.settle()

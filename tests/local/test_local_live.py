"""Stories of an account that goes on by itself while somebody clicks; its functions tell a fake Slack when they ran."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from local import UnmodelledCall
from local.slack import FakeSlack
from tests.local.browsing import browse

START_MACHINE = """
    import boto3, json, os, uuid
    def handler(event, context):
        boto3.client("stepfunctions").start_execution(
            stateMachineArn=os.environ["MACHINE"], name=str(uuid.uuid4()), input=json.dumps({}))
        return {"statusCode": 202}
"""
TELL = """
    import boto3, json, os, urllib.request
    def tell(text):
        body = json.dumps({"text": text}).encode()
        urllib.request.urlopen(urllib.request.Request(os.environ["HOOK"], body)).close()
"""
REPORT = (
    TELL
    + """
    def handler(event, context):
        tell(json.dumps(event))
"""
)
FORBIDDEN = (
    TELL
    + """
    def handler(event, context):
        tell("about to")
        boto3.client("logs").describe_queries()
"""
)


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        yield slack


def telling(stack: Any, slack: FakeSlack, name: str, code: str = REPORT, *allow: Any) -> None:
    hook = {"Variables": {"HOOK": slack.webhook_url}}
    stack.function(name, code, *allow, FunctionName=name.lower(), Environment=hook)


def pressing(stack: Any, slack: FakeSlack) -> None:
    """A page whose button starts a machine, which rests a second and then calls a function that reports."""
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:pressed"
    telling(stack, slack, "Report")
    invoke = {"Action": "lambda:InvokeFunction", "Resource": stack.arn("Report")}
    stack.role("MachineRole", invoke, service="states")
    states = {
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Report"},
        "Report": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "report", "Payload": {"pressed": True}, "InvocationType": "Event"},
            "End": True,
        },
    }
    stack.add(
        "Machine",
        "AWS::StepFunctions::StateMachine",
        StateMachineName="pressed",
        DefinitionString=json.dumps({"StartAt": "Rest", "States": states}),
        RoleArn=stack.arn("MachineRole"),
    )
    start = {"Action": "states:StartExecution", "Resource": machine}
    stack.function("Button", START_MACHINE, start, Environment={"Variables": {"MACHINE": machine}})
    stack.public("Button")
    stack.outputs["Url"] = {"Value": {"Fn::GetAtt": ["ButtonUrl", "FunctionUrl"]}}


def test_a_live_account_goes_on_without_being_told_to(stack: Any, opened: Any, slack: FakeSlack) -> None:
    pressing(stack, slack)
    account = opened(stack)

    with account.live():
        assert browse(account.outputs["Url"]).status == 202
        slack.wait_for(1)
        # Whoever drives the account may do so meanwhile.
        browse(account.outputs["Url"])
        account.advance(timedelta(minutes=1))
        account.settle()

    assert [post.message["text"] for post in slack.posts] == ['{"pressed": true}'] * 2


def test_once_the_block_is_left_the_account_waits_again(stack: Any, opened: Any, slack: FakeSlack) -> None:
    telling(stack, slack, "Report")
    account = opened(stack)
    with account.live():
        pass

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("local-account")]
    account.client("lambda").invoke(FunctionName="report", InvocationType="Event", Payload=b"{}")
    assert slack.posts == []
    account.settle()
    assert len(slack.posts) == 1


def test_schedules_that_the_clock_reaches_fire(stack: Any, opened: Any, slack: FakeSlack) -> None:
    telling(stack, slack, "Tick")
    stack.rule("Minutely", {"Arn": stack.arn("Tick")}, ScheduleExpression="rate(1 minute)")
    stack.permit("Tick", stack.arn("Minutely"))
    account = opened(stack)
    account.clock.jump_to(account.clock.now() + timedelta(seconds=59))

    with account.live():
        slack.wait_for(1)


def test_a_new_deployment_and_many_clicks_at_once_do_no_harm(stack: Any, opened: Any, slack: FakeSlack) -> None:
    pressing(stack, slack)
    account = opened(stack)

    with account.live(every=0.001):
        clicks = [threading.Thread(target=browse, args=(account.outputs["Url"],)) for _ in range(6)]
        for click in clicks:
            click.start()
        for memory in (256, 512):
            stack.resources["Report"]["Properties"]["MemorySize"] = memory
            account.update_template(stack.template, stack.assets)
        for click in clicks:
            click.join()
        slack.wait_for(6, seconds=60)

    assert len(slack.posts) == 6


def provoke(account: Any, slack: FakeSlack, error: Exception | None = None) -> None:
    """Lets the account meet a call it does not model while it is live; then raises the error, if there is one."""
    with account.live():
        account.client("lambda").invoke(FunctionName="curious", InvocationType="Event", Payload=b"{}")
        slack.wait_for(1)
        if error is not None:
            raise error


def test_an_error_of_the_model_is_raised_when_the_block_is_left(stack: Any, opened: Any, slack: FakeSlack) -> None:
    telling(stack, slack, "Curious", FORBIDDEN, {"Action": "*", "Resource": "*"})
    account = opened(stack)

    with pytest.raises(UnmodelledCall, match="logs:DescribeQueries"):
        provoke(account, slack)


def test_an_error_of_the_block_comes_first_and_tells_of_the_other(stack: Any, opened: Any, slack: FakeSlack) -> None:
    telling(stack, slack, "Curious", FORBIDDEN, {"Action": "*", "Resource": "*"})
    account = opened(stack)

    with pytest.raises(ZeroDivisionError) as caught:
        provoke(account, slack, ZeroDivisionError())

    assert "logs:DescribeQueries" in caught.value.__notes__[0]

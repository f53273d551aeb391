"""Stories of topics: who may publish on one, and how a message reaches a function behind it."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import NotPermitted

ACCOUNT, OTHER = "123456789012", "210987654321"
ECHO = "def handler(event, context): return event"
BROKEN = "def handler(event, context): raise ValueError('not today')"
SERVICES = {
    "budgets.amazonaws.com": f"arn:aws:budgets::{ACCOUNT}:budget/team-a",
    "costalerts.amazonaws.com": f"arn:aws:ce::{ACCOUNT}:anomalysubscription/a",
    "cloudwatch.amazonaws.com": f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:meter",
}


def guarded(stack: Any) -> str:
    """A topic on which three services of this account publish, and nobody else."""
    arn = {"Ref": "Money"}
    stack.add("Money", "AWS::SNS::Topic")
    own = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    let_in = {"Effect": "Allow", "Principal": {"Service": list(SERVICES)}, "Condition": own}
    keep_out = {
        "Effect": "Deny",
        "Principal": "*",
        "Condition": {"BoolIfExists": {"aws:PrincipalIsAWSService": "false"}},
    }
    statements = [{**one, "Action": "sns:Publish", "Resource": arn} for one in (let_in, keep_out)]
    stack.add("Policy", "AWS::SNS::TopicPolicy", Topics=[arn], PolicyDocument={"Statement": statements})
    return "Money"


def subscribe(stack: Any, code: str = ECHO, *allow: Any, permit: bool = True, **more: Any) -> None:
    """A function that the topic Money invokes, if it may."""
    stack.function("Breaker", code, *allow)
    if permit:
        stack.permit("Breaker", {"Ref": "Money"}, "sns")
    to = {"TopicArn": {"Ref": "Money"}, "Protocol": "lambda", "Endpoint": stack.arn("Breaker")}
    stack.add("ToBreaker", "AWS::SNS::Subscription", **to, **more)


def sent_to(account: Any, service: str, source: str) -> None:
    account.publish(account.physical_ids["Money"], "over", "Subject", service=service, source_arn=source)


def test_the_services_that_a_topics_policy_names_may_publish(stack: Any, opened: Any) -> None:
    guarded(stack)
    account = opened(stack)

    for service, source in SERVICES.items():
        sent_to(account, service, source)

    assert [one.source for one in account.messages(account.physical_ids["Money"])] == list(SERVICES)


@pytest.mark.parametrize(
    ("service", "source"),
    [
        ("events.amazonaws.com", f"arn:aws:events:us-east-1:{ACCOUNT}:rule/any"),
        ("budgets.amazonaws.com", f"arn:aws:budgets::{OTHER}:budget/team-a"),
    ],
)
def test_another_service_or_another_account_may_not(stack: Any, opened: Any, service: str, source: str) -> None:
    guarded(stack)
    account = opened(stack)

    with pytest.raises(NotPermitted, match=service):
        sent_to(account, service, source)

    assert account.messages(account.physical_ids["Money"]) == []


def test_nobody_but_services_may_publish_whatever_their_own_policies_say(stack: Any, opened: Any) -> None:
    guarded(stack)
    stack.role("Admin", {"Action": "*", "Resource": "*"})
    account = opened(stack)
    topic = account.physical_ids["Money"]
    admin = account.client("iam").get_role(RoleName=account.physical_ids["Admin"])["Role"]["Arn"]

    for client in (account.client("sns", admin), account.client("sns"), account.client("sns", user="ada")):
        with pytest.raises(ClientError, match="AuthorizationError"):
            client.publish(TopicArn=topic, Message="over")
    with pytest.raises(NotPermitted, match="denies even the owner"):
        account.publish(topic, "over", service=None)

    assert account.messages(topic) == []
    assert {(call.allowed, call.resources) for call in account.calls if call.service == "sns"} == {(False, (topic,))}


def test_a_function_gets_a_message_in_the_shape_of_sns(stack: Any, opened: Any) -> None:
    stack.add("Money", "AWS::SNS::Topic")
    subscribe(stack)
    account = opened(stack)
    topic = account.physical_ids["Money"]

    said = {"severity": {"DataType": "String", "StringValue": "high"}}
    account.client("sns").publish(TopicArn=topic, Message="over", MessageAttributes=said)
    account.settle()

    (record,) = account.invocations[0].payload["Records"]
    sns = record.pop("Sns")
    assert record == {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "EventSubscriptionArn": account.physical_ids["ToBreaker"],
    }
    assert set(sns) == {
        "Type",
        "MessageId",
        "TopicArn",
        "Subject",
        "Message",
        "Timestamp",
        "SignatureVersion",
        "Signature",
        "SigningCertUrl",
        "UnsubscribeUrl",
        "MessageAttributes",
    }
    assert (sns["Type"], sns["TopicArn"], sns["Subject"], sns["Message"]) == ("Notification", topic, None, "over")
    assert sns["MessageAttributes"] == {"severity": {"Type": "String", "Value": "high"}}


def test_every_subscriber_sees_the_same_message_id(stack: Any, opened: Any) -> None:
    stack.add("Money", "AWS::SNS::Topic")
    subscribe(stack)
    stack.add("Inbox", "AWS::SQS::Queue")
    stack.let_in("Inbox", "sns", {"Ref": "Money"})
    to = {"TopicArn": {"Ref": "Money"}, "Protocol": "sqs", "Endpoint": stack.arn("Inbox")}
    stack.add("ToInbox", "AWS::SNS::Subscription", **to)
    account = opened(stack)

    account.publish(account.physical_ids["Money"], "over", service=None)

    (message,) = account.messages(account.physical_ids["Money"])
    queued = json.loads(account.queue(account.physical_ids["Inbox"])[0]["Body"])
    assert message.id == queued["MessageId"] == account.invocations[0].payload["Records"][0]["Sns"]["MessageId"]
    assert "Subject" not in queued


@pytest.mark.parametrize("permit", [None, "arn:aws:sns:us-east-1:123456789012:another"])
def test_a_function_that_does_not_let_the_topic_in_is_not_tried_again(
    stack: Any, opened: Any, permit: str | None
) -> None:
    stack.add("Money", "AWS::SNS::Topic")
    stack.add("Dead", "AWS::SQS::Queue")
    stack.let_in("Dead", "sns", {"Ref": "Money"})
    subscribe(stack, permit=False, RedrivePolicy={"deadLetterTargetArn": stack.arn("Dead")})
    if permit:
        stack.permit("Breaker", permit, "sns")
    account = opened(stack)

    account.publish(account.physical_ids["Money"], "over", service=None)
    account.advance(timedelta(hours=1))

    assert account.invocations == []
    (dead,) = account.queue(account.physical_ids["Dead"])
    assert json.loads(dead["Body"])["Message"] == "over"


def test_a_message_that_a_function_fails_on_is_tried_three_times_and_kept(stack: Any, opened: Any) -> None:
    stack.add("Money", "AWS::SNS::Topic")
    stack.add("Failures", "AWS::SQS::Queue")
    subscribe(stack, BROKEN, {"Action": "sqs:SendMessage", "Resource": stack.arn("Failures")})
    stack.add(
        "Config",
        "AWS::Lambda::EventInvokeConfig",
        FunctionName={"Ref": "Breaker"},
        Qualifier="$LATEST",
        DestinationConfig={"OnFailure": {"Destination": stack.arn("Failures")}},
    )
    account = opened(stack)

    account.publish(account.physical_ids["Money"], "over", service=None)
    account.advance(timedelta(minutes=4))

    assert [(one.attempt, one.trigger) for one in account.invocations] == [(1, "sns"), (2, "sns"), (3, "sns")]
    (failure,) = account.queue(account.physical_ids["Failures"])
    assert json.loads(failure["Body"])["requestPayload"]["Records"][0]["Sns"]["Message"] == "over"
    assert account.losses == []


def test_an_anomaly_on_the_bus_reaches_the_function_of_its_rule(stack: Any, opened: Any, event: Any) -> None:
    stack.function("Breaker", ECHO)
    pattern = {"source": ["aws.ce"], "detail-type": ["Anomaly Detected"]}
    stack.rule("OnAnomaly", {"Arn": stack.arn("Breaker")}, EventPattern=pattern)
    stack.permit("Breaker", stack.arn("OnAnomaly"))
    account = opened(stack)

    detail = {"accountId": ACCOUNT, "impact": {"totalImpact": 1001.0}}
    delivery = account.put_event(event("aws.ce", detail, **{"detail-type": "Anomaly Detected"}))

    assert delivery.rules == ["OnAnomaly"]
    assert account.invocations[0].payload["detail"] == detail

"""Stories of events on their way to a handler, along the template's own wiring."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from local import NeverQuiet

ECHO = """
    def handler(event, context):
        print("got", event.get("id"))
        return event
"""
BROKEN = """
    def handler(event, context):
        raise ValueError("no such order")
"""
TELL_TIME = """
    from datetime import UTC, datetime
    def handler(event, context):
        return datetime.now(UTC).isoformat()
"""


def test_an_event_reaches_the_function_its_rule_names(stack: Any, opened: Any, event: Any) -> None:
    stack.function("Orders", ECHO)
    stack.rule("OnOrder", {"Arn": stack.arn("Orders")}, EventPattern={"source": ["shop"]})
    stack.permit("Orders", stack.arn("OnOrder"))
    account = opened(stack)

    delivery = account.put_event(event("shop"))
    account.put_event(event("warehouse"))

    assert delivery.rules == ["OnOrder"]
    assert [t.outcome for t in delivery.targets] == ["delivered"]
    (invocation,) = account.invocations
    assert invocation.result == event("shop")
    assert "got 11111111" in invocation.log


def test_without_a_lambda_permission_the_event_goes_straight_to_the_dead_letter_queue(
    stack: Any, opened: Any, event: Any
) -> None:
    stack.function("Orders", ECHO)
    stack.add("Dead", "AWS::SQS::Queue")
    target = {"Arn": stack.arn("Orders"), "DeadLetterConfig": {"Arn": stack.arn("Dead")}}
    stack.rule("OnOrder", target, EventPattern={"source": ["shop"]})
    stack.let_in("Dead", "events", stack.arn("OnOrder"))
    account = opened(stack)

    delivery = account.put_event(event())

    assert account.invocations == []
    assert [t.outcome for t in delivery.targets] == ["dead-letter"]
    (dead,) = account.queue(account.physical_ids["Dead"])
    assert json.loads(dead["Body"]) == event()
    assert "ERROR_CODE" in dead["MessageAttributes"]


def test_a_permission_for_another_rule_does_not_count(stack: Any, opened: Any, event: Any) -> None:
    stack.function("Orders", ECHO)
    stack.rule("OnOrder", {"Arn": stack.arn("Orders")}, EventPattern={"source": ["shop"]})
    stack.permit("Orders", "arn:aws:events:us-east-1:123456789012:rule/another")
    account = opened(stack)

    (target,) = account.put_event(event()).targets

    assert target.outcome == "dropped"
    assert "lambda:InvokeFunction" in target.reason


def test_a_queue_without_a_policy_refuses_the_event(stack: Any, opened: Any, event: Any) -> None:
    stack.add("Inbox", "AWS::SQS::Queue")
    stack.rule("OnOrder", {"Arn": stack.arn("Inbox")}, EventPattern={"source": ["shop"]})
    account = opened(stack)

    (target,) = account.put_event(event()).targets

    assert target.outcome == "dropped"
    assert account.queue(account.physical_ids["Inbox"]) == []


def test_targets_get_the_input_the_template_gives_them(stack: Any, opened: Any, event: Any) -> None:
    stack.function("Orders", ECHO)
    arn = stack.arn("Orders")
    transformer = {
        "InputPathsMap": {"n": "$.detail.n", "who": "$.detail.who", "gone": "$.detail.gone"},
        "InputTemplate": '{"n": <n>, "text": "order of <who><gone>", "who": <who>}',
    }
    stack.rule(
        "OnOrder",
        {"Arn": arn, "Input": '{"fixed": true}'},
        {"Arn": arn, "InputPath": "$.detail"},
        {"Arn": arn, "InputTransformer": transformer},
        EventPattern={"source": ["shop"]},
    )
    stack.permit("Orders", stack.arn("OnOrder"))
    account = opened(stack)

    account.put_event(event(detail={"n": 3, "who": 'a "b"'}))

    assert [i.payload for i in account.invocations] == [
        {"fixed": True},
        {"n": 3, "who": 'a "b"'},
        {"n": 3, "text": 'order of a "b"', "who": 'a "b"'},
    ]


def test_a_disabled_rule_and_a_scheduled_rule_match_no_event(stack: Any, opened: Any, event: Any) -> None:
    stack.function("Orders", ECHO)
    arn = stack.arn("Orders")
    stack.rule("Off", {"Arn": arn}, EventPattern={"source": ["shop"]}, State="DISABLED")
    stack.rule("Hourly", {"Arn": arn}, ScheduleExpression="rate(1 hour)")
    stack.permit("Orders", {"Fn::GetAtt": ["Off", "Arn"]})
    stack.permit("Orders", {"Fn::GetAtt": ["Hourly", "Arn"]})
    account = opened(stack)

    assert account.put_event(event()).rules == []

    account.client("events").enable_rule(Name=account.physical_ids["Off"])
    assert account.put_event(event()).rules == ["Off"]


def test_schedules_fire_in_order_as_time_advances(stack: Any, opened: Any) -> None:
    stack.function("Sweep", TELL_TIME)
    arn = stack.arn("Sweep")
    stack.rule("Hourly", {"Arn": arn, "Input": '"hourly"'}, ScheduleExpression="rate(1 hour)")
    stack.rule("Daily", {"Arn": arn, "Input": '"daily"'}, ScheduleExpression="cron(10 14 * * ? *)")
    stack.permit("Sweep", stack.arn("Hourly"))
    stack.permit("Sweep", stack.arn("Daily"))
    account = opened(stack)

    account.advance(timedelta(hours=3, minutes=1))

    assert [i.payload for i in account.invocations] == ["hourly", "hourly", "daily", "hourly"]
    # The handler itself sees virtual time.
    assert [i.result[:16] for i in account.invocations][1:3] == ["2026-03-01T14:00", "2026-03-01T14:10"]


def test_a_schedule_can_be_run_by_hand(stack: Any, opened: Any) -> None:
    stack.function("Sweep", ECHO)
    stack.rule("NightlySweep", {"Arn": stack.arn("Sweep")}, ScheduleExpression="cron(0 3 * * ? *)")
    stack.permit("Sweep", stack.arn("NightlySweep"))
    account = opened(stack)

    account.run_schedule("Nightly")

    assert account.invocations[0].payload["detail-type"] == "Scheduled Event"


def test_a_failing_function_is_retried_twice_and_then_its_destination_hears_of_it(
    stack: Any, opened: Any, event: Any
) -> None:
    stack.add("Failures", "AWS::SQS::Queue")
    stack.function("Orders", BROKEN, {"Action": "sqs:SendMessage", "Resource": stack.arn("Failures")})
    stack.add(
        "Config",
        "AWS::Lambda::EventInvokeConfig",
        FunctionName={"Ref": "Orders"},
        Qualifier="$LATEST",
        DestinationConfig={"OnFailure": {"Destination": stack.arn("Failures")}},
    )
    stack.rule("OnOrder", {"Arn": stack.arn("Orders")}, EventPattern={"source": ["shop"]})
    stack.permit("Orders", stack.arn("OnOrder"))
    account = opened(stack)

    account.put_event(event())
    assert [i.attempt for i in account.invocations] == [1]
    account.advance(timedelta(minutes=1))
    assert [i.attempt for i in account.invocations] == [1, 2]
    account.advance(timedelta(minutes=2))
    assert [i.attempt for i in account.invocations] == [1, 2, 3]
    assert len({i.request_id for i in account.invocations}) == 1

    (failure,) = account.queue(account.physical_ids["Failures"])
    envelope = json.loads(failure["Body"])
    assert envelope["requestPayload"] == event()
    assert envelope["requestContext"]["condition"] == "RetriesExhausted"
    assert envelope["requestContext"]["approximateInvokeCount"] == 3
    assert envelope["responsePayload"]["errorType"] == "ValueError"
    assert envelope["responsePayload"]["errorMessage"] == "no such order"


def test_a_dead_letter_queue_the_role_may_not_write_to_loses_the_event(stack: Any, opened: Any, event: Any) -> None:
    stack.add("Failures", "AWS::SQS::Queue")
    stack.function("Orders", BROKEN, DeadLetterConfig={"TargetArn": stack.arn("Failures")})
    stack.rule("OnOrder", {"Arn": stack.arn("Orders")}, EventPattern={"source": ["shop"]})
    stack.permit("Orders", stack.arn("OnOrder"))
    account = opened(stack)

    account.put_event(event())
    account.advance(timedelta(minutes=5))

    assert account.queue(account.physical_ids["Failures"]) == []
    assert "may not sqs:SendMessage" in account.losses[0].reason


def test_a_topic_fans_out_to_a_function_a_queue_and_an_inbox(stack: Any, opened: Any) -> None:
    stack.add("Alerts", "AWS::SNS::Topic")
    stack.add("Raw", "AWS::SQS::Queue")
    stack.add("Closed", "AWS::SQS::Queue")
    stack.function("Notify", ECHO)
    stack.permit("Notify", stack.arn("Alerts"), "sns")
    stack.let_in("Raw", "sns", stack.arn("Alerts"))
    for name, protocol, endpoint, raw in (
        ("ToFunction", "lambda", stack.arn("Notify"), False),
        ("ToRaw", "sqs", stack.arn("Raw"), True),
        ("ToClosed", "sqs", stack.arn("Closed"), False),
        ("ToMail", "email", "ops@example.com", False),
    ):
        stack.add(
            name,
            "AWS::SNS::Subscription",
            TopicArn=stack.arn("Alerts"),
            Protocol=protocol,
            Endpoint=endpoint,
            **({"RawMessageDelivery": True} if raw else {}),
        )
    account = opened(stack)
    topic = account.physical_ids["Alerts"]

    body = json.dumps({"default": "short", "sqs": '{"a": 1}', "email": "Dear all"})
    account.client("sns").publish(TopicArn=topic, Message=body, Subject="Hello", MessageStructure="json")
    account.settle()

    (message,) = account.messages(topic)
    assert (message.subject, message.body("email"), message.body("lambda")) == ("Hello", "Dear all", "short")
    assert account.invocations[0].payload["Records"][0]["Sns"]["Message"] == "short"
    assert [m["Body"] for m in account.queue(account.physical_ids["Raw"])] == ['{"a": 1}']
    assert account.queue(account.physical_ids["Closed"]) == []
    assert len(account.losses) == 1


def test_a_custom_event_put_by_a_function_enters_the_bus(stack: Any, opened: Any, event: Any) -> None:
    code = """
        import boto3
        def handler(event, context):
            entry = {"Source": "billing", "DetailType": "Paid", "Detail": "{}"}
            return boto3.client("events").put_events(Entries=[entry])["FailedEntryCount"]
    """
    bus = "arn:aws:events:us-east-1:123456789012:event-bus/default"
    stack.function("Orders", code, {"Action": "events:PutEvents", "Resource": bus})
    stack.function("Billing", ECHO)
    stack.rule("OnOrder", {"Arn": stack.arn("Orders")}, EventPattern={"source": ["shop"]})
    stack.rule("OnPaid", {"Arn": stack.arn("Billing")}, EventPattern={"source": ["billing"]})
    stack.permit("Orders", stack.arn("OnOrder"))
    stack.permit("Billing", stack.arn("OnPaid"))
    account = opened(stack)

    account.put_event(event())

    assert [i.payload["detail-type"] for i in account.invocations] == ["Order", "Paid"]


def test_a_rule_reaches_a_queue_and_a_topic_that_let_it_in(stack: Any, opened: Any, event: Any) -> None:
    stack.add("Inbox", "AWS::SQS::Queue")
    stack.add("News", "AWS::SNS::Topic")
    targets = ({"Arn": stack.arn("Inbox")}, {"Arn": stack.arn("News"), "Input": '"an order"'})
    stack.rule("OnOrder", *targets, EventPattern={"source": ["shop"]})
    stack.let_in("Inbox", "events", stack.arn("OnOrder"))
    allow = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": stack.arn("News"),
    }
    topics = {"Topics": [stack.arn("News")], "PolicyDocument": {"Statement": [allow]}}
    stack.add("NewsPolicy", "AWS::SNS::TopicPolicy", **topics)
    account = opened(stack)

    delivery = account.put_event(event())

    assert [t.outcome for t in delivery.targets] == ["delivered", "delivered"]
    assert json.loads(account.queue(account.physical_ids["Inbox"])[0]["Body"]) == event()
    assert [m.message for m in account.messages(account.physical_ids["News"])] == ["an order"]


def test_a_message_its_subscriber_refuses_goes_to_the_subscriptions_dead_letter_queue(stack: Any, opened: Any) -> None:
    stack.add("Alerts", "AWS::SNS::Topic")
    stack.add("Closed", "AWS::SQS::Queue")
    stack.add("Dead", "AWS::SQS::Queue")
    stack.let_in("Dead", "sns", stack.arn("Alerts"))
    stack.add(
        "ToClosed",
        "AWS::SNS::Subscription",
        TopicArn=stack.arn("Alerts"),
        Protocol="sqs",
        Endpoint=stack.arn("Closed"),
        RedrivePolicy={"deadLetterTargetArn": stack.arn("Dead")},
    )
    account = opened(stack)

    account.publish(account.physical_ids["Alerts"], "help", service=None)

    (dead,) = account.queue(account.physical_ids["Dead"])
    assert json.loads(dead["Body"])["Message"] == "help"


def test_a_loop_in_the_wiring_is_an_error_instead_of_a_hang(
    stack: Any, opened: Any, event: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = """
        import boto3
        def handler(event, context):
            boto3.client("events").put_events(
                Entries=[{"Source": "shop", "DetailType": "Order", "Detail": "{}"}])
    """
    stack.function("Orders", code, {"Action": "events:PutEvents", "Resource": "*"})
    stack.rule("OnOrder", {"Arn": stack.arn("Orders")}, EventPattern={"source": ["shop"]})
    stack.permit("Orders", stack.arn("OnOrder"))
    account = opened(stack)
    monkeypatch.setattr("local.simulation.MAX_STEPS", 10)

    with pytest.raises(NeverQuiet):
        account.put_event(event())

"""What a message of the failure queue holds, and whom it is for: by table."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cli.failures import takers, unwrap
from functions.registry import GUARDRAILS


def call(name: str = "CreateLogGroup", **changes: Any) -> dict[str, Any]:
    """An EventBridge event of an API call to CloudWatch Logs."""
    event = {
        "version": "0",
        "id": "11111111-2222-4333-8444-555555555555",
        "detail-type": "AWS API Call via CloudTrail",
        "source": "aws.logs",
        "account": "123456789012",
        "time": "2026-07-01T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": {
            "eventSource": "logs.amazonaws.com",
            "eventName": name,
            "requestParameters": {"logGroupName": "/aws/lambda/young"},
        },
    }
    return {**event, **changes}


def from_destination(payload: Any) -> dict[str, Any]:
    """What Lambda sends to an on-failure destination."""
    return {
        "version": "1.0",
        "timestamp": "2026-07-01T12:05:00.000Z",
        "requestContext": {
            "requestId": "6d3b1d0c-0000-4000-8000-000000000000",
            "functionArn": "arn:aws:lambda:us-east-1:123456789012:function:fusebox-us-east-1-log-retention:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": payload,
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "responsePayload": {"errorType": "ActionFailed", "errorMessage": "…"},
    }


def batch(*payloads: Any) -> dict[str, Any]:
    """What a function is given from an SQS queue."""
    return {"Records": [{"messageId": str(n), "body": json.dumps(one)} for n, one in enumerate(payloads)]}


def deep_detail(depth: int) -> str:
    """An event whose detail is deep."""
    return json.dumps(call(detail={"x": "?"})).replace('"?"', "[" * depth + "]" * depth)


def nested(depth: int) -> dict[str, Any]:
    return call() if depth == 0 else from_destination(nested(depth - 1))


@pytest.mark.parametrize(
    ("body", "events"),
    [
        (call(), [call()]),
        (from_destination(call()), [call()]),
        (batch(call()), [call()]),
        (from_destination(batch(call(), call("DeleteRetentionPolicy"))), [call(), call("DeleteRetentionPolicy")]),
        (batch(from_destination(call())), [call()]),
    ],
    ids=["bare", "destination", "batch", "destination around a batch", "batch of destinations"],
)
def test_the_event_comes_out_as_it_was_sent(body: Any, events: list[Any]) -> None:
    found = unwrap(json.dumps(body))
    assert list(found.events) == events
    assert found.problems == ()


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("", "is no JSON"),
        ("{", "is no JSON"),
        ("[]", "is no JSON object"),
        ("null", "is no JSON object"),
        ("{}", "'id' is missing"),
        (json.dumps(call(detail=None)), "'detail' is missing"),
        (json.dumps(call(time="noon")), "'time' is no ISO time"),
        (json.dumps(from_destination("lost")), "is no JSON object: 'lost'"),
        (json.dumps({"Records": [{"body": 7}]}), "a record without a body"),
        (json.dumps({"Records": ["x"]}), "a record without a body"),
        (json.dumps(from_destination({"fusebox": "sweep", "run": "x"})), "the next sweep does it all again"),
        (json.dumps(nested(9)), "without end"),
        ("[" * 100_000, "nested too deeply"),
        ('{"Records":' + "[" * 60_000 + "]" * 60_000 + "}", "nested too deeply"),
        (deep_detail(100_000), "nested too deeply"),
        ('{"Records":' + "9" * 6_000 + "}", "is no JSON"),
        (json.dumps(call(time="0001-01-01T00:00:00+14:00")), "time"),
    ],
)
def test_what_is_no_event_is_named_and_never_raised(body: str, why: str) -> None:
    found = unwrap(body)
    assert found.events == ()
    assert why in found.problems[0]


def test_a_batch_gives_up_its_good_events_beside_its_bad_ones() -> None:
    found = unwrap(json.dumps(batch(call(), {"id": 1})))
    assert len(found.events) == 1
    assert len(found.problems) == 1


def test_an_empty_batch_holds_nothing() -> None:
    assert unwrap('{"Records": []}').events == ()


@pytest.mark.parametrize(
    ("event", "names"),
    [
        (call(), ("log_retention",)),
        (call("PutRetentionPolicy"), ("log_retention",)),
        (call("DeleteLogGroup"), ()),
        (call(source="aws.ec2"), ()),
        (call(**{"detail-type": "Scheduled Event"}), ()),
        (call(detail={}), ()),
        (call(detail={"eventName": ["CreateLogGroup"]}), ()),
    ],
)
def test_an_event_goes_to_the_guardrails_that_may_want_it(event: dict[str, Any], names: tuple[str, ...]) -> None:
    assert takers(event, GUARDRAILS) == names


NOTICE = {"fusebox": "notice", "kind": "question", "key": "question run-1"}
UNDO = {"fusebox": "undo", "actions": ["run-1.0123456789"], "by": "link holder"}


def test_a_notice_that_slack_did_not_take_is_for_slack() -> None:
    found = unwrap(json.dumps(NOTICE))
    assert (found.notices, found.events, found.problems) == ((NOTICE,), (), ())


def test_an_undo_that_failed_is_for_the_function_that_failed() -> None:
    found = unwrap(json.dumps(from_destination(UNDO)))
    assert found.undos == (("fusebox-us-east-1-log-retention", UNDO),)
    assert found.problems == ()


FROM_TOPIC = {"Records": [{"EventSource": "aws:sns", "Sns": {"MessageId": "1", "Message": "AWS Budget Notification"}}]}


def test_messages_of_a_topic_that_failed_are_for_the_function_that_failed() -> None:
    found = unwrap(json.dumps(from_destination(FROM_TOPIC)))
    assert found.heard == (("fusebox-us-east-1-log-retention", FROM_TOPIC),)
    assert found.problems == ()


def test_messages_that_were_sent_to_no_function_stay() -> None:
    wrapped = from_destination(FROM_TOPIC) | {"requestContext": {}}
    assert unwrap(json.dumps(wrapped)).problems == ("was sent to no function",)


def test_an_undo_of_no_function_stays() -> None:
    wrapped = from_destination(UNDO) | {"requestContext": {"functionArn": "?"}}
    assert unwrap(json.dumps(wrapped)).problems == ("is an undo of no function",)

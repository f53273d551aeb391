"""Stories of messages that SNS refuses, and of what subscribers get of those with a text for each protocol."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import UnmodelledCall

LIMIT = 262_144


def topic(stack: Any, opened: Any) -> tuple[Any, str]:
    stack.add("News", "AWS::SNS::Topic")
    account = opened(stack)
    return account, account.physical_ids["News"]


def structured(**bodies: Any) -> dict[str, str]:
    return {"MessageStructure": "json", "Message": json.dumps(bodies)}


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (structured(default="x" * LIMIT), "Message too long"),
        (structured(default="x", sqs="é" * (LIMIT // 2)), "Message too long"),
        ({"Message": "x" * (LIMIT + 1)}, "Message too long"),
        (
            {
                "Message": "x" * (LIMIT - 5),
                "MessageAttributes": {"severity": {"DataType": "String", "StringValue": "high"}},
            },
            "Message too long",
        ),
        (structured(sqs="no default"), "Message Structure - No default entry in JSON message body"),
        (structured(default={"a": 1}), "Message Structure - No default entry in JSON message body"),
        ({"MessageStructure": "json", "Message": "plain"}, "Message Structure - JSON message body failed to parse"),
        ({"MessageStructure": "json", "Message": "[]"}, "Message Structure - JSON message body failed to parse"),
        ({"MessageStructure": "xml", "Message": "<a/>"}, "MessageStructure"),
        ({"Message": ""}, "Empty message"),
        ({"Message": "m", "Subject": "s" * 101}, "Subject"),
        ({"Message": "m", "Subject": "two\nlines"}, "Subject"),
        ({"Message": "m", "Subject": "a\tb"}, "Subject"),
        ({"Message": "m", "Subject": "bell\x07"}, "Subject"),
    ],
)
def test_what_sns_would_refuse_is_refused_and_reaches_nobody(
    stack: Any, opened: Any, message: dict[str, Any], reason: str
) -> None:
    account, arn = topic(stack, opened)

    with pytest.raises(ClientError) as caught:
        account.client("sns").publish(TopicArn=arn, **message)

    error = caught.value.response["Error"]
    assert (error["Code"], error["Message"]) == ("InvalidParameter", f"Invalid parameter: {reason}")
    assert account.messages(arn) == []


def test_what_just_fits_is_taken(stack: Any, opened: Any) -> None:
    account, arn = topic(stack, opened)
    publish = account.client("sns").publish
    rest = len(json.dumps({"default": ""}))

    publish(TopicArn=arn, Subject="é" * 100, **structured(default="x" * (LIMIT - rest)))
    publish(TopicArn=arn, Message="x" * LIMIT)

    assert [len(m.message) for m in account.messages(arn)] == [LIMIT - rest, LIMIT]


def test_a_text_that_is_none_is_left_out(stack: Any, opened: Any) -> None:
    account, arn = topic(stack, opened)

    account.client("sns").publish(TopicArn=arn, **structured(default="all", email="mail", sqs={"not": "text"}))

    (message,) = account.messages(arn)
    assert [message.body(protocol) for protocol in ("email", "sqs", "lambda")] == ["mail", "all", "all"]


def test_a_batch_with_a_bad_entry_is_not_modelled(stack: Any, opened: Any) -> None:
    account, arn = topic(stack, opened)
    with pytest.raises(ClientError):
        account.client("sns").publish_batch(
            TopicArn=arn, PublishBatchRequestEntries=[{"Id": "a", "Message": "m", "Subject": "s" * 101}]
        )
    with pytest.raises(UnmodelledCall, match="PublishBatch"):
        account.settle()

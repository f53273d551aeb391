"""What an SNS topic hands to a function: envelopes that can be read, and those that cannot."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from functions.core.messages import Message, is_from_topic, read_messages
from functions.core.types import MalformedEvent

TOPIC = "arn:aws:sns:us-east-1:123456789012:fusebox-us-east-1-budgets"


def invocation(**more: Any) -> dict[str, Any]:
    """One message as Lambda is handed it; None for a key leaves it out."""
    sns = {
        "Type": "Notification",
        "MessageId": "95df01b4-ee98-5cb9-9903-4c221d41eb5e",
        "TopicArn": TOPIC,
        "Subject": "spent",
        "Message": "a text",
        "Timestamp": "2026-11-02T12:00:00.638Z",
        **more,
    }
    present = {key: value for key, value in sns.items() if value is not None}
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": present}]}


def test_a_message_is_read_with_its_topic_and_its_time() -> None:
    sent = datetime(2026, 11, 2, 12, 0, 0, 638000, tzinfo=UTC)
    wanted = Message(TOPIC, "95df01b4-ee98-5cb9-9903-4c221d41eb5e", "spent", "a text", sent)
    assert is_from_topic(invocation())
    assert read_messages(invocation()) == [wanted]


def test_a_message_may_have_no_subject_and_an_empty_text() -> None:
    (message,) = read_messages(invocation(Subject=None, Message=""))
    assert (message.subject, message.body) == ("", "")


def test_several_messages_keep_their_order() -> None:
    records = [*invocation(Message="first")["Records"], *invocation(Message="second")["Records"]]
    assert [one.body for one in read_messages({"Records": records})] == ["first", "second"]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "text",
        {},
        {"Records": []},
        {"Records": "no"},
        {"Records": [{"eventSource": "aws:sqs", "body": "{}"}]},
        {"Records": [*invocation()["Records"], {"eventSource": "aws:sqs", "body": "{}"}]},
        {"detail-type": "Anomaly Detected", "source": "aws.ce", "detail": {}},
    ],
)
def test_what_comes_by_no_topic_is_told_from_what_does(raw: object) -> None:
    assert not is_from_topic(raw)


@pytest.mark.parametrize("key", ["TopicArn", "MessageId", "Message", "Timestamp"])
@pytest.mark.parametrize("value", [None, 7, {"a": 1}, ["a"]])
def test_an_envelope_without_what_every_message_has_is_told_of(key: str, value: object) -> None:
    with pytest.raises(MalformedEvent, match=f"'{key}'"):
        read_messages(invocation(**{key: value}))


@pytest.mark.parametrize("time", ["yesterday", "2026-13-02T12:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_time_that_is_none_is_told_of(time: str) -> None:
    with pytest.raises(MalformedEvent, match="time"):
        read_messages(invocation(Timestamp=time))


def test_a_record_without_its_message_is_told_of() -> None:
    with pytest.raises(MalformedEvent, match="Sns"):
        read_messages({"Records": [{"EventSource": "aws:sns"}]})

"""Messages of an SNS topic, as Lambda is handed them.

Shape: AWS Lambda developer guide, "Using AWS Lambda with Amazon SNS"; `Subject` is null where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core.events import shown
from functions.core.state import parse_moment
from functions.core.types import MalformedEvent


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose envelope has been checked; what its body says has not."""

    topic_arn: str
    message_id: str
    subject: str
    body: str
    sent_at: datetime


def is_from_topic(raw: object) -> bool:
    """Whether an input is a batch of records of an SNS topic."""
    records = raw.get("Records") if isinstance(raw, Mapping) else None
    return isinstance(records, list) and bool(records) and all(_is_from_topic(one) for one in records)


def read_messages(raw: Mapping[str, Any]) -> list[Message]:
    """The messages as values; raises MalformedEvent with what is missing or of the wrong type."""
    return [_message(record.get("Sns")) for record in raw["Records"]]


def _is_from_topic(record: object) -> bool:
    return isinstance(record, Mapping) and record.get("EventSource") == "aws:sns"


def _message(sns: object) -> Message:
    if not isinstance(sns, Mapping):
        raise MalformedEvent("a record of a topic without its `Sns`")
    text = {}
    for key in ("TopicArn", "MessageId", "Message", "Timestamp"):
        if not isinstance(sns.get(key), str):
            raise MalformedEvent(f"message field {key!r} is missing or no text: {shown(sns.get(key))}")
        text[key] = sns[key]
    try:
        sent_at = parse_moment(text["Timestamp"])
    except ValueError as error:
        raise MalformedEvent(
            f"message {text['MessageId']!r:.80}: its time is none: {text['Timestamp']!r:.40}"
        ) from error
    subject = sns.get("Subject")
    return Message(
        text["TopicArn"], text["MessageId"], subject if isinstance(subject, str) else "", text["Message"], sent_at
    )

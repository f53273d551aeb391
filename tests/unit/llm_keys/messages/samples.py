"""The sample events of llm_keys, the policy that they speak of, and what the readers make of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from functions.core.alarm_events import ALARM_CHANGE
from functions.core.events import Skip, foreign, read_event
from functions.core.messages import Message, is_from_topic, read_messages
from functions.core.types import MalformedEvent, Refused, Scope
from functions.llm_keys import names
from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.keys import Key
from functions.llm_keys.messages.alarm_event import budget_of_alarm
from functions.llm_keys.messages.anomaly import anomaly_of
from functions.llm_keys.messages.heard import Heard
from functions.llm_keys.messages.reader import hear
from functions.llm_keys.settings import LlmKeysSettings
from tests.aws_world import ACCOUNT, REGION

SAMPLES = Path(__file__).parents[4] / "events" / "llm_keys"
SCOPE = Scope(ACCOUNT, REGION)
NOW = datetime(2026, 11, 2, 12, 5, tzinfo=UTC)
TOPIC = names.topic_arn(f"fusebox-{REGION}", partition="aws", region=REGION, account=ACCOUNT)
NAMES = ("ml-platform", "Research Budget", "quiet")
SETTINGS = LlmKeysSettings(
    keys=(Key(name="chat", kind="bedrock_principal", id=f"arn:aws:iam::{ACCOUNT}:role/chat"),),
    budgets=tuple(
        Budget(name=name, amount=500.0, keys=("chat",), sources=(Source(kind="aws"), Source(kind="meter")))
        for name in NAMES
    ),
)


@dataclass(frozen=True)
class Sample:
    """A file of events/llm_keys."""

    name: str
    case: dict[str, Any]

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = self.case["event"]
        return found

    @cached_property
    def outcome(self) -> object:
        """What is heard in it, or the skip or the error that it ends in."""
        return outcome(self.event)


def message_of(body: str, subject: str = "") -> Message:
    """A message of the budget topic."""
    return Message(TOPIC, "254078db-ff09-5f4f-8c04-266076dcf322", subject, body, NOW)


def heard_in(body: str, settings: LlmKeysSettings = SETTINGS) -> Heard | Skip:
    """What is heard in a message of the budget topic; raises as `hear` does."""
    return hear(message_of(body), SCOPE, settings)


def in_topic(body: str) -> dict[str, Any]:
    """A message of the budget topic as Lambda is handed it."""
    sns = {"TopicArn": TOPIC, "MessageId": "m", "Subject": None, "Message": body, "Timestamp": NOW.isoformat()}
    return {"Records": [{"EventSource": "aws:sns", "Sns": sns}]}


def outcome(raw: Any) -> object:
    """What the function would look at for a message or an event, as far as these alone tell."""
    try:
        return _of_topic(raw) if is_from_topic(raw) else _of_event(raw)
    except (MalformedEvent, Refused) as error:
        return error


def _of_topic(raw: Any) -> Heard | Skip:
    (message,) = read_messages(raw)
    # The topic and the time are not the reader's to check: its caller does.
    if message.topic_arn != TOPIC:
        raise Refused("another topic")
    if message.sent_at > NOW:
        raise Refused("from after now")
    return hear(message, SCOPE, SETTINGS)


def _of_event(raw: Any) -> Heard | Skip:
    event = read_event(raw)
    passed_over = foreign(event, SCOPE, NOW)
    if passed_over is not None:
        return passed_over
    if (event.source, event.detail_type) == ("aws.ce", "Anomaly Detected"):
        return anomaly_of(event)
    if (event.source, event.detail_type) != ("aws.cloudwatch", ALARM_CHANGE):
        return Skip("another event")
    budget = budget_of_alarm(event, SETTINGS)
    return budget if isinstance(budget, Skip) else Heard((budget,), "")


ALL = [Sample(file.stem, json.loads(file.read_text())) for file in sorted(SAMPLES.glob("*.json"))]
FROM_TOPIC = [one for one in ALL if "Records" in one.event]

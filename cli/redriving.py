"""Hands what the failure queue holds to whom it is for once more, and keeps what it cannot hand over."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli import trouble
from cli.failures import takers, unwrap
from functions.core.clients import Clients
from functions.registry import GUARDRAILS

BATCH = 10
HIDDEN_SECONDS = 300
"""While messages are being looked at, nobody else sees them; those that stay are shown again at the end."""
ACCEPTED = 202


@dataclass(frozen=True, slots=True)
class Message:
    """A message with what became of it: `sent` names (what, to whom); `problems` says why it stays."""

    id: str
    receipt: str
    body: str
    sent: tuple[tuple[str, str], ...]
    problems: tuple[str, ...]


class FailureQueue:
    """The failure queue of a deployed Fusebox; `name` begins the names of its functions."""

    def __init__(self, clients: Clients, url: str, name: str) -> None:
        self._clients = clients
        self._url = url
        self._name = name

    def redrive(self) -> Iterator[Message]:
        """Every message once: handed over whole and deleted, or left where it is with why."""
        for raw in self._messages():
            message = self._hand_over(raw)
            if not message.problems:
                self.delete(message)
            yield message

    def delete(self, message: Message) -> None:
        """Removes a message for good."""
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message.receipt)

    def show_again(self, message: Message) -> None:
        """Lets others see a message that stays."""
        self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=message.receipt, VisibilityTimeout=0)

    def _messages(self) -> Iterator[Mapping[str, Any]]:
        seen: set[str] = set()
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._url, MaxNumberOfMessages=BATCH, VisibilityTimeout=HIDDEN_SECONDS, WaitTimeSeconds=1
            )
            fresh = [one for one in answer.get("Messages", []) if one["MessageId"] not in seen]
            if not fresh:
                return
            seen.update(one["MessageId"] for one in fresh)
            yield from fresh

    def _hand_over(self, raw: Mapping[str, Any]) -> Message:
        found = unwrap(raw["Body"])
        problems, sent = list(found.problems), list[tuple[str, str]]()
        for event in found.events:
            names = takers(event, GUARDRAILS)
            if not names:
                problems.append(f"event {event['id']} ({event['source']}, {event['detail-type']}) is for no guardrail")
            for name in names:
                function = f"{self._name}-{name.replace('_', '-')}"
                self._note(sent, problems, f"event {event['id']}", name, self._invoke(event, function))
        for notice in found.notices:
            self._note(sent, problems, f"message {notice.get('key')!s:.80}", "notify", self._tell(notice))
        for function, undo in found.undos:
            self._note(sent, problems, "undo", function, self._invoke(undo, function))
        for function, batch in found.heard:
            self._note(sent, problems, "message of a topic", function, self._invoke(batch, function))
        if not (sent or problems):
            problems.append("holds no event")
        return Message(raw["MessageId"], raw["ReceiptHandle"], raw["Body"], tuple(sent), tuple(problems))

    @staticmethod
    def _note(sent: list[tuple[str, str]], problems: list[str], what: str, whom: str, trouble_met: str) -> None:
        if trouble_met:
            problems.append(f"{what} did not reach {whom}: {trouble_met}")
        else:
            sent.append((what, whom))

    def _tell(self, notice: Mapping[str, Any]) -> str:
        """Puts a notice back into the queue that Slack is told from; returns "" or what went wrong."""
        try:
            url = self._sqs.get_queue_url(QueueName=f"{self._name}-notify")["QueueUrl"]
            self._sqs.send_message(QueueUrl=url, MessageBody=json.dumps(notice))
        except ClientError as error:
            return trouble.refusal(error)
        except BotoCoreError as error:
            return trouble.one_line(str(error))
        return ""

    def _invoke(self, payload: Mapping[str, Any], function: str) -> str:
        """Invokes a guardrail's function with what failed, as it came; returns "" or what went wrong."""
        try:
            answer = self._clients.get("lambda").invoke(
                FunctionName=function, InvocationType="Event", Payload=json.dumps(payload).encode()
            )
        except ClientError as error:
            return trouble.refusal(error)
        except BotoCoreError as error:
            return trouble.one_line(str(error))
        status = answer["StatusCode"]
        return "" if status == ACCEPTED else f"Lambda answered {status}"

    @property
    def _sqs(self) -> Any:
        return self._clients.get("sqs")

"""From the alerts queue to Slack: told once, whatever happens on the way."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import boto3
import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError
from moto import mock_aws

from functions.core import message
from functions.core.clients import Clients, Retries
from functions.core.notice import Notice
from functions.core.types import MalformedEvent
from functions.notify.notifier import Notifier
from functions.notify.spec import SlackSettings
from functions.notify.waiting import RECEIVES, pause_for
from tests.aws_world import REGION, create_table
from tests.unit.notify.samples import SAMPLES
from tests.unit.notify.slack_server import Answer, Slack, slack_server

QUEUE = "https://sqs.us-east-1.amazonaws.com/123456789012/fusebox-us-east-1-notify"
FIRST, SECOND, THIRD = SAMPLES["run_enforce"], SAMPLES["question_mixed_app"], SAMPLES["undo"]


class Queue:
    """Stands for SQS: only what the function asks of it, written down."""

    def __init__(self) -> None:
        self.pauses: dict[str, int] = {}

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:
        assert QueueUrl == QUEUE
        self.pauses[ReceiptHandle] = VisibilityTimeout


class World(Clients):
    """Fusebox's table, topic and secret in moto, Slack on this machine, a clock, and the logs."""

    def __init__(self, slack: Slack) -> None:
        super().__init__(REGION)
        self.slack, self.queue, self.logs = slack, Queue(), io.StringIO()
        self.now = datetime(2027, 1, 31, 9, 0, tzinfo=UTC)
        self.said: list[dict[str, Any]] = []
        self.secret_reads = 0
        self.secrets = boto3.client("secretsmanager", region_name=REGION)
        self.arn = self.secrets.create_secret(Name="fusebox-us-east-1-slack-webhook")["ARN"]
        self.notifier = Notifier()
        vars(self.notifier).update(
            clients=self,
            clock=lambda: self.now,
            # Loggers of one name share their stream.
            log=Logger(service=f"fusebox-{uuid4()}", stream=self.logs),
            settings=SlackSettings(webhook=True),
        )

    def get(self, service: str, retries: Retries = "standard") -> Any:
        if service == "sqs":
            return self.queue
        known = (service, retries) in self._made
        client = super().get(service, retries)
        if service == "sns" and not known:
            client.meta.events.register(
                "provide-client-params.sns.Publish", lambda params, **_: self.said.append(params)
            )
        if service == "secretsmanager" and not known:
            client.meta.events.register("before-call.secretsmanager.GetSecretValue", self._read)
        return client

    def _read(self, **_: Any) -> None:
        self.secret_reads += 1

    def configure(self, url: str) -> None:
        self.secrets.put_secret_value(SecretId=self.arn, SecretString=url)

    def hand(self, *bodies: Notice | str, receives: int = 1) -> list[str]:
        """Hands a batch to the function; returns the ids of what failed."""
        self.queue.pauses.clear()
        records = [self._record(number, body, receives) for number, body in enumerate(bodies)]
        answer = self.notifier.handle({"Records": records}, None)
        return [one["itemIdentifier"] for one in answer["batchItemFailures"]]

    @staticmethod
    def _record(number: int, body: Notice | str, receives: int) -> dict[str, Any]:
        text = body if isinstance(body, str) else json.loads(message.by_protocol(body))["sqs"]
        return {
            "messageId": f"m{number}",
            "receiptHandle": f"r{number}",
            "body": text,
            "attributes": {"ApproximateReceiveCount": str(receives)},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:123456789012:fusebox-us-east-1-notify",
            "awsRegion": REGION,
        }


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, aws_keys: None, caplog: pytest.LogCaptureFixture) -> Iterator[World]:
    """A world whose webhook is set; at its end nothing was logged that tells the address."""
    caplog.set_level(logging.DEBUG, logger="aws_lambda_powertools")
    with mock_aws(), slack_server() as slack:
        create_table()
        topic = boto3.client("sns", region_name=REGION).create_topic(Name="operations")["TopicArn"]
        made = World(slack)
        for name, value in {
            "FUSEBOX_TABLE": "fusebox",
            "FUSEBOX_OPERATIONS_TOPIC": topic,
            "FUSEBOX_SLACK_SECRET": made.arn,
            "FUSEBOX_NOTIFY_QUEUE": QUEUE,
            "FUSEBOX_STACK": "Fusebox",
        }.items():
            monkeypatch.setenv(name, value)
        made.configure(slack.url)
        yield made
        for text in (made.logs.getvalue(), caplog.text, json.dumps(made.said)):
            assert "SECRET" not in text
            assert "/services/" not in text


def titles(*notices: Notice) -> list[str]:
    return [one.title for one in notices]


def test_a_batch_is_told(world: World) -> None:
    assert world.hand(FIRST, SECOND, THIRD) == []
    assert world.slack.titles == titles(FIRST, SECOND, THIRD)
    assert world.queue.pauses == {}
    assert world.secret_reads == 1


def test_a_notification_of_sns_is_read_as_well(world: World) -> None:
    body = json.dumps({"Type": "Notification", "Message": json.dumps(FIRST.to_json()), "Subject": "x"})
    assert world.hand(body) == []
    assert world.slack.titles == titles(FIRST)


def test_settings_reach_the_message(world: World) -> None:
    vars(world.notifier)["settings"] = SlackSettings(webhook=True, app=True)
    world.hand(SECOND)
    assert world.slack.taken[0]["blocks"][-1]["type"] == "actions"


def test_a_duplicate_is_not_posted_again(world: World) -> None:
    world.hand(FIRST, FIRST)
    assert world.hand(FIRST, receives=2) == []
    assert world.slack.titles == titles(FIRST)
    row = world.notifier.table.get([("state#told", FIRST.key)])["state#told", FIRST.key]
    assert row.version == 1
    assert row.expires == int((world.now + timedelta(days=14)).timestamp())


def test_while_slack_is_down_the_batch_waits_and_is_then_told_once(world: World) -> None:
    world.slack.answers = [Answer(503, "down")]
    assert world.hand(FIRST, SECOND, THIRD) == ["m0", "m1", "m2"]
    assert len(world.slack.received) == 1
    assert world.queue.pauses == {"r0": 30, "r1": 30, "r2": 30}
    assert world.hand(FIRST, SECOND, THIRD, receives=2) == []
    assert world.slack.titles == titles(FIRST, SECOND, THIRD)


def test_what_was_told_before_slack_went_down_is_not_told_again(world: World) -> None:
    world.slack.answers = [Answer(), Answer(500, "rollup_error")]
    assert world.hand(FIRST, SECOND, THIRD) == ["m1", "m2"]
    assert set(world.queue.pauses) == {"r1", "r2"}
    assert world.hand(FIRST, SECOND, THIRD, receives=2) == []
    assert world.slack.titles == titles(FIRST, SECOND, THIRD)


def test_a_slow_slack_costs_one_timeout_a_batch(world: World) -> None:
    world.slack.answers = [Answer(slow=True)]
    world.notifier.timeout = 0.2
    assert world.hand(FIRST, SECOND) == ["m0", "m1"]
    assert len(world.slack.received) == 1
    assert world.queue.pauses == {"r0": 30, "r1": 30}


@pytest.mark.parametrize(("asked", "receives", "pause"), [("120", 1, 120), ("1", 4, 240), ("999999", 1, 3600)])
def test_after_429_the_rest_waits_as_long_as_slack_asks(world: World, asked: str, receives: int, pause: int) -> None:
    world.slack.answers = [Answer(429, "rate_limited", {"Retry-After": asked})]
    assert world.hand(FIRST, SECOND, THIRD, receives=receives) == ["m0", "m1", "m2"]
    assert len(world.slack.received) == 1
    assert world.queue.pauses == {"r0": pause, "r1": pause, "r2": pause}
    assert world.hand(FIRST, SECOND, THIRD, receives=receives + 1) == []
    assert world.slack.titles == titles(FIRST, SECOND, THIRD)


def test_pauses_double_and_last_six_hours() -> None:
    pauses = [pause_for(receives) for receives in range(1, RECEIVES + 1)]
    assert pauses[:7] == [30, 60, 120, 240, 480, 900, 900]
    assert timedelta(hours=6) <= timedelta(seconds=sum(pauses)) < timedelta(hours=6, minutes=15)
    assert pause_for(10_000) == 900


def test_a_revoked_webhook_is_reported_once_and_works_again_when_it_is_repaired(world: World) -> None:
    world.slack.answers = [Answer(404, "no_service")] * 3
    assert world.hand(FIRST, SECOND) == ["m0", "m1"]
    assert world.hand(FIRST, receives=2) == ["m0"]
    assert world.queue.pauses == {"r0": 900}
    (said,) = world.said
    assert "404 no_service" in said["Message"]
    assert "fusebox secret set slack-webhook --stack Fusebox" in said["Message"]
    world.configure(world.slack.url + "-repaired")
    assert world.hand(FIRST, SECOND, receives=3) == []
    assert world.slack.titles == titles(FIRST, SECOND)
    assert world.slack.received[-1][0].endswith("-repaired")


def test_the_next_day_a_refusal_is_reported_again(world: World) -> None:
    world.slack.answers = [Answer(410, "channel_is_archived")] * 2
    world.hand(FIRST)
    world.now += timedelta(days=1)
    world.hand(FIRST)
    assert len(world.said) == 2


def test_a_message_that_slack_refuses_stops_no_other(world: World) -> None:
    world.slack.answers = [Answer(400, "invalid_blocks")]
    assert world.hand(FIRST, SECOND, THIRD) == ["m0"]
    assert world.queue.pauses == {"r0": 900}
    assert world.slack.titles == titles(SECOND, THIRD)


def test_a_redirect_is_a_refusal_and_the_message_goes_nowhere_else(world: World) -> None:
    world.slack.answers = [Answer(302, "", {"Location": "/elsewhere"})]
    assert world.hand(FIRST) == ["m0"]
    assert len(world.slack.received) == 1
    assert world.queue.pauses == {"r0": 900}


def test_a_secret_that_is_no_address_is_reported_and_not_shown(world: World) -> None:
    world.configure("hooks.slack.com/services/T0000/B0000/Xy7SECRETxyzzy")
    assert world.hand(FIRST) == ["m0"]
    assert "the secret holds no https address" in world.said[0]["Message"]
    assert world.slack.received == []


def test_the_address_is_read_anew_after_five_minutes(world: World) -> None:
    world.hand(FIRST)
    world.now += timedelta(minutes=4)
    world.hand(SECOND)
    assert world.secret_reads == 1
    world.now += timedelta(minutes=2)
    world.hand(THIRD)
    assert world.secret_reads == 2


def test_without_a_value_nothing_fails_and_it_is_said_once(world: World) -> None:
    world.arn = world.secrets.create_secret(Name="empty")["ARN"]
    vars(world.notifier)["secret"] = type(world.notifier.secret)(world, world.arn)
    assert world.hand(FIRST, SECOND) == []
    assert world.hand(THIRD) == []
    assert world.slack.received == []
    (said,) = world.said
    assert said["Subject"] == "Fusebox: Slack is not configured"
    assert "fusebox secret set slack-webhook --stack Fusebox" in said["Message"]
    logged = [json.loads(line) for line in world.logs.getvalue().splitlines()]
    assert {one["level"] for one in logged} == {"INFO"}
    world.configure(world.slack.url)
    assert world.hand(replace(FIRST, key="run later")) == []
    assert world.slack.titles == titles(FIRST)


@pytest.mark.parametrize(
    "body",
    [
        "no JSON",
        "[]",
        "null",
        '{"fusebox": "notice"}',
        '{"fusebox": "else"}',
        '{"Type": "Notification"}',
        '{"Type": "Notification", "Message": "plain"}',
        json.dumps({**FIRST.to_json(), "groups": 3}),
        json.dumps({**FIRST.to_json(), "new": 1}),
    ],
)
def test_what_is_no_notice_fails_at_once_and_stops_no_other(world: World, body: str) -> None:
    assert world.hand(body, FIRST) == ["m0"]
    assert world.queue.pauses == {"r0": 0}
    assert "MalformedEvent" in world.logs.getvalue()
    assert world.slack.titles == titles(FIRST)


def test_only_batches_are_taken(world: World) -> None:
    raws: list[Any] = [{}, [], None, {"Records": "x"}, FIRST.to_json()]
    for raw in raws:
        with pytest.raises(MalformedEvent):
            world.notifier.handle(raw, None)


def test_a_table_that_cannot_be_read_keeps_the_message(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.notifier.table, "get", denied)
    assert world.hand(FIRST, receives=3) == ["m0"]
    assert world.queue.pauses == {"r0": 120}
    assert world.slack.received == []
    assert "AccessDeniedException" in world.logs.getvalue()


def test_what_was_told_but_could_not_be_noted_does_not_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.notifier.table, "write", denied)
    assert world.hand(FIRST) == []
    assert world.slack.titles == titles(FIRST)
    assert "told, but not noted" in world.logs.getvalue()


def denied(*_: object) -> Any:
    raise ClientError({"Error": {"Code": "AccessDeniedException", "Message": "stopped"}}, "TransactWriteItems")

"""fusebox redrive: what failed is looked at again, and nothing is lost on the way."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSResponse

from tests.cli.conftest import NAME, Fusebox
from tests.cli.test_failures import FROM_TOPIC, call, from_destination


@pytest.fixture
def invoked(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A deployed Fusebox whose functions accept any event; holds what they were invoked with."""
    fusebox.deploy()
    calls: list[dict[str, Any]] = []
    watch = fusebox.watch

    def answer(model: Any, params: dict[str, Any], **_: Any) -> Any:
        refused = watch(model)
        if refused or model.name != "Invoke":
            return refused
        kind = params["headers"]["X-Amz-Invocation-Type"]
        calls.append({"url": params["url_path"], "kind": kind, "event": json.loads(params["body"])})
        return AWSResponse("", 202, {}, None), {"StatusCode": 202, "ResponseMetadata": {"HTTPStatusCode": 202}}

    import botocore.handlers

    handlers = [one for one in botocore.handlers.BUILTIN_HANDLERS if one[1] != watch]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", [*handlers, ("before-call", answer)])
    return calls


def fail(*bodies: Any) -> None:
    queue = boto3.client("sqs")
    url = queue.get_queue_url(QueueName=f"{NAME}-failures")["QueueUrl"]
    for body in bodies:
        queue.send_message(QueueUrl=url, MessageBody=body if isinstance(body, str) else json.dumps(body))


def left() -> int:
    """Messages that the next reader sees."""
    queue = boto3.client("sqs")
    url = queue.get_queue_url(QueueName=f"{NAME}-failures")["QueueUrl"]
    found = queue.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(found["Attributes"]["ApproximateNumberOfMessages"])


def test_events_go_to_their_guardrail_again_and_leave_the_queue(fusebox: Fusebox, invoked: list[Any]) -> None:
    fail(call(), from_destination(call("PutRetentionPolicy")))
    ran = fusebox("redrive")
    assert ran.code == 0
    assert "2 of 2 messages handed over, none left." in ran.out
    assert [one["event"] for one in invoked] == [call(), call("PutRetentionPolicy")]
    assert {one["kind"] for one in invoked} == {"Event"}
    assert all(f"function/{NAME}-log-retention/" in one["url"].replace("functions", "function") for one in invoked)
    assert left() == 0


def test_a_topics_messages_go_to_the_function_that_could_not_take_them(fusebox: Fusebox, invoked: list[Any]) -> None:
    fail(from_destination(FROM_TOPIC))
    ran = fusebox("redrive")
    assert ran.code == 0
    assert f"message of a topic handed to {NAME}-log-retention" in ran.out
    assert [one["event"] for one in invoked] == [FROM_TOPIC]
    assert left() == 0


def test_what_nobody_can_take_stays_with_its_reason(fusebox: Fusebox, invoked: list[Any]) -> None:
    fail("rubbish", call("DeleteLogGroup"), call())
    ran = fusebox("redrive", "--stack", "Fusebox")
    assert ran.code == 1
    assert "stays: is no JSON: 'rubbish'" in ran.out
    assert "is for no guardrail" in ran.out
    assert "1 of 3 messages handed over, 2 left in the queue." in ran.out
    assert len(invoked) == 1
    assert left() == 2


def test_discarding_prints_before_it_deletes(fusebox: Fusebox, invoked: list[Any]) -> None:
    fail("rubbish")
    ran = fusebox("redrive", "--discard")
    assert ran.code == 0
    assert "rubbish\n" in ran.out
    assert "1 discarded" in ran.out
    assert (left(), invoked) == (0, [])


def test_a_message_that_could_not_be_handed_over_stays(fusebox: Fusebox, invoked: list[Any]) -> None:
    fail(call())
    fusebox.deny("Invoke")
    ran = fusebox("redrive", "--json")
    assert ran.code == 1
    (message,) = ran.json["messages"]
    assert "did not reach log_retention: not allowed to call Invoke" in message["problems"][0]
    assert left() == 1


def test_one_hostile_message_blocks_no_other(fusebox: Fusebox, invoked: list[Any]) -> None:
    hostile = [
        "[" * 100_000,
        call(time="0001-01-01T00:00:00+14:00"),
        call(source="x", id="\ud800"),
        call(source="x", id="\x1b[2J\x1b]0;owned\x07\n11111111: event good handed to log_retention"),
    ]
    fail(*hostile, call())
    ran = fusebox("redrive")
    assert ran.code == 1
    assert "1 of 5 messages handed over, 4 left in the queue." in ran.out
    assert "event \\ud800 (x, " in ran.out
    assert "event \\x1b[2J\\x1b]0;owned\\x07\\n11111111: " in ran.out
    assert all(line.isprintable() for line in ran.out.splitlines())
    assert (len(invoked), left()) == (1, 4)


def test_hostile_messages_are_json_too(fusebox: Fusebox, invoked: list[Any]) -> None:
    fail(call(source="x", id="\ud800\x9b2J\U000e0001"))
    ran = fusebox("redrive", "--discard", "--json")
    assert "\ud800\x9b2J\U000e0001" in ran.json["messages"][0]["problems"][0]
    assert all(line.isprintable() for line in ran.out.splitlines())


def test_an_empty_queue_is_no_trouble(fusebox: Fusebox, invoked: list[Any]) -> None:
    ran = fusebox("redrive")
    assert (ran.code, invoked) == (0, [])
    assert "0 of 0 messages handed over" in ran.out


def test_without_a_deployed_fusebox_there_is_no_queue(fusebox: Fusebox) -> None:
    ran = fusebox("redrive")
    assert ran.code == 2
    assert "no Fusebox is deployed here" in ran.complaint

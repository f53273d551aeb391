"""Stories of the fake Slack: what it takes, what it turns away, and how it can misbehave."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from local.slack import INVALID_TOKEN, NO_SERVICE, SERVER_ERROR, FakeSlack, rate_limited, slow
from tests.local.browsing import Page, browse


def send(slack: FakeSlack, message: Any) -> Page:
    return browse(slack.webhook_url, json.dumps(message), {"Content-Type": "application/json"})


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": True}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("b" * 75), "action_id": "a" * 255, "value": "v" * 2000, **more}


CONFIRM = {"title": plain("Sure?"), "text": mrkdwn("Really"), "confirm": plain("Yes"), "deny": plain("No")}
IMAGE = {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a"}
FULL = [
    {"type": "header", "text": plain("h" * 150), "block_id": "i" * 255},
    {"type": "section", "text": mrkdwn("s" * 3000), "accessory": button(style="danger", confirm=CONFIRM)},
    {"type": "section", "fields": [mrkdwn("f" * 2000)] * 10},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn("c"), plain("d"), IMAGE] * 3 + [IMAGE]},
    {"type": "actions", "elements": [button(action_id=str(n), style="primary") for n in range(25)]},
    IMAGE,
]


def test_a_message_at_every_limit_is_taken_and_remembered() -> None:
    message = {"text": "t" * 40_000, "blocks": FULL + [{"type": "divider"}] * (50 - len(FULL))}
    with FakeSlack() as slack:
        page = send(slack, message)

        assert (page.status, page.text) == (200, "ok")
        assert slack.messages == [message]
        assert slack.posts[0].path == "/services/T00000000/B00000000/local"


@pytest.mark.parametrize(
    ("blocks", "reason"),
    [
        ([{"type": "divider"}] * 51, "blocks: needs a list of 0 to 50"),
        ([{"type": "header", "text": plain("h" * 151)}], "blocks/0/text: text has 151 characters"),
        ([{"type": "header", "text": mrkdwn("h")}], "blocks/0/text: needs a text object of type plain_text"),
        ([{"type": "header"}], "blocks/0/text: needs a text object"),
        ([{"type": "divider"}, {"type": "section", "text": mrkdwn("s" * 3001)}], "blocks/1/text: text has 3001"),
        ([{"type": "section", "text": mrkdwn("")}], "blocks/0/text: text must be text, and not empty"),
        ([{"type": "section", "text": "bare"}], "blocks/0/text: needs a text object"),
        ([{"type": "section"}], "blocks/0: a section needs text or fields"),
        ([{"type": "section", "fields": [plain("f")] * 11}], "blocks/0/fields: needs a list of 1 to 10"),
        ([{"type": "section", "fields": [plain("f" * 2001)]}], "blocks/0/fields/0: text has 2001"),
        ([{"type": "context", "elements": [plain("c")] * 11}], "blocks/0/elements: needs a list of 1 to 10"),
        ([{"type": "context", "elements": []}], "blocks/0/elements: needs a list of 1 to 10"),
        ([{"type": "actions", "elements": [button()] * 26}], "blocks/0/elements: needs a list of 1 to 25"),
        ([{"type": "actions", "elements": [button(), button()]}], "blocks/0: action_id: used twice"),
        ([{"type": "actions", "elements": [button(text=plain("b" * 76))]}], "blocks/0/elements/0/text: text has 76"),
        ([{"type": "actions", "elements": [button(text=mrkdwn("b"))]}], "blocks/0/elements/0/text: needs"),
        ([{"type": "actions", "elements": [button(value="v" * 2001)]}], "blocks/0/elements/0: value has 2001"),
        ([{"type": "actions", "elements": [button(action_id="a" * 256)]}], "blocks/0/elements/0: action_id has 256"),
        ([{"type": "actions", "elements": [button(url="u" * 3001)]}], "blocks/0/elements/0: url has 3001"),
        ([{"type": "actions", "elements": [button(style="loud")]}], "blocks/0/elements/0: style 'loud'"),
        ([{"type": "actions", "elements": [button(confirm={})]}], "blocks/0/elements/0/confirm/title: needs"),
        ([{"type": "actions", "elements": [{"type": "datepicker"}]}], "blocks/0/elements/0: an element of type"),
        ([{"type": "divider", "block_id": "i" * 256}], "blocks/0: block_id has 256"),
        ([{"type": "divider", "block_id": "same"}] * 2, "blocks: block_id: used twice"),
        ([{"type": "divider", "colour": "red"}], "blocks/0: additional property colour"),
        ([{"type": "section", "text": {**mrkdwn("s"), "emoji": True}}], "blocks/0/text: additional property emoji"),
        ([{"type": "rich_text", "elements": []}], "blocks/0: a block of type 'rich_text' is not modelled"),
        (["divider"], "blocks/0: a block of type None"),
    ],
)
def test_blocks_that_slack_would_refuse_are_refused_with_the_reason(blocks: list[Any], reason: str) -> None:
    with FakeSlack() as slack:
        page = send(slack, {"text": "t", "blocks": blocks})

        assert (page.status, page.text) == (400, "invalid_blocks")
        assert slack.posts[0].reason.startswith(reason)
        assert slack.messages == []


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        ("payload", "invalid_payload"),
        ("[]", "invalid_payload"),
        ("{}", "no_text"),
        (json.dumps({"text": "t" * 40_001}), "msg_too_long"),
    ],
)
def test_a_message_that_is_none_is_refused(body: str, answer: str) -> None:
    with FakeSlack() as slack:
        page = browse(slack.webhook_url, body)
        assert (page.status, page.text) == (400, answer)
        assert browse(slack.webhook_url).status == 405


def test_slack_can_be_told_to_turn_messages_away() -> None:
    with FakeSlack() as slack:
        slack.then(rate_limited(30), INVALID_TOKEN, NO_SERVICE, SERVER_ERROR)
        pages = [send(slack, {"text": str(n)}) for n in range(5)]

        assert [(page.status, page.text) for page in pages] == [
            (429, "rate_limited"),
            (403, "invalid_token"),
            (404, "no_service"),
            (500, "rollup_error"),
            (200, "ok"),
        ]
        assert pages[0].headers["retry-after"] == "30"
        assert slack.messages == [{"text": "4"}]
        assert [post.message for post in slack.posts] == [{"text": str(n)} for n in range(5)]

        slack.always(NO_SERVICE)
        assert [send(slack, {"text": "gone"}).status for _ in range(2)] == [404, 404]


def test_slack_can_be_slow_until_it_is_released() -> None:
    released = threading.Event()
    with FakeSlack() as slack:
        slack.then(slow(released))
        statuses: list[int] = []
        sending = threading.Thread(target=lambda: statuses.append(send(slack, {"text": "late"}).status))
        sending.start()
        (post,) = slack.wait_for(1)
        assert (post.message, statuses) == ({"text": "late"}, [])
        assert send(slack, {"text": "another"}).status == 200

        released.set()
        sending.join()
        assert statuses == [200]


def test_leaving_lets_go_of_whoever_waits() -> None:
    statuses: list[int] = []
    with FakeSlack() as slack:
        slack.always(slow(threading.Event()))
        sending = threading.Thread(target=lambda: statuses.append(send(slack, {"text": "late"}).status))
        sending.start()
        slack.wait_for(1)
    sending.join()
    assert statuses == [200]


def test_waiting_for_what_never_comes_ends() -> None:
    with FakeSlack() as slack, pytest.raises(TimeoutError, match="0 of 1"):
        slack.wait_for(1, seconds=0.01)


POST = """
    import json, os, urllib.request
    def handler(event, context):
        request = urllib.request.Request(
            os.environ["HOOK"], json.dumps({"text": "from inside"}).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as answer:
            return answer.read().decode()
"""


def test_a_function_posts_to_it(stack: Any, opened: Any) -> None:
    with FakeSlack() as slack:
        stack.function("Tell", POST, Environment={"Variables": {"HOOK": slack.webhook_url}})
        account = opened(stack)
        answer = account.client("lambda").invoke(FunctionName=account.physical_ids["Tell"])

        assert json.loads(answer["Payload"].read()) == "ok"
        assert slack.messages == [{"text": "from inside"}]

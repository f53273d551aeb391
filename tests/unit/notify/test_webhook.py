"""What becomes of one post."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from functions.notify.webhook import Later, Refusal, Sent, post
from tests.unit.notify.slack_server import SECRET_PATH, Answer, Slack, slack_server

MESSAGE = {"text": "hello 😀"}


@pytest.fixture
def slack() -> Iterator[Slack]:
    with slack_server() as server:
        yield server


def test_a_message_that_slack_takes_is_sent(slack: Slack) -> None:
    assert post(slack.url, MESSAGE) == Sent()
    assert slack.received == [(SECRET_PATH, MESSAGE)]


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, "rate_limited", {"Retry-After": "120"}), 120),
        (Answer(429, "rate_limited"), 0),
        (Answer(429, "", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), 0),
        (Answer(429, "", {"Retry-After": "-5"}), 0),
        (Answer(500, "rollup_error"), 0),
        (Answer(503, "<html>"), 0),
        (Answer(408, ""), 0),
    ],
)
def test_what_passes_is_tried_later(slack: Slack, answer: Answer, seconds: int) -> None:
    slack.answers = [answer]
    outcome = post(slack.url, MESSAGE)
    assert isinstance(outcome, Later)
    assert outcome.seconds == seconds
    assert str(answer.status) in outcome.why


@pytest.mark.parametrize(
    ("status", "body", "why"),
    [
        (400, "invalid_blocks", "Slack answered 400 invalid_blocks"),
        (403, "action_prohibited", "Slack answered 403 action_prohibited"),
        (404, "no_service", "Slack answered 404 no_service"),
        (410, "channel_is_archived", "Slack answered 410 channel_is_archived"),
        (404, f"no {SECRET_PATH} here", "Slack answered 404"),
        (404, "x" * 10_000, "Slack answered 404"),
    ],
)
def test_what_a_person_must_repair_is_a_refusal(slack: Slack, status: int, body: str, why: str) -> None:
    slack.answers = [Answer(status, body)]
    assert post(slack.url, MESSAGE) == Refusal(why)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(slack: Slack, status: int) -> None:
    slack.answers = [Answer(status, "", {"Location": slack.url.replace(SECRET_PATH, "/elsewhere")})]
    outcome = post(slack.url, MESSAGE)
    assert isinstance(outcome, Refusal)
    assert "redirect" in outcome.why
    assert len(slack.received) == 1


def test_no_answer_in_time_is_tried_later(slack: Slack) -> None:
    slack.answers = [Answer(slow=True)]
    assert post(slack.url, MESSAGE, timeout=0.05) == Later("no answer from Slack (TimeoutError)")


def test_nobody_there_is_tried_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    outcome = post(f"http://127.0.0.1:{port}{SECRET_PATH}", MESSAGE, timeout=1)
    assert outcome == Later("no answer from Slack (ConnectionRefusedError)")


@pytest.mark.parametrize(
    "url",
    [
        f"http://hooks.slack.example.com{SECRET_PATH}",
        f"ftp://127.0.0.1{SECRET_PATH}",
        f"file://{SECRET_PATH}",
        SECRET_PATH,
        f"https://{SECRET_PATH}",
        f"https://[{SECRET_PATH}",
        f"https://hooks.slack.example.com:port{SECRET_PATH}",
        f"https://127.0.0.1{SECRET_PATH} and more",
        f"https://127.0.0.1{SECRET_PATH}\u00e9",
        f"https://{'a' * 70}.example.com{SECRET_PATH}",
        '{"url": "https://hooks.slack.example.com/x"}',
        "xoxb-SECRETxyzzy",
    ],
)
def test_what_is_no_address_is_refused_and_not_repeated(url: str) -> None:
    outcome = post(url, MESSAGE, timeout=0.05)
    assert isinstance(outcome, Refusal)
    assert "SECRET" not in repr(outcome)


def test_a_proxy_of_the_environment_is_not_asked(slack: Slack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")
    assert post(slack.url, MESSAGE) == Sent()

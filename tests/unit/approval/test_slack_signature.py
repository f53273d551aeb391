"""Requests that Slack signed, and others."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from functions.approval.slack_signature import problem

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECRET, BODY = "8f742231b10e8888abcd99yyyzzz85a5", b"payload=%7B%7D"


def signed(at: datetime = NOW, body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={digest}"}


def test_slacks_own_example_verifies() -> None:
    """From https://api.slack.com/authentication/verifying-requests-from-slack."""
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    headers = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    assert problem(headers, body, "8f742231b10e8888abcd99yyyzzz85a5", datetime.fromtimestamp(1531420618, UTC)) == ""


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        (signed(NOW - timedelta(seconds=301)), "five minutes"),
        (signed(NOW + timedelta(seconds=301)), "five minutes"),
        (signed(secret="another"), "wrong signature"),
        (signed(body=b"payload=other"), "wrong signature"),
        ({**signed(), "x-slack-signature": ""}, "wrong signature"),
        ({}, "no timestamp"),
        ({**signed(), "x-slack-request-timestamp": "1e9"}, "no timestamp"),
    ],
)
def test_what_slack_did_not_sign_or_signed_long_ago(headers: dict[str, str], why: str) -> None:
    assert why in problem(headers, BODY, SECRET, NOW)


def test_within_five_minutes_is_fine() -> None:
    assert problem(signed(NOW - timedelta(seconds=299)), BODY, SECRET, NOW) == ""

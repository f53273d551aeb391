"""Posts to Slack's incoming webhook. Its address is a secret: no log line, error or traceback ever holds it.

Source: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, and
https://api.slack.com/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http.client import HTTPException, InvalidURL
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from functions.core.clients import USER_AGENT

TIMEOUT = 10.0
"""Seconds that Slack may take to connect, and to answer."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
TOO_MANY = 429
TIMED_OUT = 408
SLACK_WORD = re.compile(rb"[a-z_]{1,60}")
"""Slack says in one word why it refuses: `no_service`, `channel_is_archived`."""
LONGEST_ANSWER = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """Slack has the message."""


@dataclass(frozen=True, slots=True)
class Later:
    """Slack may take it later: after `seconds`, or 0 where it did not say."""

    why: str
    seconds: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Slack will not take it until a person has repaired something, which `why` names."""

    why: str


Outcome = Sent | Later | Refusal


def post(url: str, message: dict[str, Any], timeout: float = TIMEOUT) -> Outcome:
    """Sends one message. Never raises for what Slack, the network or the address do."""
    problem = _problem(url)
    if problem:
        return Refusal(problem)
    headers = {"content-type": "application/json; charset=utf-8", "user-agent": USER_AGENT}
    try:
        # Checked above: https, or http on this machine.
        request = Request(url, json.dumps(message).encode(), headers)  # noqa: S310
        with _opener().open(request, timeout=timeout):
            return Sent()
    except HTTPError as error:
        with error:
            return _answered(error)
    except (InvalidURL, ValueError):
        return Refusal("the secret holds no valid address")
    except (OSError, HTTPException) as error:
        # Its text may hold the address; what kind of error it was may not.
        return Later(f"no answer from Slack ({type(getattr(error, 'reason', error)).__name__})")


def _problem(url: str) -> str:
    """Why nothing is ever sent to an address, or ""."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return "the secret holds no valid address"
    if host and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)):
        return ""
    return "the secret holds no https address"


def _answered(error: HTTPError) -> Outcome:
    if error.code == TOO_MANY:
        return Later("Slack asks for a pause (429)", _seconds(error.headers.get("Retry-After")))
    if error.code >= 500 or error.code == TIMED_OUT:
        return Later(f"Slack answered {error.code}")
    if error.code < 400:
        return Refusal(f"the address redirects ({error.code}), which a webhook does not")
    return Refusal(f"Slack answered {error.code}{_word(error)}")


def _word(error: HTTPError) -> str:
    try:
        said = error.read(LONGEST_ANSWER).strip()
    except (OSError, HTTPException):
        return ""
    return f" {said.decode('ascii')}" if SLACK_WORD.fullmatch(said) else ""


def _seconds(text: str | None) -> int:
    """A Retry-After in seconds; 0 where it is none or a date."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else 0


class _NoRedirect(HTTPRedirectHandler):
    """Makes an error of every redirect: what is sent is meant for the configured address alone."""

    def redirect_request(self, *_: Any) -> None:
        return None


def _opener() -> OpenerDirector:
    # No proxy of the environment either: it would read the messages of an http address.
    return build_opener(_NoRedirect, ProxyHandler({}))

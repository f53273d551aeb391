"""Slack's interactive buttons: verified by signature, decided by the person who pressed.

Source: https://api.slack.com/interactivity/handling. The answer must come within three seconds, so what
a press leads to is told by the alerts topic; only a refusal is said to the person at once.
"""

from __future__ import annotations

import json
from http.client import HTTPException
from typing import Any
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import Request as HttpRequest
from urllib.request import build_opener

from functions.approval import deciding, slack_signature
from functions.approval.deciders import Decider
from functions.approval.deciding import Wish
from functions.approval.environment import Environment
from functions.approval.web import FORM, WebAnswer, WebRequest
from functions.core import requests
from functions.core.types import Refused

PATH = "/slack"
REPLY_SECONDS = 1.5
REPLY_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
DECIDE = {"approve": deciding.approve, "reject": deciding.reject, "undo": deciding.undo}


def press(here: Environment, request: WebRequest) -> WebAnswer:
    """Answers Slack's POST. 401 for what Slack did not sign, 200 for all else, as Slack wants it."""
    if request.method != "POST" or request.content_type != FORM:
        return WebAnswer(405, "")
    secret = here.slack_signing_secret()
    if not secret:
        here.log.warning("Slack's signing secret is not set: fusebox secret set slack-signing-secret")
        return WebAnswer(401, "")
    problem = slack_signature.problem(request.headers, request.body, secret, here.clock())
    if problem:
        here.log.warning("a request that Slack did not sign", extra={"problem": problem})
        return WebAnswer(401, "")
    try:
        payload = json.loads(request.form()["payload"][0])
        action, user = payload["actions"][0], str(payload["user"]["id"])
        decide = DECIDE[action["action_id"]]
        wanted, reply_to = str(action["value"]), str(payload.get("response_url") or "")
    except (ValueError, KeyError, IndexError, TypeError) as error:
        here.log.warning("a press that is none", extra={"problem": repr(error)[:120]})
        return WebAnswer(200, "")
    wish = Wish(reason="pressed in Slack", owner=f"Slack {user}")
    try:
        decide(here, requests.existing(here.table, wanted), Decider(user, "slack"), wish)
    except Refused as error:
        _reply(here, reply_to, f"Nothing was changed: {error}")
    return WebAnswer(200, "")


def _reply(here: Environment, url: str, text: str) -> None:
    """Says something to the person alone; only ever to Slack's own hosts, or to this machine."""
    parts = urlsplit(url)
    local = parts.scheme == "http" and parts.hostname == "127.0.0.1"
    if not local and not (parts.scheme == "https" and parts.hostname in REPLY_HOSTS):
        here.log.warning("no address to answer to", extra={"host": str(parts.hostname)[:80]})
        return
    message: dict[str, Any] = {"response_type": "ephemeral", "replace_original": False, "text": _plain(text)}
    post = HttpRequest(url, json.dumps(message).encode(), {"content-type": "application/json"})  # noqa: S310
    try:
        build_opener().open(post, timeout=REPLY_SECONDS).close()
    except (URLError, HTTPException, TimeoutError) as error:
        here.log.warning("Slack took no reply", extra={"problem": type(error).__name__})


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

"""Visitors and approvers for end-to-end stories: links out of messages, and callers whom IAM has verified."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local import LocalAccount
from local.demo.browser import FORM, Answer, form, send
from local.slack import FakeSlack

SIGNING_SECRET = "slack-signing-secret"
"""Part of the name of the secret, and what Slack signs with here."""


def links(account: LocalAccount) -> dict[str, str]:
    """The newest link of each decision that a message carried."""
    found = {}
    for message in account.messages(account.outputs["AlertsTopicArn"]):
        for url in re.findall(r"http://127\.0\.0\.1:\d+/r/\S+", message.body("email")):
            found[url.split("?")[0].rsplit("/", 1)[-1]] = url
    return found


def approve(link: str, *items: str) -> Answer:
    """Approves through the page: the named items, or all."""
    shown = form(link, "approve")
    return shown.send(*items, scope="ticked") if items else shown.send(*shown.boxes, scope="all")


def reject(link: str, **fields: str) -> Answer:
    """Rejects through the page."""
    return form(link, "reject").send(**fields)


def undo(link: str) -> Answer:
    """Turns everything back through the page."""
    shown = form(link, "undo")
    return shown.send(*shown.boxes)


def command(account: LocalAccount, request: str, decision: str = "approve", **said: Any) -> Answer:
    """The answer of somebody who has IAM's leave, here the account's owner."""
    url, own = account.outputs["DecideUrl"], account.credentials()
    body = json.dumps({"request": request, "decision": decision, **said})
    signed = AWSRequest("POST", url, {"content-type": "application/json"}, body)
    SigV4Auth(Credentials(own["AccessKeyId"], own["SecretAccessKey"]), "lambda", "us-east-1").add_auth(signed)
    return send("POST", url, body.encode(), dict(signed.headers))


def connect(account: LocalAccount, slack: FakeSlack) -> None:
    """Sets both of Slack's secrets, as `fusebox secret set` does."""
    secrets = account.client("secretsmanager")
    secrets.put_secret_value(SecretId="fusebox-us-east-1-slack-webhook", SecretString=slack.webhook_url)
    secrets.put_secret_value(SecretId=f"fusebox-us-east-1-{SIGNING_SECRET}", SecretString=SIGNING_SECRET)


def press(account: LocalAccount, slack: FakeSlack, decision: str = "approve", user: str = "U012AB3CD") -> Answer:
    """Somebody presses the newest button of a decision in Slack, which posts it as signed by Slack.

    What Slack is told in return, by the answer's `response_url`, is the last of `slack.posts`.
    """
    buttons = [one for message in slack.messages for one in _buttons(message) if one["action_id"] == decision]
    payload = {
        "type": "block_actions",
        "user": {"id": user},
        "actions": [{"action_id": decision, "value": buttons[-1]["value"]}],
        "response_url": f"{slack.url}/actions/T00000000/1/local",
    }
    body, stamp = urlencode({"payload": json.dumps(payload)}), str(int(account.clock.now().timestamp()))
    signed = hmac.new(SIGNING_SECRET.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {"content-type": FORM, "x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={signed}"}
    return send("POST", f"{account.outputs['ApprovalUrl']}slack", body.encode(), headers)


def _buttons(value: Any) -> Iterator[dict[str, Any]]:
    """Every button of a message that somebody can press without leaving Slack."""
    if isinstance(value, dict):
        if value.get("type") == "button" and value.get("value"):
            yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _buttons(inner)


def ends(account: LocalAccount) -> list[str]:
    """How approval workflows ended, with the name of their last state, oldest first."""
    client, machine = account.client("stepfunctions"), account.outputs["ApprovalStateMachineArn"]
    found = []
    for one in client.list_executions(stateMachineArn=machine)["executions"]:
        if one["status"] == "RUNNING":
            continue
        history = client.get_execution_history(executionArn=one["executionArn"])["events"]
        entered = [step["stateEnteredEventDetails"]["name"] for step in history if "stateEnteredEventDetails" in step]
        found.append((one["startDate"], f"{one['status']}: {entered[-1]}"))
    return [name for _, name in sorted(found)]

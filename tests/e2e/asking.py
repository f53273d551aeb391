"""Visitors and approvers for end-to-end stories: links out of messages, and callers whom IAM has verified."""

from __future__ import annotations

import json
import re
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local import LocalAccount
from local.demo.browser import Answer, form, send


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

"""Visitors and approvers for end-to-end stories: links out of messages, forms as a browser posts them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode, urljoin
from urllib.request import HTTPErrorProcessor, Request, build_opener

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local import LocalAccount

FORM = "application/x-www-form-urlencoded"


class _AsTheyCome(HTTPErrorProcessor):
    """Errors and redirects as answers, not exceptions."""

    def http_response(self, request: Any, response: Any) -> Any:
        return response


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    headers: dict[str, str]


def send(method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
    """One request; nothing is followed."""
    request = Request(url, body, headers or {}, method=method)
    try:
        with build_opener(_AsTheyCome).open(request, timeout=60) as answer:
            got = {name.lower(): value for name, value in answer.headers.items()}
            return Answer(answer.status, answer.read().decode(), got)
    except HTTPError as error:
        return Answer(error.code, error.read().decode(), {})


@dataclass
class PageForm:
    action: str
    fields: list[tuple[str, str]]
    boxes: list[str]


class Forms(HTMLParser):
    """The forms of a page: hidden fields, and the values of its check boxes that may be ticked."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[PageForm] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(PageForm(given["action"], [], []))
        if tag == "input" and self.found and "disabled" not in given:
            form = self.found[-1]
            if given.get("type") == "hidden":
                form.fields.append((given["name"], given["value"]))
            elif given.get("type") == "checkbox":
                form.boxes.append(given["value"])

    def of(self, decision: str) -> PageForm:
        (form,) = [one for one in self.found if f"/{decision}?" in one.action]
        return form


def links(account: LocalAccount) -> dict[str, str]:
    """The newest link of each decision that a message carried."""
    found = {}
    for message in account.messages(account.outputs["AlertsTopicArn"]):
        for url in re.findall(r"http://127\.0\.0\.1:\d+/r/\S+", message.body("email")):
            found[url.split("?")[0].rsplit("/", 1)[-1]] = url
    return found


def post(link: str, decision: str, *items: str, **fields: str) -> Answer:
    """Opens a link and sends the form of a decision, as a person would: with the items ticked, all by default."""
    return filled(link, decision, *items, **fields)()


def filled(link: str, decision: str, *items: str, **fields: str) -> Callable[[], Answer]:
    """Opens a link and fills in the form of a decision; calling what comes back sends it."""
    form = Forms(send("GET", link).body).of(decision)
    ticked = [("item", one) for one in (items or form.boxes)] if decision != "reject" else []
    hidden = [one for one in form.fields if one[0] not in fields]
    body = urlencode([*hidden, *ticked, *fields.items()]).encode()
    return lambda: send("POST", urljoin(link, form.action), body, {"content-type": FORM})


def command(account: LocalAccount, request: str, decision: str = "approve", **said: Any) -> Answer:
    """The answer of somebody who has IAM's leave, here the account's owner."""
    url = account.outputs["DecideUrl"]
    body = json.dumps({"request": request, "decision": decision, **said})
    signed = AWSRequest("POST", url, {"content-type": "application/json"}, body)
    SigV4Auth(Credentials("testing", "testing"), "lambda", "us-east-1").add_auth(signed)
    return send("POST", url, body.encode(), dict(signed.headers))


def ends(account: LocalAccount) -> list[str]:
    """The names of the states in which approval workflows ended, oldest first."""
    client = account.client("stepfunctions")
    (machine,) = [one for one in client.list_state_machines()["stateMachines"] if one["name"].endswith("-approval")]
    found = []
    for one in client.list_executions(stateMachineArn=machine["stateMachineArn"])["executions"]:
        if one["status"] == "RUNNING":
            continue
        history = client.get_execution_history(executionArn=one["executionArn"])["events"]
        entered = [step["stateEnteredEventDetails"]["name"] for step in history if "stateEnteredEventDetails" in step]
        found.append((one["startDate"], f"{one['status']}: {entered[-1]}"))
    return [name for _, name in sorted(found)]

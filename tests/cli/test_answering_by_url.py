"""fusebox approve and reject at a deployed Fusebox: a signed POST to the URL that IAM guards."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest

from functions.approval import command
from functions.approval.environment import Environment
from functions.approval.spec import ApprovalSettings, Approvers
from functions.approval.web import WebAnswer, WebRequest
from functions.core import answers, requests
from functions.core.clients import Clients
from functions.core.dynamodb_table import DynamoDBTable
from local.identities import Identity
from local.signatures import BadSignature, HttpRequest, signer
from tests.aws_world import REGION
from tests.cli.conftest import CALLER, MACHINE, NAME, Fusebox, Ran
from tests.contract.worlds import make_group, retentions

YOUNG, OTHER = "/aws/lambda/young", "/aws/lambda/zebra"
ANN = "arn:aws:sts::123456789012:assumed-role/FinOps/ann"
FINOPS = "arn:aws:iam::123456789012:role/FinOps"
Answers = Callable[[WebRequest], WebAnswer]


def is_signed(path: str, headers: dict[str, str], body: bytes) -> bool:
    """Whether the request carries a signature of this process's credentials for Lambda in this Region."""
    key, secret = os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"]
    known = {key: Identity("123456789012", CALLER, "AIDA", key, secret)}
    try:
        signer(HttpRequest("POST", path, headers, body), known, "lambda", REGION)
    except BadSignature:
        return False
    return True


class Url:
    """A function URL on this machine: lets in what is signed for Lambda, and says who it is to the function."""

    def __init__(self) -> None:
        self.caller = ANN
        self.seen: list[WebRequest] = []
        self.answers: Answers = lambda request: command.answer(environment(), request)
        url = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers["content-length"]))
                caller = url.caller if is_signed(self.path, headers, body) else ""
                request = WebRequest("POST", self.path, "", headers, body, caller)
                url.seen.append(request)
                answer = url.answers(request)
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body.encode())

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}/"

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(one.body) for one in self.seen]


def environment() -> Environment:
    """What the function works with, put together by hand."""
    here = Environment()
    clients = Clients(REGION)
    table = DynamoDBTable(clients.get("dynamodb"), "fusebox")
    settings = ApprovalSettings(approvers=Approvers(iam=(FINOPS,)))
    vars(here).update(clients=clients, table=table, settings=settings)
    return here


@pytest.fixture
def url(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Url]:
    """A deployed Fusebox whose decide URL answers as the function does; no workflow waits."""
    monkeypatch.setattr("functions.core.workflow.wake", lambda *_: True)
    one = Url()
    thread = threading.Thread(target=one.server.serve_forever)
    thread.start()
    fusebox.deploy(one.address)
    yield one
    one.server.shutdown()
    thread.join()
    one.server.server_close()


@pytest.fixture
def asked(fusebox: Fusebox, url: Url) -> str:
    """A question that a run asked and the workflow has put."""
    make_group(YOUNG)
    make_group(OTHER)
    fusebox.policy(mode="approve")
    ran = fusebox("run", "log_retention", "--stack", "Fusebox", "--json")
    (question,) = ran.json["questions"]
    assert question["status"] == "gathering"
    here = environment()
    request = requests.existing(here.table, question["id"])
    assert answers.ask(here.table, request, "token-of-the-workflow", "nonce-of-the-links", here.clock())
    return str(question["id"])


def test_a_run_starts_the_workflow_of_its_question(fusebox: Fusebox, asked: str) -> None:
    (execution,) = boto3.client("stepfunctions").list_executions(stateMachineArn=MACHINE)["executions"]
    assert execution["name"] == asked
    given = json.loads(
        boto3.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])["input"]
    )
    assert (given["request"], given["function"]) == (asked, f"{NAME}-log-retention")
    assert given["timeout_seconds"] == 72 * 3600


def test_a_question_that_cannot_be_put_makes_the_run_partial(fusebox: Fusebox, url: Url) -> None:
    make_group(YOUNG)
    fusebox.policy(mode="approve")
    fusebox.deny("StartExecution")
    ran = fusebox("run", "log_retention", "--stack", "Fusebox")
    assert ran.code == 1
    assert "the question could not be put: not allowed to call StartExecution" in ran.out
    fusebox.denied.clear()
    ran = fusebox("run", "log_retention", "--stack", "Fusebox", "--json")
    assert (ran.code, len(ran.json["questions"])) == (0, 1), "the next run puts it"


def test_an_approval_is_signed_and_recorded_with_its_caller(fusebox: Fusebox, url: Url, asked: str) -> None:
    ran = fusebox("approve", asked[:15], "--yes", "--reason", "agreed")
    assert ran.code == 0
    assert f"Request {asked}: approved, and being carried out (answered by {ANN}" in ran.out
    assert f"fusebox ledger show {asked} --stack Fusebox" in ran.out
    assert "Working on stack Fusebox" in ran.err
    assert url.bodies == [
        {"request": asked, "decision": "approve", "items": None, "reason": "agreed", "owner": "", "days": 0}
    ]
    answer = requests.existing(environment().table, asked).answer
    assert answer is not None
    assert (answer.by, answer.how, answer.reason) == (ANN, "iam", "agreed")
    assert retentions() == {YOUNG: None, OTHER: None}, "the workflow acts, not the command"


def test_some_items_and_json(fusebox: Fusebox, url: Url, asked: str) -> None:
    items = fusebox("ledger", "show", asked, "--json").json["items"]
    wanted = next(one["id"] for one in items if one["name"] == YOUNG)
    options = ("--only", wanted, "--owner", "ann", "--days", "30", "--yes", "--json", "--stack", "Fusebox")
    ran = fusebox("approve", asked, *options)
    assert (ran.json["status"], ran.json["by"], ran.json["ledger"]) == (
        "approved",
        ANN,
        "stack Fusebox (table fusebox)",
    )
    (body,) = url.bodies
    assert (body["items"], body["owner"], body["days"]) == ([wanted], "ann", 30)


def test_a_rejection_names_whole_days(fusebox: Fusebox, url: Url, asked: str) -> None:
    assert fusebox("reject", asked, "--reason", "audit", "--until", "36h", "--yes").code == 0
    (body,) = url.bodies
    assert (body["decision"], body["items"], body["days"]) == ("reject", None, 2)
    ran = fusebox("approve", asked, "--yes")
    assert (ran.code, len(url.bodies)) == (2, 1), "it takes no answer any more, so none is sent"
    assert "takes no answer any more: rejected" in ran.complaint


def test_an_end_further_off_than_the_function_takes(fusebox: Fusebox, url: Url, asked: str) -> None:
    ran = fusebox("reject", asked, "--reason", "audit", "--until", "2099-01-01", "--yes")
    assert "a deployed Fusebox takes at most 3,650" in ran.complaint
    assert url.seen == []


def test_who_may_not_answer_is_told_so(fusebox: Fusebox, url: Url, asked: str) -> None:
    url.caller = "arn:aws:sts::123456789012:assumed-role/Dev/bob"
    ran = fusebox("approve", asked, "--yes")
    assert ran.code == 2
    assert "bob is not among approvers.iam of the policy" in ran.complaint
    url.caller = CALLER
    assert "somebody else has to approve" in fusebox("approve", asked, "--yes").complaint


def says(code: int, body: str, **headers: str) -> Answers:
    return lambda _: WebAnswer(code, body, headers)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (says(403, '{"Message": "Forbidden"}'), "may not call the URL that takes answers (Forbidden): its role needs"),
        (says(404, '{"error": "there is no request"}'), "fusebox: there is no request"),
        (says(409, '{"error": "was answered\\nby somebody"}'), "fusebox: was answered by somebody"),
        (says(400, '{"error": "not a decision"}'), "fusebox: not a decision"),
        (says(429, '{"Message": "Rate exceeded"}'), "refused it with 429: Rate exceeded; nothing was recorded"),
        (says(502, "Internal Server Error"), "answered 502: the answer may have been recorded all the same; look with"),
        (says(200, "<html>"), "answered 200 and no JSON object: the answer may have been recorded"),
        (says(302, "", location="https://evil.example.com/"), "answered 302 and no JSON object"),
    ],
)
def test_other_answers_are_one_line(fusebox: Fusebox, url: Url, asked: str, answer: Answers, said: str) -> None:
    url.answers = answer
    ran = fusebox("approve", asked, "--yes")
    assert (ran.code, len(url.seen)) == (2, 1)
    assert said in ran.complaint


def test_a_connection_that_breaks_leaves_it_open_whether_it_was_recorded(
    fusebox: Fusebox, url: Url, asked: str
) -> None:
    def breaks(_: WebRequest) -> WebAnswer:
        raise ConnectionResetError

    url.answers = breaks
    url.server.handle_error = lambda *_: None  # type: ignore[method-assign]
    ran = fusebox("approve", asked, "--yes")
    assert ran.code == 2
    assert f"may have been recorded all the same; look with `fusebox ledger show {asked} --stack" in ran.complaint


def refused_without_an_answer(fusebox: Fusebox, address: str, asked: str) -> Ran:
    stack = boto3.client("cloudformation")
    template = json.loads(json.dumps(stack.get_template(StackName="Fusebox")["TemplateBody"]))
    template["Outputs"]["DecideUrl"]["Value"] = address
    stack.update_stack(StackName="Fusebox", TemplateBody=json.dumps(template))
    return fusebox("approve", asked, "--yes")


def test_where_nobody_listens_nothing_was_recorded(fusebox: Fusebox, url: Url, asked: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    ran = refused_without_an_answer(fusebox, f"http://127.0.0.1:{port}/", asked)
    assert ran.code == 2
    assert "Could not connect" in ran.complaint
    assert "nothing was recorded" in ran.complaint


def test_a_stack_that_cannot_ask_yet(fusebox: Fusebox) -> None:
    fusebox.deploy(decide_url="")
    make_group(YOUNG)
    fusebox.policy(mode="approve")
    ran = fusebox("run", "log_retention", "--stack", "Fusebox")
    assert ran.code == 1
    assert "has no outputs DecideUrl and ApprovalStateMachineArn: it is of an older version" in ran.out
    assert fusebox("pause").code == 0


def test_no_output_holds_the_token_or_the_nonce(fusebox: Fusebox, url: Url, asked: str) -> None:
    for asking in (
        ("requests", "--all"),
        ("ledger", "show", asked),
        ("ledger", "--last", "0"),
        ("approve", asked, "--yes"),
    ):
        for options in ((), ("--json",)):
            ran = fusebox(*asking, *options)
            assert "token-of" not in ran.out + ran.err, asking
            assert "nonce-of" not in ran.out + ran.err, asking

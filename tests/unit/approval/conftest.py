"""The approval function in an account of its own, with a question about lamps already asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from functions.approval import links, visits
from functions.approval.environment import Environment
from functions.approval.spec import ApprovalSettings, Approvers
from functions.approval.web import WebAnswer, WebRequest
from functions.core import answers, engine, requests
from functions.core.items import of_request
from functions.core.requests import Request
from functions.core.spec import GuardrailSettings
from functions.core.sqlite_table import SqliteTable
from functions.core.state import parse_moment
from tests.lamps import Clock, House, run_of

FORM = "application/x-www-form-urlencoded"
ADA = "arn:aws:sts::123456789012:assumed-role/platform/ada@example.com"
SETTINGS = ApprovalSettings(
    approvers=Approvers(iam=("arn:aws:iam::123456789012:role/platform",), slack=("U012AB3CD",)), page="function_url"
)
KEYS = links.Keys({"1": "k" * 64})


@dataclass
class RecordingClients:
    """What the function asks of Step Functions, Lambda and SNS, in order; `gone` is a workflow that waits no more.
    `throttled` refuses invocations.
    """

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    gone: bool = False
    throttled: bool = False

    def get(self, service: str) -> Any:
        return self

    def send_task_success(self, **given: Any) -> None:
        self.calls.append(("wake", given))
        if self.gone:
            raise ClientError({"Error": {"Code": "TaskTimedOut", "Message": ""}}, "SendTaskSuccess")

    def start_execution(self, **given: Any) -> None:
        self.calls.append(("start", given))

    def invoke(self, **given: Any) -> dict[str, Any]:
        if self.throttled:
            raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": ""}}, "Invoke")
        self.calls.append(("invoke", given))
        return {"StatusCode": 202}

    def publish(self, **given: Any) -> None:
        self.calls.append(("publish", given))


class Desk(Environment):
    """The environment on a laptop: a table in a file, clients that write down, a clock that moves when told."""

    def __init__(self, table: SqliteTable, clock: Clock, settings: ApprovalSettings) -> None:
        super().__init__()
        self.recorded = RecordingClients()
        vars(self).update(
            table=table, clock=clock, settings=settings, clients=self.recorded, url="https://approval.example.com"
        )
        self.signing_keys = KEYS

    def keys(self) -> links.Keys:
        return self.signing_keys

    def slack_signing_secret(self) -> str:
        return "slack's signing secret"


@dataclass
class Asked:
    """A question that was put, and its visitors."""

    here: Desk
    house: House
    request: Request

    def link(self, decision: links.Decision = "approve", id: str = "") -> str:
        deadline = parse_moment(self.request.deadline)
        return links.path(KEYS, id or self.request.id, decision, deadline, self.request.nonce)

    def send(self, method: str, link: str, body: bytes = b"", content_type: str = FORM, **headers: str) -> WebAnswer:
        parts = urlsplit(link)
        given = {"content-type": content_type, **headers}
        return visits.visit(self.here, WebRequest(method, parts.path, parts.query, given, body, ""))

    def token(self, link: str) -> str:
        parts = urlsplit(link)
        _, _, request, decision = parts.path.split("/")
        now = datetime.fromtimestamp(0, UTC)
        return links.form_token(self.here.keys(), links.verify(KEYS, request, decision, parts.query, now))

    @property
    def now(self) -> Request:
        return requests.existing(self.here.table, self.request.id)

    @property
    def ids(self) -> dict[str, str]:
        return {one.name: one.id for one in of_request(self.here.table, self.request.id)}

    def untouched(self) -> bool:
        """Whether nothing at all came of it: same question, nobody woken, nothing invoked or told."""
        return self.now == self.request and self.here.recorded.calls == []


def ask_about(desk: Desk, house: House, *, run: str = "run-1") -> Asked:
    """Sweeps the house in approve mode and puts the question."""
    it = run_of(house, desk.table, GuardrailSettings(mode="approve"), run)
    engine.sweep(it, it.new_report(), "", stop=lambda: False)
    gathered = requests.existing(desk.table, run)
    request = answers.ask(desk.table, gathered, "task token", "nonce", house.clock())
    assert request is not None
    return Asked(desk, house, request)


@pytest.fixture
def house() -> House:
    return House(Clock())


@pytest.fixture
def desk(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    for key, value in {
        "FUSEBOX_NAME": "fusebox-us-east-1",
        "FUSEBOX_STACK": "Fusebox",
        "FUSEBOX_APPROVAL_MACHINE": "arn:aws:states:us-east-1:123456789012:stateMachine:fusebox-us-east-1-approval",
        "FUSEBOX_ALERTS_TOPIC": "arn:aws:sns:us-east-1:123456789012:fusebox-us-east-1-alerts",
        "FUSEBOX_ROLE_ARN": "arn:aws:iam::123456789012:role/fusebox-us-east-1-approval",
        "FUSEBOX_LINK_SECRET": "link-key",
        "FUSEBOX_SLACK_SIGNING_SECRET": "slack-signing-secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(key, value)
    return Desk(SqliteTable(tmp_path / "ledger.sqlite3"), house.clock, SETTINGS)


@pytest.fixture
def asked(desk: Desk, house: House) -> Asked:
    """Two lamps that can be lit again."""
    house.add("hall", "attic")
    return ask_about(desk, house)


@pytest.fixture
def lasting(desk: Desk, house: House) -> Asked:
    """A lamp that lights again, and a precious one that does not."""
    house.add("hall")
    house.add("chandelier", precious=True)
    return ask_about(desk, house)


@pytest.fixture
def named(desk: Desk, house: House) -> Asked:
    """A lamp for everybody, and one in a vault that takes somebody known by name."""
    house.add("hall")
    house.add("vault", needs_a_name=True)
    return ask_about(desk, house)


DAY = timedelta(days=1)

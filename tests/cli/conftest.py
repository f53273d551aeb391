"""The fusebox command at an account in moto, in this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import botocore.handlers
import pytest
from botocore.awsrequest import AWSResponse
from moto import mock_aws
from moto.sns.models import sns_backends
from typer.testing import CliRunner

from cli.main import app
from tests.aws_world import REGION, create_table

READS = ("Describe", "Get", "List", "BatchGet", "Query")
NAME = f"fusebox-{REGION}"
TEMPLATE: dict[str, Any] = {
    "Resources": {"Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"{NAME}-failures"}}},
    "Outputs": {
        "Name": {"Value": NAME},
        "TableName": {"Value": "fusebox"},
        "AlertsTopicArn": {"Value": f"arn:aws:sns:{REGION}:123456789012:{NAME}-alerts"},
        "FailureQueueUrl": {"Value": {"Ref": "Queue"}},
        "SweepStateMachineArn": {"Value": f"arn:aws:states:{REGION}:123456789012:stateMachine:{NAME}-sweep"},
    },
}
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:{NAME}-approval"
CALLER = "arn:aws:sts::123456789012:user/moto"


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line of a refusal: nothing else may stand beside it but notes of what was under way."""
        (line,) = [line for line in self.err.splitlines() if line.startswith("fusebox: ")]
        assert "Traceback" not in self.err + self.out
        return line


@dataclass
class Fusebox:
    """The command in a folder of its own; `calls` holds every API call as "service.Operation".

    `denied` are operations that AWS refuses, `answers` what it answers to others in place of moto.
    """

    folder: Path
    calls: list[str] = field(default_factory=list)
    denied: dict[str, str] = field(default_factory=dict)
    answers: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = field(default_factory=dict)

    def __call__(self, *arguments: str, answer: str = "") -> Ran:
        self.calls.clear()
        result = CliRunner().invoke(app, list(arguments), input=answer, prog_name="fusebox", catch_exceptions=False)
        return Ran(result.exit_code, result.stdout, result.stderr)

    @property
    def writes(self) -> list[str]:
        return [call for call in self.calls if not call.split(".")[1].startswith(READS)]

    @property
    def files(self) -> list[str]:
        """What the command has made in its state folder."""
        return sorted(file.name for file in (self.folder / "state").rglob("*.sqlite3"))

    def policy(self, approval: dict[str, Any] | None = None, **settings: Any) -> None:
        """Writes ./fusebox.yaml (YAML reads JSON)."""
        pace = {"lists_per_second": 1e6, "puts_per_second": 1e6}
        whole = {"approval": approval or {}, "guardrails": {"log_retention": {"pace": pace, **settings}}}
        (self.folder / "fusebox.yaml").write_text(json.dumps(whole))

    def only_instances(self, **settings: Any) -> None:
        """A policy by which tag_check looks at instances alone: moto cannot list all of the rest."""
        checked = {"types": ["AWS::EC2::Instance"], **settings}
        (self.folder / "fusebox.yaml").write_text(json.dumps({"guardrails": {"tag_check": checked}}))

    def llm_keys(self, **settings: Any) -> None:
        """A policy with two keys, one budget that covers them, and a key that none covers."""
        keys = [
            {"name": name, "kind": "anthropic", "id": f"apikey_0000000{number}", "provider": "claude"}
            for number, name in enumerate(("chat", "batch", "spare"), 1)
        ]
        budget = {"name": "ml team", "amount": 500, "keys": ["chat", "batch"], "sources": [{"kind": "meter"}]}
        whole = {
            "mode": "enforce",
            "providers": [{"name": "claude", "kind": "anthropic"}],
            "keys": keys,
            "budgets": [budget],
            **settings,
        }
        (self.folder / "fusebox.yaml").write_text(json.dumps({"guardrails": {"llm_keys": whole}}))

    def deny(self, operation: str, code: str = "AccessDeniedException") -> None:
        """Makes AWS refuse an operation from now on."""
        self.denied[operation] = code

    def deploy(self, decide_url: str = "https://decide.example.com/") -> None:
        """A Fusebox deployed in this account and Region, as far as the command sees it; "" for one of version 0.1.0."""
        create_table()
        boto3.client("sns").create_topic(Name=f"{NAME}-alerts")
        outputs: dict[str, Any] = {**TEMPLATE["Outputs"]}
        if decide_url:
            outputs |= {"DecideUrl": {"Value": decide_url}, "ApprovalStateMachineArn": {"Value": MACHINE}}
            role = f"arn:aws:iam::123456789012:role/{NAME}-approval-workflow"
            definition = '{"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": true}}}'
            boto3.client("stepfunctions").create_state_machine(
                name=f"{NAME}-approval", definition=definition, roleArn=role
            )
        template = json.dumps({**TEMPLATE, "Outputs": outputs})
        boto3.client("cloudformation").create_stack(StackName="Fusebox", TemplateBody=template)
        self.lease()

    @property
    def notices(self) -> list[dict[str, Any]]:
        """What the alerts topic of the deployed Fusebox was told, in the form that the queue reads."""
        topic = sns_backends["123456789012"][REGION].topics[f"arn:aws:sns:{REGION}:123456789012:{NAME}-alerts"]
        return [json.loads(json.loads(message)["sqs"]) for _, message, *_ in topic.sent_notifications]

    def requests(self, *options: str) -> dict[str, dict[str, Any]]:
        """The requests that the command lists, by id."""
        return {one["id"]: one for one in self("requests", "--json", *options).json["requests"]}

    def lease(self, value: str = '{"stack": "Fusebox", "table": "fusebox", "prefix": "fusebox"}') -> None:
        """The record of a deployed Fusebox."""
        boto3.client("ssm").put_parameter(Name="/fusebox/lease", Value=value, Type="String")

    def action_ids(self, *options: str) -> dict[str, str]:
        """The id of the first action on each resource by its name."""
        found: dict[str, str] = {}
        for entry in self("ledger", "--last", "0", "--json", *options).json["entries"]:
            if entry["kind"] == "intent":
                found.setdefault(entry["name"], entry["action_id"])
        return found

    def watch(
        self, model: Any, params: dict[str, Any] | None = None, **_: Any
    ) -> tuple[AWSResponse, dict[str, Any]] | None:
        """Stands before every call, as botocore's own handlers do."""
        self.calls.append(f"{model.service_model.service_name}.{model.name}")
        code = self.denied.get(model.name)
        if not code and model.name in self.answers:
            answer = self.answers[model.name](params or {})
            return AWSResponse("", 200, {}, None), {"ResponseMetadata": {"HTTPStatusCode": 200}, **answer}
        if not code:
            return None
        error = {"Code": code, "Message": f"user is not authorized to perform {model.name}"}
        return AWSResponse("", 400, {}, None), {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}


@pytest.fixture
def fusebox(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fusebox]:
    """The command where nobody has used it before, with credentials that are good nowhere."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_REGION", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    one = Fusebox(tmp_path)
    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("before-call", one.watch)]
    with mock_aws():
        monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
        yield one

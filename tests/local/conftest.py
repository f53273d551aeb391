"""A tiny stack builder for stories about the local account; it knows nothing of any real function."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local import LocalAccount

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
_BASIC = "arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole"


def trust(service: str) -> dict[str, Any]:
    """A trust policy for one service."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": f"{service}.amazonaws.com"},
            }
        ],
    }


def document(*statements: Mapping[str, Any]) -> dict[str, Any]:
    """A policy document; Effect defaults to Allow."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **s} for s in statements]}


class StackBuilder:
    """Collects resources of a hand-written template. Each method returns the logical id it was given."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.resources: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self.assets: dict[str, Path] = {}
        self._ids = itertools.count()

    def add(self, logical_id: str, type_: str, **properties: Any) -> str:
        self.resources[logical_id] = {"Type": type_, "Properties": properties}
        return logical_id

    def arn(self, logical_id: str) -> dict[str, Any]:
        by_ref = ("AWS::SNS::Topic", "AWS::StepFunctions::StateMachine", "AWS::SecretsManager::Secret")
        if self.resources[logical_id]["Type"] in by_ref:
            return {"Ref": logical_id}
        return {"Fn::GetAtt": [logical_id, "Arn"]}

    def role(self, logical_id: str, *allow: Mapping[str, Any], service: str = "lambda") -> str:
        """A role whose inline policy holds these statements (Effect defaults to Allow)."""
        policies = [{"PolicyName": "p", "PolicyDocument": document(*allow)}] if allow else []
        return self.add(logical_id, "AWS::IAM::Role", AssumeRolePolicyDocument=trust(service), Policies=policies)

    def function(self, logical_id: str, code: str, *allow: Mapping[str, Any], **properties: Any) -> str:
        """A function with a role of its own and its handler's source."""
        key = f"asset{next(self._ids)}"
        directory = self._directory / key
        directory.mkdir()
        (directory / "app.py").write_text(textwrap.dedent(code))
        self.assets[f"{key}.zip"] = directory
        self.role(f"{logical_id}Role", *allow)
        return self.add(
            logical_id,
            "AWS::Lambda::Function",
            **{
                "Code": {"S3Bucket": "assets", "S3Key": f"{key}.zip"},
                "Handler": "app.handler",
                "Runtime": "python3.13",
                "Timeout": 10,
                "Role": self.arn(f"{logical_id}Role"),
                **properties,
            },
        )

    def rule(self, logical_id: str, *targets: Mapping[str, Any], **properties: Any) -> str:
        numbered = [{"Id": f"t{i}", **target} for i, target in enumerate(targets)]
        return self.add(logical_id, "AWS::Events::Rule", Targets=numbered, **properties)

    def permit(self, function: str, source: Any, service: str = "events") -> str:
        return self.add(
            f"Permit{next(self._ids)}",
            "AWS::Lambda::Permission",
            FunctionName=self.arn(function),
            Action="lambda:InvokeFunction",
            Principal=f"{service}.amazonaws.com",
            SourceArn=source,
        )

    def url(self, function: str, auth_type: str = "NONE", **properties: Any) -> str:
        """A function's URL, without which a caller cannot ask and with which it still may not."""
        target = {"TargetFunctionArn": self.arn(function), "AuthType": auth_type}
        return self.add(f"{function}Url", "AWS::Lambda::Url", **target, **properties)

    def public(self, function: str) -> str:
        """A URL that anyone may call: with both permissions that takes."""
        anyone = {"FunctionName": self.arn(function), "Principal": "*"}
        self.add(
            f"{function}Url1",
            "AWS::Lambda::Permission",
            **anyone,
            Action="lambda:InvokeFunctionUrl",
            FunctionUrlAuthType="NONE",
        )
        self.add(
            f"{function}Url2",
            "AWS::Lambda::Permission",
            **anyone,
            Action="lambda:InvokeFunction",
            InvokedViaFunctionUrl=True,
        )
        return self.url(function)

    def let_in(self, queue: str, service: str, source: Any) -> str:
        """A queue policy that lets a service send for one source."""
        return self.add(
            f"Policy{next(self._ids)}",
            "AWS::SQS::QueuePolicy",
            Queues=[{"Ref": queue}],
            PolicyDocument={
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Action": "sqs:SendMessage",
                        "Resource": self.arn(queue),
                        "Principal": {"Service": f"{service}.amazonaws.com"},
                        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
                    }
                ]
            },
        )

    @property
    def template(self) -> dict[str, Any]:
        return {"Resources": self.resources, "Outputs": self.outputs}


def make_event(source: str = "shop", detail: Mapping[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """An EventBridge envelope."""
    return {
        "version": "0",
        "id": "11111111-2222-3333-4444-555555555555",
        "detail-type": "Order",
        "source": source,
        "account": "123456789012",
        "time": "2026-03-01T12:00:00Z",
        "region": "us-east-1",
        "resources": [],
        "detail": dict(detail or {}),
        **fields,
    }


@pytest.fixture
def stack(tmp_path: Path) -> StackBuilder:
    return StackBuilder(tmp_path)


@pytest.fixture
def event() -> Callable[..., dict[str, Any]]:
    return make_event


@pytest.fixture
def opened() -> Iterator[Callable[[StackBuilder], LocalAccount]]:
    """Deploys a stack into an account that is closed after the test."""
    with ExitStack() as closing:
        yield lambda stack: closing.enter_context(LocalAccount.from_template(stack.template, stack.assets, start=START))

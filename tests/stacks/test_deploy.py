"""`make deploy`, up to the point where the CDK command takes over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stacks.deploy import BOOTSTRAP, LEASE, NotReady, deploy


class Cdk:
    """The CDK command, writing down how it was called."""

    def __init__(self, **exits: int) -> None:
        self.called: list[str] = []
        self.exits = exits

    def __call__(self, *arguments: str) -> int:
        self.called.append(arguments[0])
        return self.exits.get(arguments[0], 0)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for key in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(key, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.session.Session(region_name="us-east-1")


def parameter(session: Any, name: str, value: str) -> None:
    session.client("ssm").put_parameter(Name=name, Value=value, Type="String")


def test_an_account_without_bootstrap_is_told_the_command(session: Any) -> None:
    cdk = Cdk()
    with pytest.raises(NotReady, match="bootstrap aws://123456789012/us-east-1"):
        deploy(session, "Fusebox", lambda question: "y", cdk)
    assert cdk.called == []


def test_an_old_bootstrap_is_not_enough(session: Any) -> None:
    parameter(session, BOOTSTRAP, "5")
    with pytest.raises(NotReady, match="version 5"):
        deploy(session, "Fusebox", lambda question: "y", Cdk())


def test_a_second_fusebox_in_the_account_is_refused(session: Any) -> None:
    parameter(session, BOOTSTRAP, "21")
    parameter(session, LEASE, json.dumps({"stack": "OtherFusebox"}))
    with pytest.raises(NotReady, match="OtherFusebox"):
        deploy(session, "Fusebox", lambda question: "y", Cdk())


def test_no_region_is_one_clear_line(monkeypatch: pytest.MonkeyPatch, session: Any) -> None:
    for key in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(key, raising=False)
    with pytest.raises(NotReady, match="no Region"):
        deploy(boto3.session.Session(), "Fusebox", lambda question: "y", Cdk())


@pytest.mark.parametrize(
    ("answer", "called"),
    [
        ("y", ["synth", "diff", "deploy"]),
        ("YES ", ["synth", "diff", "deploy"]),
        ("", ["synth", "diff"]),
        ("n", ["synth", "diff"]),
    ],
)
def test_it_shows_the_diff_and_deploys_only_after_a_yes(session: Any, answer: str, called: list[str]) -> None:
    parameter(session, BOOTSTRAP, "21")
    cdk, asked = Cdk(), []

    def ask(question: str) -> str:
        assert cdk.called == ["synth", "diff"]
        asked.append(question)
        return answer

    assert deploy(session, "Fusebox", ask, cdk) == 0
    assert cdk.called == called
    assert asked == ["Deploy Fusebox to 123456789012 us-east-1? [y/N] "]


def test_a_policy_that_does_not_synthesise_stops_it(session: Any) -> None:
    parameter(session, BOOTSTRAP, "21")
    cdk = Cdk(synth=2)
    assert deploy(session, "Fusebox", lambda question: "y", cdk) == 2
    assert cdk.called == ["synth"]

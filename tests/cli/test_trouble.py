"""Expected trouble ends in one line and exit code 2, never in a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from functions import __version__
from tests.cli.conftest import Fusebox

ROOT = Path(__file__).parents[2]
COMMANDS = [
    ("plan",),
    ("run", "log_retention"),
    ("requests",),
    ("approve", "20260101T000000-abcdef", "--yes"),
    ("reject", "20260101T000000-abcdef", "--reason", "x", "--yes"),
    ("ledger",),
    ("ledger", "show", "20260101T000000-abcdef.0123456789"),
    ("wrong", "20260101T000000-abcdef.0123456789", "--reason", "x"),
    ("secret", "status"),
    ("rotate-link-key",),
    ("undo", "20260101T000000-abcdef.0123456789"),
    ("exempt", "/x", "--guardrail", "log_retention", "--until", "30d", "--owner", "ann@example.com", "--reason", "x"),
    ("exemptions",),
    ("pause",),
    ("resume",),
    ("redrive",),
]
names = pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command[:2]))


@names
def test_no_credentials(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    ran = fusebox(*command)
    assert ran.code == 2
    assert "no AWS credentials found: set AWS_PROFILE" in ran.complaint


@names
def test_no_region(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    ran = fusebox(*command)
    assert ran.code == 2
    assert "no AWS Region: set AWS_REGION" in ran.complaint


@names
@pytest.mark.parametrize(
    ("code", "said"), [("AccessDenied", "not allowed to call GetCallerIdentity"), ("ExpiredToken", "have run out")]
)
def test_credentials_that_are_not_good_for_it(fusebox: Fusebox, command: tuple[str, ...], code: str, said: str) -> None:
    fusebox.deny("GetCallerIdentity", code)
    ran = fusebox(*command)
    assert ran.code == 2
    assert said in ran.complaint


def test_an_endpoint_that_nobody_answers(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.exceptions import EndpointConnectionError

    def unreachable(*_: object, **__: object) -> None:
        raise EndpointConnectionError(endpoint_url="http://127.0.0.1:9/")

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setattr(fusebox, "watch", unreachable)
    monkeypatch.setattr("botocore.endpoint.Endpoint.make_request", unreachable)
    ran = fusebox("plan")
    assert ran.code == 2
    assert "127.0.0.1:9" in ran.complaint


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LOGS"])
@pytest.mark.parametrize(
    "endpoint", ["nonsense", "localhost:4566", "http://", "http://[::1", "http://x:port", "ftp://x"]
)
def test_an_endpoint_that_is_none(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch, name: str, endpoint: str) -> None:
    monkeypatch.setenv(name, endpoint)
    ran = fusebox("plan")
    assert ran.code == 2
    assert f"{name} is {endpoint!r}: write a URL such as http://localhost:4566" in ran.complaint


def test_an_endpoint_of_the_profile_that_is_none(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    file = fusebox.folder / "config"
    file.write_text("[default]\nendpoint_url = nonsense\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    assert "Invalid endpoint: nonsense" in fusebox("plan").complaint


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        ("guardrails: [", "fusebox.yaml:1: not YAML"),
        ("guardrails:\n  log_retention:\n    mode: enforced\n", "fusebox.yaml:3: guardrails.log_retention.mode"),
        ("guardrails:\n  log_retentoin: {}\n", "did you mean 'log_retention'?"),
    ],
)
@pytest.mark.parametrize("command", [("plan",), ("run", "log_retention"), ("policy", "check")], ids=lambda one: one[0])
def test_a_wrong_policy_stops_everything_that_reads_it(
    fusebox: Fusebox, command: tuple[str, ...], policy: str, said: str
) -> None:
    (fusebox.folder / "fusebox.yaml").write_text(policy)
    ran = fusebox(*command)
    assert ran.code == 2
    assert said in ran.complaint
    assert fusebox.calls == []


def test_a_policy_that_is_not_there(fusebox: Fusebox) -> None:
    complaint = fusebox("plan", "--policy", "nowhere.yaml").complaint
    assert complaint == "fusebox: nowhere.yaml: cannot be read: No such file or directory"


def test_a_good_policy_is_called_valid(fusebox: Fusebox) -> None:
    fusebox.policy(mode="approve")
    modes = {"log_retention": "approve"} | dict.fromkeys(("idle_gpu", "asg_clamp", "tag_check", "llm_keys"), "observe")
    said = ", ".join(f"{name} {mode}" for name, mode in modes.items())
    assert fusebox("policy", "check").out == f"fusebox.yaml is valid: {said}\n"
    assert fusebox("policy", "check", "--json").json["modes"] == modes
    assert "log_retention" in str(fusebox("policy", "schema").json)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "idle_toaster"), "there is no guardrail 'idle_toaster'; there are: log_retention"),
        (("run", "idle_toaster"), "there are: log_retention"),
        (("pause", "idle_toaster"), "there are: log_retention"),
        (("run", "log_retention", "--stack", "Nope"), "there is no stack 'Nope' in account 123456789012"),
        (("run", "log_retention", "--ledger", "fusebox.yaml"), "the local ledger cannot be used"),
    ],
)
def test_names_of_nothing(fusebox: Fusebox, arguments: tuple[str, ...], said: str) -> None:
    fusebox.policy()
    ran = fusebox(*arguments)
    assert ran.code == 2
    assert said in ran.complaint


def test_a_stack_that_is_no_fusebox(fusebox: Fusebox) -> None:
    import boto3

    boto3.client("cloudformation").create_stack(
        StackName="Shop", TemplateBody='{"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}'
    )
    ran = fusebox("run", "log_retention", "--stack", "Shop")
    assert "stack 'Shop' is no Fusebox stack: it has no output TableName" in ran.complaint


def test_asking_for_the_version_or_help_loads_no_sdk() -> None:
    code = "import sys, cli.main; print(sorted({'boto3', 'botocore', 'pydantic', 'rich', 'yaml'} & set(sys.modules)))"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_version(fusebox: Fusebox) -> None:
    assert fusebox("--version").out == f"fusebox {__version__}\n"

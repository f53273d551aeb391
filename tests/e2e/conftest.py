"""Fusebox deployed into a local account in enforce mode, once for each test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from functions.llm_keys.settings import LlmKeysSettings
from local import LocalAccount, LogGroupSeed
from local.llm_providers import FakeProviders
from tests.e2e.llm_policy import Stack, make_aws_keys, policy_text

OWNER = "owner"
"""The name of the IAM user whom the local account takes for its owner."""
START = datetime(2026, 11, 2, 12, 0, 30, tzinfo=UTC)
SAMPLES = Path(__file__).parents[2] / "events" / "log_retention"
POLICY = """
alerts: {email: [finops@example.com]}
operations: {email: [platform@example.com]}
guardrails:
  log_retention:
    mode: enforce
    default_days: 30
    protect: ['*audit*', '*cloudtrail*', /prod/secret, '/pay/*/ledger']
    pace: {lists_per_second: 1000, puts_per_second: 1000}
"""


@pytest.fixture(scope="session")
def policy_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("policy") / "fusebox.yaml"
    file.write_text(POLICY)
    return file


@pytest.fixture(scope="session")
def enforcing(policy_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack in enforce mode, synthesised."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    return synthesise(new_app(tmp_path_factory.mktemp("enforcing")), load_policy(policy_file))


ASKING = """
alerts: {email: [finops@example.com]}
operations: {email: [platform@example.com]}
approval:
  page: function_url
  approvers: {iam: ['arn:aws:iam::123456789012:user/%s'], slack: [U012AB3CD]}
  %s
slack: {webhook: true, app: true}
guardrails:
  log_retention:
    mode: approve
    default_days: 30
    pace: {lists_per_second: 1000, puts_per_second: 1000}
    %s
"""


@pytest.fixture(scope="session")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The stack in approve mode with the page and Slack, synthesised once for each variation of its policy."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    made: dict[tuple[str, str], Path] = {}

    def build(approval: str = "", guardrail: str = "") -> Path:
        if (approval, guardrail) not in made:
            folder = tmp_path_factory.mktemp("asking")
            (folder / "fusebox.yaml").write_text(ASKING % (OWNER, approval, guardrail))
            made[approval, guardrail] = synthesise(new_app(folder / "cdk.out"), load_policy(folder / "fusebox.yaml"))
        return made[approval, guardrail]

    return build


def only_logs(account: LocalAccount) -> LocalAccount:
    """The same account without frequent looks at everything else, which stories of weeks about logs can do without."""
    for other in ("idle-gpu-sweep", "asg-clamp-sweep", "tag-check-sweep", "tag-check-logs", "tag-check-changes"):
        account.client("events").disable_rule(Name=f"fusebox-us-east-1-{other}")
    return account


@pytest.fixture
def account(enforcing: Path) -> Iterator[LocalAccount]:
    with LocalAccount(enforcing, start=START) as account:
        yield only_logs(account)


@pytest.fixture
def sample(account: LocalAccount) -> Callable[..., dict[str, Any]]:
    """A sample event, about a group of one's choice, that happens now."""

    def make(case: str, group: str = "/aws/lambda/checkout") -> dict[str, Any]:
        event: dict[str, Any] = json.loads((SAMPLES / f"{case}.json").read_text())["event"]
        event["time"] = f"{account.clock.now():%Y-%m-%dT%H:%M:%SZ}"
        event["detail"]["requestParameters"] = {"logGroupName": group}
        return event

    return make


def old_with_data(name: str = "/legacy/orders") -> LogGroupSeed:
    """Three years old, full of data, never expiring: what must not be touched without asking."""
    return LogGroupSeed(name, created_at=START - timedelta(days=1100), stored_bytes=5 * 10**9)


def young(name: str) -> LogGroupSeed:
    return LogGroupSeed(name, created_at=START - timedelta(hours=2), stored_bytes=1000)


def retention(account: LocalAccount, name: str) -> int | None:
    """A group's days, None if it never expires."""
    group = account.client("logs").describe_log_groups(logGroupNamePrefix=name, limit=1)["logGroups"][0]
    assert group["logGroupName"] == name
    days: int | None = group.get("retentionInDays")
    return days


def puts(account: LocalAccount) -> int:
    """Retentions set by Fusebox's role that AWS took."""
    return sum(
        call.action == "logs:PutRetentionPolicy" and call.error is None and call.principal != "owner"
        for call in account.calls
    )


def alerts(account: LocalAccount) -> list[str]:
    """The e-mail texts on the alerts topic."""
    return [message.body("email") for message in account.messages(account.outputs["AlertsTopicArn"])]


def sweep(account: LocalAccount) -> None:
    account.run_schedule("fusebox-us-east-1-log-retention-sweep")


@pytest.fixture
def fusebox(account: LocalAccount, policy_file: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """The command, in this process and so in the account's virtual time."""
    from typer.testing import CliRunner

    from cli.main import app

    for key, value in {
        "AWS_ENDPOINT_URL": account.endpoint,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(key, value)

    def run(*arguments: str, policy: bool = False) -> Any:
        chosen = ["--policy", str(policy_file)] if policy else []
        return CliRunner().invoke(app, [*arguments, *chosen])

    return run


@pytest.fixture(scope="session")
def fakes() -> Iterator[FakeProviders]:
    """The LLM providers, whose addresses the policy has: they are there before any stack is synthesised."""
    with FakeProviders() as fakes:
        yield fakes


@pytest.fixture(scope="session")
def llm_stack(fakes: FakeProviders, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Stack]:
    """The stack of the stories about LLM keys, synthesised once for each mode; not while an account is open."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    with LocalAccount.from_template({"Resources": {}}, start=START) as empty:
        given_out = make_aws_keys(empty)

    @cache
    def build(mode: str) -> Stack:
        file = tmp_path_factory.mktemp(mode) / "fusebox.yaml"
        file.write_text(policy_text(fakes, given_out, mode))
        policy = load_policy(file)
        settings = policy.guardrails["llm_keys"]
        assert isinstance(settings, LlmKeysSettings)
        return Stack(synthesise(new_app(file.parent / "cdk.out"), policy), file, settings)

    return build

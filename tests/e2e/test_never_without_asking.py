"""A group three years old, with bytes and without retention: through no path is it given one unasked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from local import LocalAccount
from tests.e2e.conftest import alerts, old_with_data, puts, retention, sweep

GROUP = "/legacy/orders"
Sample = Callable[..., dict[str, Any]]


@pytest.fixture(autouse=True)
def legacy(account: LocalAccount) -> None:
    account.seed_log_groups([old_with_data(GROUP)])


@pytest.mark.parametrize("case", ["create_by_role", "delete_retention", "put_retention"])
def test_not_by_an_event(account: LocalAccount, sample: Sample, case: str) -> None:
    account.put_event(sample(case, GROUP))
    account.advance(timedelta(minutes=10))
    assert retention(account, GROUP) is None
    assert "1 waiting for approval" in alerts(account)[-1]
    assert "1100 days old and holds 5.0 GB" in alerts(account)[-1]


def test_not_by_the_sweep(account: LocalAccount) -> None:
    sweep(account)
    assert retention(account, GROUP) is None
    assert "1 waiting for approval" in alerts(account)[-1]


@pytest.mark.parametrize("where", [("--stack", "Fusebox"), ("--ledger",)])
@pytest.mark.parametrize("mode", ["enforce", "approve"])
def test_not_by_the_command(
    account: LocalAccount, fusebox: Callable[..., Any], where: tuple[str, ...], mode: str, tmp_path: Any
) -> None:
    if where == ("--ledger",):
        account.client("ssm").delete_parameter(Name="/fusebox/lease")
        where = ("--ledger", str(tmp_path / "ledger.sqlite3"))
    ran = fusebox("run", "log_retention", "--mode", mode, "--json", *where, policy=True)
    assert ran.exit_code == 0, ran.output
    assert json.loads(ran.stdout)["counts"]["needs_approval"] == 1
    assert retention(account, GROUP) is None


def test_not_because_nobody_answered(account: LocalAccount) -> None:
    for _ in range(40):
        account.advance(timedelta(days=1))
    assert retention(account, GROUP) is None
    asked = [text for text in alerts(account) if "waiting for approval" in text]
    assert len(asked) == 2  # once, and a reminder after the period


def test_not_when_a_step_of_the_sweep_runs_out_of_time(account: LocalAccount) -> None:
    account.fail("dynamodb:TransactWriteItems", code="RequestTimeout", times=1)
    account.fail("logs:DescribeLogGroups", code="RequestTimeout", times=5)
    sweep(account)  # this one fails
    sweep(account)
    assert retention(account, GROUP) is None
    assert puts(account) == 0


def test_not_by_a_redrive_of_an_old_event(account: LocalAccount, sample: Sample, fusebox: Callable[..., Any]) -> None:
    account.fail("logs:DescribeLogGroups", code="AccessDeniedException", times=3)
    account.put_event(sample("create_by_role", GROUP))
    account.advance(timedelta(hours=3))
    assert fusebox("redrive", "--stack", "Fusebox").exit_code == 0
    account.settle()
    assert retention(account, GROUP) is None


def test_not_by_undoing_something_else(account: LocalAccount, fusebox: Callable[..., Any]) -> None:
    """Somebody sets a retention by hand; Fusebox neither keeps a claim on it nor takes it further."""
    account.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=3653)
    sweep(account)
    assert retention(account, GROUP) == 3653
    assert alerts(account) == []

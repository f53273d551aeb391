"""log_retention from the event to the ledger, along the template's own wiring."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from local import LocalAccount
from tests.e2e.conftest import alerts, puts, retention, sweep, young

Sample = Callable[..., dict[str, Any]]


def test_a_new_group_gets_its_retention_after_the_delay(account: LocalAccount, sample: Sample) -> None:
    account.client("logs").create_log_group(logGroupName="/aws/lambda/checkout")
    account.put_event(sample("create_by_role"))
    account.advance(timedelta(seconds=119))
    assert retention(account, "/aws/lambda/checkout") is None
    account.advance(timedelta(seconds=2))
    assert retention(account, "/aws/lambda/checkout") == 30
    assert account.losses == []


def test_a_retention_that_the_deployment_sets_in_the_meantime_stays(account: LocalAccount, sample: Sample) -> None:
    logs = account.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/checkout")
    account.put_event(sample("create_by_role"))
    logs.put_retention_policy(logGroupName="/aws/lambda/checkout", retentionInDays=7)
    account.put_event(sample("put_retention"))
    account.advance(timedelta(minutes=5))
    assert retention(account, "/aws/lambda/checkout") == 7
    assert alerts(account) == []


def test_an_exemption_tagged_in_the_meantime_counts(account: LocalAccount, sample: Sample) -> None:
    logs = account.client("logs")
    logs.create_log_group(logGroupName="/aws/lambda/checkout")
    account.put_event(sample("create_by_role"))
    logs.tag_log_group(logGroupName="/aws/lambda/checkout", tags={"fusebox:exempt-until": "2026-12-31"})
    account.advance(timedelta(minutes=5))
    assert retention(account, "/aws/lambda/checkout") is None


def test_duplicates_late_and_reordered_events_end_in_one_action(account: LocalAccount, sample: Sample) -> None:
    account.seed_log_groups([young("/aws/lambda/checkout")])
    event = sample("delete_retention")
    for _ in range(3):
        account.put_event(event)
    account.advance(timedelta(minutes=3))
    account.put_event(sample("create_by_user"))
    account.advance(timedelta(hours=2))
    assert puts(account) == 1
    assert len(alerts(account)) == 1


def test_its_own_calls_reach_no_rule(account: LocalAccount, sample: Sample) -> None:
    assert account.put_event(sample("own_call")).rules == []
    assert account.put_event(sample("failed_call")).rules == []


def test_the_daily_sweep_finds_what_events_missed_and_then_has_nothing_to_do(account: LocalAccount) -> None:
    account.seed_log_groups([young(f"/ecs/task-{number:03}") for number in range(120)])
    account.advance(timedelta(days=1, minutes=1))
    assert puts(account) == 120
    assert "120 done" in alerts(account)[-1]
    account.advance(timedelta(days=1))
    assert puts(account) == 120
    assert len(alerts(account)) == 1


def test_one_group_that_fails_stops_no_other_and_is_told(account: LocalAccount) -> None:
    account.seed_log_groups([young(f"/ecs/task-{number:03}") for number in range(60)])
    account.fail("logs:PutRetentionPolicy", match="/ecs/task-017", code="InvalidOperationException", times=9)
    sweep(account)
    assert puts(account) == 59
    assert retention(account, "/ecs/task-017") is None
    assert "1 FAILED" in alerts(account)[-1]
    client, machine = account.client("stepfunctions"), account.outputs["SweepStateMachineArn"]
    (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    history = client.get_execution_history(executionArn=execution["executionArn"])["events"]
    assert any(one.get("stateEnteredEventDetails", {}).get("name") == "DonePartly" for one in history)


def test_a_group_busy_with_its_creation_is_tried_again(account: LocalAccount, sample: Sample) -> None:
    account.seed_log_groups([young("/aws/lambda/checkout")])
    account.fail("logs:PutRetentionPolicy", code="OperationAbortedException", times=2)
    account.put_event(sample("create_by_role"))
    account.advance(timedelta(minutes=3))
    assert retention(account, "/aws/lambda/checkout") == 30


def test_an_event_that_cannot_be_handled_ends_in_the_failure_queue_and_is_redriven(
    account: LocalAccount, sample: Sample, fusebox: Callable[..., Any]
) -> None:
    account.seed_log_groups([young("/aws/lambda/checkout")])
    account.fail("logs:DescribeLogGroups", code="AccessDeniedException", times=3)
    account.put_event(sample("create_by_role"))
    account.advance(timedelta(hours=3))
    failures = account.outputs["FailureQueueUrl"]
    assert len(account.queue(failures)) == 1
    assert retention(account, "/aws/lambda/checkout") is None
    ran = fusebox("redrive", "--stack", "Fusebox")
    assert ran.exit_code == 0, ran.output
    account.settle()
    assert account.queue(failures) == []
    assert retention(account, "/aws/lambda/checkout") == 30


def test_a_malformed_event_is_kept_and_changes_nothing(account: LocalAccount, sample: Sample) -> None:
    event = sample("create_by_role")
    event["detail"]["requestParameters"] = {"logGroupName": "/aws/lambda/*"}
    account.put_event(event)
    account.advance(timedelta(hours=3))
    assert len(account.queue(account.outputs["FailureQueueUrl"])) == 1
    assert puts(account) == 0


def test_a_throttled_account_is_swept_all_the_same(account: LocalAccount) -> None:
    account.seed_log_groups([young(f"/ecs/task-{number}") for number in range(12)])
    account.throttle("logs:PutRetentionPolicy", rate=20, burst=2)
    sweep(account)
    assert puts(account) == 12

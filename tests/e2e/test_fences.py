"""What stands in the way even if the code is wrong: IAM, the pause, the emergency stop, the ledger's rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAccount, LogGroupSeed
from tests.e2e.conftest import START, puts, retention, sweep, young

ROLE = "arn:aws:iam::123456789012:role/fusebox-us-east-1-log-retention"
TABLE = "fusebox-us-east-1-ledger"


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value.response["Error"]["Code"])


@pytest.mark.parametrize(
    "group",
    [
        "/org/audit",
        "/org/Audit/eu",
        "aws-cloudtrail-logs-x",
        "/prod/secret",
        "/pay/eu/ledger",
        "/aws/lambda/fusebox-us-east-1-log-retention",
    ],
)
def test_the_role_cannot_change_protected_groups_or_its_own(account: LocalAccount, group: str) -> None:
    if "fusebox" not in group:
        account.seed_log_groups([LogGroupSeed(group, created_at=START)])
    logs = account.client("logs", ROLE)
    assert refused(logs.put_retention_policy, logGroupName=group, retentionInDays=1) == "AccessDeniedException"


def test_the_role_cannot_rewrite_history(account: LocalAccount) -> None:
    account.seed_log_groups([young("/ecs/task")])
    sweep(account)
    table = account.client("dynamodb", ROLE)
    rows = account.client("dynamodb").scan(TableName=TABLE)["Items"]
    key = next({"pk": row["pk"], "sk": row["sk"]} for row in rows if row["pk"]["S"].startswith("ledger#"))
    assert refused(table.delete_item, TableName=TABLE, Key=key) == "AccessDeniedException"
    rewritten = {"TableName": TABLE, "Key": key, "UpdateExpression": "SET body = :b"}
    denied = refused(table.update_item, **rewritten, ExpressionAttributeValues={":b": {"S": "{}"}})
    assert denied == "AccessDeniedException"


def test_a_pause_takes_effect_without_a_deployment(account: LocalAccount, fusebox: Callable[..., Any]) -> None:
    account.seed_log_groups([young("/ecs/task")])
    assert fusebox("pause", "--stack", "Fusebox", "--reason", "something is wrong").exit_code == 0
    sweep(account)
    assert puts(account) == 0
    assert fusebox("resume", "--stack", "Fusebox").exit_code == 0
    sweep(account)
    assert puts(account) == 1


def test_what_was_done_can_be_undone_and_stays_undone(account: LocalAccount, fusebox: Callable[..., Any]) -> None:
    import json

    account.seed_log_groups([young("/ecs/task")])
    sweep(account)
    assert retention(account, "/ecs/task") == 30
    ran = fusebox("ledger", "--stack", "Fusebox", "--json")
    action = next(one["action_id"] for one in json.loads(ran.stdout)["entries"] if one["kind"] == "intent")
    undone = fusebox("undo", action, "--yes", "--stack", "Fusebox", "--reason", "we need it")
    assert undone.exit_code == 0, undone.output
    assert retention(account, "/ecs/task") is None
    sweep(account)
    assert retention(account, "/ecs/task") is None


def test_the_emergency_stop_stops_its_roles(account: LocalAccount) -> None:
    account.seed_log_groups([young("/ecs/task")])
    account.client("iam").attach_role_policy(
        RoleName=ROLE.rsplit("/", 1)[1], PolicyArn=account.outputs["EmergencyStopPolicyArn"]
    )
    sweep(account)
    assert retention(account, "/ecs/task") is None
    execution = account.client("stepfunctions").list_executions(
        stateMachineArn=account.outputs["SweepStateMachineArn"]
    )["executions"][0]
    assert execution["status"] == "FAILED"


def test_a_second_fusebox_beside_a_deployed_one_is_refused(account: LocalAccount, fusebox: Callable[..., Any]) -> None:
    account.seed_log_groups([young("/ecs/task")])
    ran = fusebox("run", "log_retention", "--mode", "enforce", policy=True)
    assert ran.exit_code == 2
    assert "--stack Fusebox" in ran.output
    assert puts(account) == 0


def test_alarms_reach_the_operations_topic(account: LocalAccount) -> None:
    alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert alarms
    for alarm in alarms:
        account.set_alarm(alarm["AlarmName"], "ALARM")
    told = account.messages(account.outputs["OperationsTopicArn"])
    assert len(told) == len(alarms)

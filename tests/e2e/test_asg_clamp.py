"""asg_clamp from launches to the clamp and back, along the template's own wiring."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from functions.core import ledger
from functions.core.dynamodb_table import DynamoDBTable
from local import LocalAccount
from local.scaling import GroupSeed
from tests.e2e.asking import approve, ends, links
from tests.e2e.conftest import START, alerts

POLICY = """
alerts: {email: [finops@example.com]}
operations: {email: [platform@example.com]}
approval: {page: function_url, links_may: anything}
guardrails:
  log_retention: {mode: observe}
  idle_gpu: {mode: observe}
  asg_clamp:
    mode: enforce
    growth_instances: 10
    alarms: true
    protect_tags: ['fusebox:protect']
    rules:
      - {name: ^batch-, ceiling: 8, action: shrink}
      - {name: ^night-, ceiling: 8, action: freeze}
"""
ROLE = "arn:aws:iam::123456789012:role/fusebox-us-east-1-asg-clamp"
LEAK, ALARM = "leak-scale-out", "memory-high"


@pytest.fixture(scope="session")
def clamping(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack with asg_clamp in enforce mode."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    folder = tmp_path_factory.mktemp("clamping")
    (folder / "fusebox.yaml").write_text(POLICY)
    return synthesise(new_app(folder / "cdk.out"), load_policy(folder / "fusebox.yaml"))


@pytest.fixture
def account(clamping: Path) -> Iterator[LocalAccount]:
    with LocalAccount(clamping, start=START) as account:
        # A moment in which nothing else is looked at.
        for name in ("idle-gpu", "log-retention", "asg-clamp", "tag-check"):
            account.client("events").disable_rule(Name=f"fusebox-us-east-1-{name}-sweep")
        yield account


def group(name: str, minimum: int, maximum: int, desired: int, **more: Any) -> GroupSeed:
    return GroupSeed(name, "g5.xlarge", minimum, maximum, desired, START - timedelta(days=9), **more)


def described(account: LocalAccount, name: str) -> dict[str, Any]:
    client = account.client("autoscaling")
    (found,) = client.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return dict(found)


def sizes(account: LocalAccount, name: str) -> tuple[int, int, int, int]:
    """Min, desired, max and how many run."""
    found = described(account, name)
    return found["MinSize"], found["DesiredCapacity"], found["MaxSize"], len(found["Instances"])


def suspended(account: LocalAccount, name: str) -> set[str]:
    return {one["ProcessName"] for one in described(account, name)["SuspendedProcesses"]}


def sweep(account: LocalAccount) -> None:
    account.run_schedule("fusebox-us-east-1-asg-clamp-sweep")


def done(account: LocalAccount) -> list[ledger.Entry]:
    """The intents of what Fusebox did, in the order of time."""
    table = DynamoDBTable(account.client("dynamodb"), account.outputs["TableName"])
    entries = list(ledger.entries_since(table, START - timedelta(days=1), account.clock.now()))
    ended = {one["action_id"] for one in entries if one["kind"] == ledger.OUTCOME and one["result"] == "done"}
    return [one for one in entries if one["kind"] in (ledger.INTENT, ledger.UNDO) and one["action_id"] in ended]


def undo(account: LocalAccount, action: ledger.Entry) -> None:
    """As the page's undo button does it: the guardrail's own function, with its own role."""
    payload = {"fusebox": "undo", "actions": [[action["resource"], action["action_id"]]], "by": "link holder"}
    account.client("lambda").invoke(
        FunctionName="fusebox-us-east-1-asg-clamp", InvocationType="Event", Payload=json.dumps(payload)
    )
    account.settle()


@pytest.mark.parametrize(("step", "caught_at"), [(1, 16), (3, 17)])
def test_five_instances_on_their_way_to_fifty_are_held_at_the_step_that_crosses_the_limit(
    account: LocalAccount, step: int, caught_at: int
) -> None:
    account.seed_groups([group("train", 2, 50, 5)])
    size = 5
    while size < 50:
        account.advance(timedelta(minutes=1))
        size = account.scale("train", by=step, policy=LEAK, alarm=ALARM)
        if size == caught_at:
            break
        assert done(account) == [], "within the limit nothing is touched"
    assert sizes(account, "train") == (2, caught_at, caught_at, caught_at)
    assert suspended(account, "train") == set()
    (action,) = done(account)
    assert action["rule"] == "growth"
    assert f"grew from 5 to {caught_at} within 30 min" in str(action["reason"])
    evidence: Any = action["evidence"]
    assert "policy leak-scale-out" in evidence["driven_by"]
    assert evidence["capacity"].startswith("12:01 5")
    assert evidence["usd_hour_at_max"] == pytest.approx(50 * 1.006)
    assert len(alerts(account)) == 1
    for _ in range(5):
        account.advance(timedelta(minutes=1))
        account.scale("train", by=step, policy=LEAK, alarm=ALARM)
    assert sizes(account, "train") == (2, caught_at, caught_at, caught_at)
    sweep(account)
    assert len(done(account)) == len(alerts(account)) == 1, "held, and told once"
    undo(account, action)
    assert sizes(account, "train") == (2, caught_at, 50, caught_at)
    assert not account.losses


def test_a_shrink_holds_the_group_at_once_and_asks_before_it_terminates(account: LocalAccount) -> None:
    account.seed_groups([group("batch-nightly", 1, 40, 20)])
    sweep(account)
    assert sizes(account, "batch-nightly") == (1, 20, 20, 20)
    sweep(account)
    account.settle()
    question = account.messages(account.outputs["AlertsTopicArn"])[-1]
    assert "12 of the 20 instances that run are terminated" in question.body("email")
    assert sizes(account, "batch-nightly") == (1, 20, 20, 20)
    approve(links(account)["approve"])
    account.settle()
    assert ends(account) == ["SUCCEEDED: ApprovedAndDone"]
    assert sizes(account, "batch-nightly") == (1, 8, 8, 8)
    undo(account, done(account)[-1])
    assert sizes(account, "batch-nightly") == (1, 20, 40, 20)
    assert not account.losses


def test_a_freeze_ends_by_itself_after_two_hours(account: LocalAccount) -> None:
    account.seed_groups([group("night-render", 1, 40, 5)])
    account.client("events").enable_rule(Name="fusebox-us-east-1-asg-clamp-sweep")
    account.advance(timedelta(minutes=31))
    assert suspended(account, "night-render") == {"AlarmNotification", "ScheduledActions"}
    assert account.scale("night-render", by=3, policy=LEAK, alarm=ALARM) == 5, "no alarm makes it grow"
    account.advance(timedelta(minutes=90))
    assert suspended(account, "night-render") == {"AlarmNotification", "ScheduledActions"}
    account.advance(timedelta(minutes=35))
    assert suspended(account, "night-render") == set()
    assert not account.losses


def test_its_own_alarm_brings_the_guardrail_to_a_group_of_which_no_event_came(account: LocalAccount) -> None:
    account.seed_groups(
        [group("batch-quiet", 1, 8, 5, metrics=("GroupDesiredCapacity",)), group("batch-mute", 1, 8, 5)]
    )
    sweep(account)
    alarms = account.client("cloudwatch").describe_alarms(AlarmNamePrefix="fusebox-asg")["MetricAlarms"]
    assert [one["AlarmName"] for one in alarms] == ["fusebox-asg-clamp-batch-quiet"]
    assert "batch-mute: its group metric GroupDesiredCapacity is not collected" in alerts(account)[-1]
    for rule in ("launches", "group-calls"):
        account.client("events").disable_rule(Name=f"fusebox-us-east-1-{rule}")
    account.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName="batch-quiet", MaxSize=40, DesiredCapacity=12
    )
    account.settle()
    assert done(account) == []
    account.advance(timedelta(minutes=3))
    assert sizes(account, "batch-quiet") == (1, 12, 12, 12)
    assert not account.losses


def test_a_protected_group_is_out_of_reach_of_the_role_itself(account: LocalAccount) -> None:
    account.seed_groups([group("batch-precious", 1, 40, 20, tags={"fusebox:protect": "yes"})])
    sweep(account)
    assert sizes(account, "batch-precious") == (1, 20, 40, 20)
    scaling = account.client("autoscaling", ROLE)
    precious = {"AutoScalingGroupName": "batch-precious"}
    for call, arguments in (
        (scaling.update_auto_scaling_group, {"MaxSize": 8}),
        (scaling.suspend_processes, {"ScalingProcesses": ["Launch"]}),
        (scaling.resume_processes, {"ScalingProcesses": ["Launch"]}),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            call(**precious, **arguments)

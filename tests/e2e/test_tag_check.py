"""tag_check from a launch to the mark, and from the deadline to the stop, along the template's own wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import LocalAccount
from local.demo.company import turn_trail_on
from local.fleets import InstanceSeed
from tests.e2e.asking import approve, ends, links, undo
from tests.e2e.conftest import START, alerts

POLICY = """
alerts: {email: [finops@example.com]}
operations: {email: [platform@example.com]}
approval: {page: function_url, links_may: anything}
guardrails:
  log_retention: {mode: observe}
  tag_check:
    mode: enforce
    required: [{key: team}, {key: owner}]
    types: ['AWS::EC2::Instance', 'AWS::S3::Bucket', 'AWS::Lambda::Function', 'AWS::DynamoDB::Table']
    actions: [mark, notify]
    quarantine: {types: ['AWS::EC2::Instance'], after_hours: 24}
"""
ROLE = "arn:aws:iam::123456789012:role/fusebox-us-east-1-tag-check"
SWEEP, FUNCTION = "fusebox-us-east-1-tag-check-sweep", "fusebox-us-east-1-tag-check"
MARK = "fusebox:missing-tags"
GRACE = timedelta(minutes=6)


@pytest.fixture(scope="session")
def tagging(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack with tag_check in enforce mode."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    folder = tmp_path_factory.mktemp("tagging")
    (folder / "fusebox.yaml").write_text(POLICY)
    return synthesise(new_app(folder / "cdk.out"), load_policy(folder / "fusebox.yaml"))


@pytest.fixture
def account(tagging: Path) -> Iterator[LocalAccount]:
    with LocalAccount(tagging, start=START) as account:
        turn_trail_on(account)
        for other in ("idle-gpu", "asg-clamp", "log-retention"):
            account.client("events").disable_rule(Name=f"fusebox-us-east-1-{other}-sweep")
        account.client("s3").put_bucket_tagging(Bucket="example-trail", Tagging={"TagSet": pairs(team="a", owner="b")})
        yield account


def pairs(**tags: str) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def launch(account: LocalAccount, count: int = 1, tags: Mapping[str, str] | None = None) -> list[str]:
    """Ada launches instances in one call."""
    given = {"TagSpecifications": [{"ResourceType": "instance", "Tags": pairs(**tags)}]} if tags is not None else {}
    made = account.client("ec2", user="ada").run_instances(
        ImageId=account.image, InstanceType="g5.xlarge", MinCount=count, MaxCount=count, **given
    )["Instances"]
    account.settle()
    return [one["InstanceId"] for one in made]


def tag(account: LocalAccount, instance: str, **tags: str) -> None:
    account.client("ec2", user="ada").create_tags(Resources=[instance], Tags=pairs(**tags))
    account.settle()


def described(account: LocalAccount, instance: str) -> dict[str, Any]:
    (found,) = account.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"]
    return dict(found)


def tags_of(account: LocalAccount, instance: str) -> dict[str, str]:
    return {one["Key"]: one["Value"] for one in described(account, instance).get("Tags", [])}


def state(account: LocalAccount, instance: str) -> str:
    return str(described(account, instance)["State"]["Name"])


def runs(account: LocalAccount) -> int:
    """How often the function was invoked."""
    return sum(one.function == FUNCTION for one in account.invocations)


def nothing_lost(account: LocalAccount) -> bool:
    return not account.losses and not account.queue(account.outputs["FailureQueueUrl"])


def test_fifty_instances_launched_in_one_call_are_told_of_in_one_message_after_the_grace_period(
    account: LocalAccount,
) -> None:
    ids = launch(account, 50)
    account.advance(timedelta(minutes=4, seconds=50))
    assert (alerts(account), runs(account)) == ([], 0)
    account.advance(timedelta(minutes=10))
    (text,) = alerts(account)
    for words in ("50 done", "lacks team, owner", "made by ada", "missing team owner"):
        assert words in text, text
    assert {tags_of(account, one)[MARK] for one in ids} == {"team owner"}
    writes = [one for one in account.calls if one.action == "ec2:CreateTags" and one.principal == ROLE]
    assert [len(one.params["Resources"]) for one in writes] == [50]
    assert nothing_lost(account)


def test_what_is_tagged_a_minute_later_or_gone_by_then_is_never_told_of(account: LocalAccount) -> None:
    late, gone, right = launch(account)[0], launch(account)[0], launch(account, tags={"team": "ml", "owner": "ada"})[0]
    account.advance(timedelta(seconds=60))
    tag(account, late, team="ml", owner="ada")
    account.client("ec2").terminate_instances(InstanceIds=[gone])
    account.advance(timedelta(minutes=30))
    account.run_schedule(SWEEP)
    assert alerts(account) == []
    assert tags_of(account, late) == tags_of(account, right) == {"team": "ml", "owner": "ada"}
    assert runs(account) > 0
    assert nothing_lost(account)


def test_the_mark_follows_what_is_missing_and_goes_with_it(account: LocalAccount) -> None:
    (instance,) = launch(account)
    account.advance(GRACE)
    assert tags_of(account, instance) == {MARK: "team owner"}
    looked = runs(account)
    account.advance(timedelta(minutes=30))
    assert runs(account) == looked, "its own mark brings it no work"
    tag(account, instance, team="ml")
    account.advance(GRACE)
    assert tags_of(account, instance) == {MARK: "owner", "team": "ml"}
    tag(account, instance, owner="ada")
    account.advance(GRACE)
    assert tags_of(account, instance) == {"team": "ml", "owner": "ada"}
    account.client("ec2").delete_tags(Resources=[instance], Tags=[{"Key": "team"}])
    account.advance(GRACE)
    assert tags_of(account, instance) == {"owner": "ada", MARK: "team"}
    assert nothing_lost(account)


def test_other_kinds_are_told_of_and_marked_through_the_tagging_api(account: LocalAccount) -> None:
    account.client("s3", user="ada").create_bucket(Bucket="ml-data")
    account.client("dynamodb", user="ada").create_table(
        TableName="features",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    account.client("lambda", user="ada").create_function(
        FunctionName="score", Runtime="python3.13", Role=ROLE, Handler="app.handler", Code={"ZipFile": b"code"}
    )
    account.advance(GRACE)
    text = "\n".join(alerts(account))
    for words in ("ml-data", "features", "score", "made by ada"):
        assert words in text, text
    found = account.client("s3").get_bucket_tagging(Bucket="ml-data")["TagSet"]
    assert found == [{"Key": MARK, "Value": "team owner"}]
    account.client("s3").put_bucket_tagging(Bucket="ml-data", Tagging={"TagSet": [*found, *pairs(team="a", owner="b")]})
    account.advance(GRACE)
    assert account.client("s3").get_bucket_tagging(Bucket="ml-data")["TagSet"] == pairs(team="a", owner="b")
    assert nothing_lost(account)


def test_the_sweep_finds_what_no_event_told_of(account: LocalAccount) -> None:
    ids = account.seed_instances(
        [
            InstanceSeed("old", "g5.xlarge", START - timedelta(days=9)),
            InstanceSeed("kept", "g5.xlarge", START - timedelta(days=9), {"fusebox:protect": "yes"}),
        ]
    )
    account.advance(timedelta(hours=6, minutes=1))
    (text,) = alerts(account)
    assert f"old ({ids['old']})" in text
    assert tags_of(account, ids["old"])[MARK] == "team owner"
    assert MARK not in tags_of(account, ids["kept"])
    assert nothing_lost(account)


def test_what_stays_untagged_is_stopped_once_a_person_agrees_and_an_undo_starts_it(account: LocalAccount) -> None:
    account.client("events").disable_rule(Name=SWEEP)
    (instance,) = launch(account)
    account.advance(GRACE)
    assert "a person is asked to stop it from 2026-11-03 12:05 UTC" in alerts(account)[-1]
    account.run_schedule(SWEEP)
    assert len(alerts(account)) == 1, "what is known is not told again"
    account.advance(timedelta(hours=24))
    account.run_schedule(SWEEP)
    assert state(account, instance) == "running"
    assert "told of since 2026-11-02 12:05 UTC" in alerts(account)[-1]
    assert approve(links(account)["approve"]).status == 303
    account.settle()
    assert state(account, instance) == "stopped"
    assert ends(account) == ["SUCCEEDED: ApprovedAndDone"]
    assert undo(links(account)["undo"]).status == 303
    account.settle()
    assert state(account, instance) == "running"
    account.run_schedule(SWEEP)
    assert state(account, instance) == "running"
    assert nothing_lost(account)


def test_its_role_can_neither_write_other_keys_nor_touch_what_is_protected(account: LocalAccount) -> None:
    (plain,), (kept,) = launch(account), launch(account, tags={"fusebox:protect": "yes"})
    ec2, tags = account.client("ec2", ROLE), account.client("resourcegroupstaggingapi", ROLE)
    ec2.create_tags(Resources=[plain], Tags=[{"Key": MARK, "Value": "x"}])
    refused: list[Callable[[], Any]] = [
        lambda: ec2.create_tags(Resources=[plain], Tags=pairs(team="mine")),
        lambda: ec2.delete_tags(Resources=[kept], Tags=[{"Key": MARK}]),
        lambda: ec2.create_tags(Resources=[kept], Tags=[{"Key": MARK, "Value": "x"}]),
        lambda: ec2.stop_instances(InstanceIds=[kept]),
        lambda: ec2.terminate_instances(InstanceIds=[plain]),
    ]
    for call in refused:
        with pytest.raises(ClientError, match="UnauthorizedOperation"):
            call()
    own = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"
    failed = tags.tag_resources(ResourceARNList=[own], Tags={MARK: "x"})["FailedResourcesMap"]
    assert "not authorized to perform: lambda:TagResource" in failed[own]["ErrorMessage"]


def test_a_sweep_by_default_settings_looks_at_every_kind_and_ends_whole(enforcing: Path) -> None:
    with LocalAccount(enforcing, start=START) as account:
        ids = account.seed_instances([InstanceSeed("old", "g5.xlarge", START - timedelta(days=9))])
        account.run_schedule(SWEEP)
        machine = account.outputs["SweepStateMachineArn"]
        client = account.client("stepfunctions")
        (run,) = client.list_executions(stateMachineArn=machine)["executions"]
        history = client.get_execution_history(executionArn=run["executionArn"])["events"]
        entered = [step["stateEnteredEventDetails"]["name"] for step in history if "stateEnteredEventDetails" in step]
        assert (run["status"], entered[-1]) == ("SUCCEEDED", "Done")
        assert ids["old"] in alerts(account)[-1]
        assert nothing_lost(account)

"""fusebox plan: what would be done, and what cannot be seen from here."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from cli.readonly import ReadOnly
from functions.core.clients import Clients
from functions.core.types import Refused
from functions.registry import GUARDRAILS
from tests.cli.conftest import Fusebox, Ran
from tests.contract.worlds import make_group, retentions

WHOSE = ("--guardrail", "log_retention")
HOLD = ("--until", "30d", "--owner", "ann@example.com", "--reason", "legal hold", *WHOSE)


def counts(ran: Ran) -> dict[tuple[str, str], int]:
    (plan,) = ran.json["plans"]
    return {(line["disposition"], line["verdict"]): line["count"] for line in plan["lines"]}


def checks(ran: Ran) -> dict[str, Any]:
    return {check["subject"]: (check["state"], check["text"]) for check in ran.json["preflight"]}


def a_company() -> None:
    make_group("/aws/lambda/young")
    make_group("/legacy/orders", age_days=1100, stored_bytes=100 * 10**9)
    make_group("/org/audit", age_days=900, stored_bytes=10**12)
    make_group("/ecs/on-purpose", days=365)


def test_a_plan_changes_nothing_and_leaves_no_file(fusebox: Fusebox) -> None:
    a_company()
    before = retentions()
    fusebox.policy(mode="enforce", allow_irreversible=True, existing="set")
    ran = fusebox("plan", "log_retention")
    assert ran.code == 0
    assert fusebox.writes == []
    assert retentions() == before
    assert [file.name for file in fusebox.folder.rglob("*")] == ["fusebox.yaml"]


def test_without_a_name_every_guardrail_is_planned(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.only_instances()
    ran = fusebox("plan", "--json")
    assert [(plan["guardrail"], plan["seen"]) for plan in ran.json["plans"]] == [
        ("log_retention", 1),
        ("idle_gpu", 0),
        ("asg_clamp", 0),
        ("tag_check", 0),
        ("llm_keys", 0),
    ]
    assert {"logs:DescribeLogGroups", "ec2:DescribeInstances", "cloudwatch:ListMetrics"} <= set(checks(ran))
    assert fusebox.writes == []


def test_a_plan_of_an_observed_guardrail_shows_what_enforcing_would_do(fusebox: Fusebox) -> None:
    a_company()
    fusebox.policy()
    ran = fusebox("plan", "log_retention", "--json")
    assert counts(ran) == {
        ("done", "never_expires"): 1,
        ("needs_approval", "never_expires"): 1,
        ("left", "protected"): 1,
        ("left", "has_value"): 1,
    }
    (plan,) = ran.json["plans"]
    assert plan["mode"] == "observe"
    assert plan["total"]["now"] == pytest.approx(3.0)
    assert plan["total"]["now"] == pytest.approx(plan["total"]["after"] + plan["total"]["saving"])
    assert plan["asking"][0]["name"] == "/legacy/orders"
    assert "1100 days old" in plan["asking"][0]["why"]
    assert plan["changes"][0] | {"example": ""} == plan["changes"][0] | {
        "rule": "default",
        "sets": "days 30",
        "count": 2,
        "example": "",
    }


def test_people_read_the_same_plan(fusebox: Fusebox) -> None:
    a_company()
    ran = fusebox("plan", "log_retention")
    assert ran.out.startswith("fusebox plan · read-only · account 123456789012 · Region us-east-1 · policy: defaults")
    assert "mode observe: it only reports" in ran.out
    assert "4 resources: 1 would change at once, 1 would ask first; $3.00 a month now, $0.08 after" in ran.out
    assert "/legacy/orders: sets days 30, saves $2.92; asks first: it is 1100 days old" in ran.out


def test_in_approve_mode_everything_asks(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy(mode="approve")
    assert counts(fusebox("plan", "log_retention", "--json")) == {("needs_approval", "never_expires"): 1}


def test_names_are_shown_as_they_are(fusebox: Fusebox) -> None:
    make_group("/odd/[bold]name[/bold]:smile:")
    assert "/odd/[bold]name[/bold]:smile:" in fusebox("plan", "log_retention").out


def test_a_plan_says_where_the_cap_would_stop_it(fusebox: Fusebox) -> None:
    for number in range(3):
        make_group(f"/aws/lambda/{number}")
    fusebox.policy(mode="enforce", cap={"actions_per_hour": 2})
    assert "3 changes worth $0.00 a month exceed the cap of 2 actions" in fusebox("plan", "log_retention").out


def test_exemptions_and_pauses_of_the_local_ledger_count(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox("exempt", "/aws/lambda/young", *HOLD)
    fusebox("pause", "--reason", "incident")
    ran = fusebox("plan", "log_retention", "--json")
    assert counts(ran) == {("exempt", "never_expires"): 1}
    assert any("paused by" in note and "incident" in note for note in ran.json["plans"][0]["notes"])


def test_exemptions_of_a_deployed_fusebox_count(fusebox: Fusebox) -> None:
    fusebox.deploy()
    make_group("/aws/lambda/young")
    assert fusebox("exempt", "/aws/lambda/young", *HOLD, "--stack", "Fusebox").code == 0
    ran = fusebox("plan", "log_retention", "--json")
    assert counts(ran) == {("exempt", "never_expires"): 1}
    assert checks(ran)["deployed"] == ("ok", "stack Fusebox, table fusebox")
    fusebox.deny("BatchGetItem")
    ran = fusebox("plan", "log_retention", "--json")
    assert counts(ran) == {("done", "never_expires"): 1}
    assert any("exemptions and pause are not considered" in note for note in ran.json["plans"][0]["notes"])


def test_the_preflight_names_what_is_missing(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.deny("GetResources")
    fusebox.deny("GetParameter")
    ran = fusebox("plan", "log_retention", "--json")
    found = checks(ran)
    assert found["tag:GetResources"][0] == "missing"
    assert "not allowed; so log_retention cannot read the tags" in found["tag:GetResources"][1]
    assert found["logs:DescribeLogGroups"][0] == "ok"
    assert found["deployed"][0] == "missing"
    assert found["trail"][0] == "missing"
    assert "only the sweep works" in found["trail"][1]
    assert found["sdk"][0] == "ok"
    assert counts(ran) == {("reported", "unknown"): 1}


def test_a_guardrail_that_can_see_nothing_has_no_plan(fusebox: Fusebox) -> None:
    fusebox.deny("DescribeLogGroups")
    ran = fusebox("plan", "log_retention")
    assert ran.code == 1
    assert "cannot be planned: not allowed to call DescribeLogGroups" in ran.out


@pytest.mark.parametrize(
    ("approval", "mode", "state", "said"),
    [
        ({}, "observe", "note", "may answer: 0 by command, 0 in Slack (slack.app is off); page off"),
        ({}, "enforce", "missing", "nobody may answer a deployed Fusebox what log_retention asks"),
        ({"approvers": {"slack": ["U012AB3CD"]}}, "approve", "missing", "name approval.approvers in the policy"),
        ({"page": "function_url"}, "approve", "missing", "nobody may approve what log_retention asks about for good"),
        ({"page": "function_url", "links_may": "anything"}, "approve", "ok", "page on"),
        ({"approvers": {"iam": ["arn:aws:iam::123456789012:role/FinOps"]}}, "approve", "ok", "1 by command"),
    ],
)
def test_the_preflight_says_who_may_answer(
    fusebox: Fusebox, approval: dict[str, Any], mode: str, state: str, said: str
) -> None:
    fusebox.policy(approval=approval, mode=mode)
    found = checks(fusebox("plan", "log_retention", "--json"))["approvals"]
    assert found[0] == state
    assert said in found[1]


def test_a_trail_counts_only_while_it_logs(fusebox: Fusebox) -> None:
    boto3.client("s3").create_bucket(Bucket="trails")
    trails = boto3.client("cloudtrail")
    trails.create_trail(Name="all", S3BucketName="trails")
    assert checks(fusebox("plan", "log_retention", "--json"))["trail"][1].startswith(
        "no trail is logging (1 switched off)"
    )
    trails.start_logging(Name="all")
    assert checks(fusebox("plan", "log_retention", "--json"))["trail"][0] == "ok"
    fusebox.deny("DescribeTrails")
    assert "unknown whether a trail is logging" in checks(fusebox("plan", "log_retention", "--json"))["trail"][1]


def test_an_sdk_that_does_not_know_a_safety_field_is_named(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.core.spec.SafetyFields.unknown_to", lambda fields, model: ["brandNewField"])
    state, text = checks(fusebox("plan", "log_retention", "--json"))["sdk"]
    assert state == "missing"
    assert "does not know brandNewField" in text


@pytest.mark.parametrize(
    ("service", "call", "parameters"),
    [
        ("logs", "put_retention_policy", {"logGroupName": "/aws/lambda/young", "retentionInDays": 1}),
        ("logs", "delete_log_group", {"logGroupName": "/aws/lambda/young"}),
        ("dynamodb", "delete_table", {"TableName": "fusebox"}),
        ("ssm", "put_parameter", {"Name": "x", "Value": "x", "Type": "String"}),
    ],
)
@pytest.mark.usefixtures("fusebox")
def test_a_plans_clients_cannot_change_anything(service: str, call: str, parameters: dict[str, Any]) -> None:
    make_group("/aws/lambda/young")
    clients = Clients()
    ReadOnly(clients, [one for each in GUARDRAILS for one in each.spec.granted(each.spec.settings())])
    with pytest.raises(Refused, match="a plan only reads"):
        getattr(clients.get(service), call)(**parameters)
    assert retentions() == {"/aws/lambda/young": None}

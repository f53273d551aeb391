"""The approval workflow as deployed: its ends, its doors, its secrets, and who may do what."""

from __future__ import annotations

import json
from typing import Any

import pytest

from functions.approval.spec import ApprovalSettings, Approvers
from functions.notify.spec import SlackSettings
from functions.registry import GUARDRAILS
from tests.stacks.conftest import Build
from tests.stacks.template import BASE, HERE, Properties, Template, statements

PAGE = ApprovalSettings(page="function_url", approvers=Approvers(slack=("U012AB3CD",)))
APP = SlackSettings(webhook=True, app=True)
TABLE = f"arn:aws:dynamodb:{HERE}:table/{BASE}-ledger"


@pytest.fixture(scope="module")
def open_doors(build: Build) -> Template:
    """With the page and the Slack app."""
    return build(approval=PAGE, slack=APP)


def states(template: Template) -> dict[str, Any]:
    machine = template.named("AWS::StepFunctions::StateMachine", f"{BASE}-approval")
    found: dict[str, Any] = json.loads(machine["DefinitionString"])["States"]
    return found


def allowed(template: Template, role: str) -> dict[str, Properties]:
    (document,) = template.named("AWS::IAM::Role", f"{BASE}-{role}")["Policies"]
    assert statements(document["PolicyDocument"], "Deny") == {}
    return statements(document["PolicyDocument"], "Allow")


def test_every_end_has_a_name_and_a_failure_fails(template: Template) -> None:
    ends = {name: state["Type"] for name, state in states(template).items() if state["Type"] in ("Succeed", "Fail")}
    assert ends == {
        "ApprovedAndDone": "Succeed",
        "ApprovedAndPartlyDone": "Succeed",
        "Rejected": "Succeed",
        "TimedOut": "Succeed",
        "Superseded": "Succeed",
        "HeldBack": "Succeed",
        "NotAllDone": "Fail",
        "Failed": "Fail",
    }


def test_no_error_ends_as_a_success_and_no_choice_has_a_default(template: Template) -> None:
    for name, state in states(template).items():
        if state["Type"] == "Task":
            assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
            assert state["Catch"][-1]["Next"] in ("Failed", "TellFailure"), name
        assert "Default" not in state, name


def test_silence_leads_to_the_table_and_never_straight_to_acting(template: Template) -> None:
    ask = states(template)["Ask"]
    assert [one["Next"] for one in ask["Catch"]] == ["Expire", "Failed"]
    assert ask["TimeoutSecondsPath"] == "$.timeout_seconds"


def test_acting_is_done_by_the_guardrails_own_function(template: Template) -> None:
    assert states(template)["Act"]["Parameters"]["FunctionName.$"] == "$.function"
    (only,) = allowed(template, "approval-workflow").values()
    assert only["actions"] == ["lambda:InvokeFunction"]
    assert only["resources"] == [
        f"arn:aws:lambda:{HERE}:function:{BASE}-{name}"
        for name in sorted(["approval", *(one.name.replace("_", "-") for one in GUARDRAILS)])
    ]


def test_by_default_no_url_is_public_and_no_secret_exists(template: Template) -> None:
    (url,) = template.of("AWS::Lambda::Url")
    assert (url["AuthType"], url["TargetFunctionArn"].rsplit(":", 1)[1]) == ("AWS_IAM", f"{BASE}-decide")
    assert template.of("AWS::SecretsManager::Secret") == []
    assert not [one for one in template.of("AWS::Lambda::Permission") if one["Principal"] == "*"]
    assert "ApprovalUrl" not in template.document["Outputs"]


def test_by_default_the_asking_function_reads_no_secret_and_invokes_nothing(template: Template) -> None:
    granted = {action for one in allowed(template, "approval").values() for action in one["actions"]}
    assert not granted & {"secretsmanager:GetSecretValue", "lambda:InvokeFunction"}


def test_the_public_url_is_open_by_both_permissions_and_only_by_url(open_doors: Template) -> None:
    public = [one for one in open_doors.of("AWS::Lambda::Permission") if one["Principal"] == "*"]
    assert [(one["Action"], one.get("FunctionUrlAuthType"), one.get("InvokedViaFunctionUrl")) for one in public] == [
        ("lambda:InvokeFunctionUrl", "NONE", None),
        ("lambda:InvokeFunction", None, True),
    ]
    assert {one["FunctionName"].rsplit(":", 1)[1] for one in public} == {f"{BASE}-approval"}


def test_each_secret_is_kept_and_has_one_reader(open_doors: Template) -> None:
    raw = [one for one in open_doors.document["Resources"].values() if one["Type"] == "AWS::SecretsManager::Secret"]
    assert all(one["DeletionPolicy"] == one["UpdateReplacePolicy"] == "Retain" for one in raw)
    secrets = {one["Name"].removeprefix(f"{BASE}-"): one for one in open_doors.of("AWS::SecretsManager::Secret")}
    assert set(secrets) == {"link-key", "slack-signing-secret", "slack-webhook"}
    assert not any("SecretString" in one for one in secrets.values())
    assert [name for name, one in secrets.items() if "GenerateSecretString" in one] == ["link-key"]
    readers: dict[str, list[str]] = {name: [] for name in secrets}
    for role in open_doors.of("AWS::IAM::Role"):
        for policy in role.get("Policies", []):
            for statement in policy["PolicyDocument"]["Statement"]:
                if statement["Effect"] == "Allow" and "secretsmanager:GetSecretValue" in statement["Action"]:
                    named = statement["Resource"]
                    for arn in [named] if isinstance(named, str) else named:
                        readers[arn.split(f":{BASE}-")[1].removesuffix("-AbCdEf")].append(role["RoleName"])
    assert readers == {
        "link-key": [f"{BASE}-approval"],
        "slack-signing-secret": [f"{BASE}-approval"],
        "slack-webhook": [f"{BASE}-notify"],
    }


def test_an_answer_writes_requests_and_their_ledger_only(open_doors: Template) -> None:
    recording = allowed(open_doors, "decide")["RecordAnswers"]
    assert recording == {
        "actions": ["dynamodb:PutItem"],
        "resources": [TABLE],
        "conditions": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["request#*", "ledger#request/*"]}},
    }
    keeping = allowed(open_doors, "approval")["KeepRequestsAndExemptions"]["conditions"]
    assert keeping["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] == [
        "request#*",
        "ledger#request/*",
        "state#asked#*",
        "state#exemptions",
    ]


def test_nobody_but_the_workflows_functions_may_wake_it(open_doors: Template) -> None:
    machine = open_doors.output("ApprovalStateMachineArn")
    waking = [
        (role["RoleName"], statement["Resource"])
        for role in open_doors.of("AWS::IAM::Role")
        for policy in role.get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if "states:SendTaskSuccess" in statement["Action"]
    ]
    assert sorted(waking) == [(f"{BASE}-approval", machine), (f"{BASE}-decide", machine)]


def test_an_approver_may_call_the_url_and_not_the_function_itself(template: Template) -> None:
    policy = template.named("AWS::IAM::ManagedPolicy", f"{BASE}-approvers")["PolicyDocument"]
    decide = f"arn:aws:lambda:{HERE}:function:{BASE}-decide"
    granted = statements(policy, "Allow")
    assert {action for one in granted.values() for action in one["actions"]} == {
        "lambda:InvokeFunctionUrl",
        "lambda:InvokeFunction",
        "dynamodb:BatchGetItem",
        "dynamodb:Query",
        "cloudformation:DescribeStacks",
        "ssm:GetParameter",
    }
    assert {sid: granted[sid] for sid in ("CallTheUrl", "OnlyByTheUrl")} == {
        "CallTheUrl": {
            "actions": ["lambda:InvokeFunctionUrl"],
            "resources": [decide],
            "conditions": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
        },
        "OnlyByTheUrl": {
            "actions": ["lambda:InvokeFunction"],
            "resources": [decide],
            "conditions": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
        },
    }

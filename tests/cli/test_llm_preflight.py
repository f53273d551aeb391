"""What the preflight says of budgets, admin credentials and keys before one of them has to be stopped."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from cli.llm_preflight import Fusebox, of_settings
from cli.readonly import ReadOnly
from cli.session import Place
from functions.core.clients import Clients, Retries
from functions.core.iam_actions import action_of
from functions.core.types import Scope
from functions.llm_keys import names
from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.spec import SPEC

ACCOUNT, REGION = "123456789012", "us-east-1"
BASE = f"fusebox-{REGION}"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:{BASE}-budgets"
PAGER = f"arn:aws:sns:{REGION}:{ACCOUNT}:pager"
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:legacy"
MADE = Budget(name="Research", amount=500.0, keys=("agents",), sources=(Source(kind="aws"),))
ADOPTED = replace(MADE, sources=(Source(kind="aws", adopt="Whole account"),))


def refused(code: str, operation: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": f"not this time: {code}"}}, operation)


@dataclass
class AwsBudgets:
    """AWS Budgets as far as the preflight reads it: what each budget spent, and who hears its notifications."""

    spent: dict[str, str] = field(default_factory=dict)
    heard_by: list[list[str]] = field(default_factory=list)
    denies: bool = False

    def describe_budget(self, AccountId: str, BudgetName: str) -> dict[str, Any]:
        if self.denies:
            raise refused("AccessDeniedException", "DescribeBudget")
        if AccountId != ACCOUNT or BudgetName not in self.spent:
            raise refused("NotFoundException", "DescribeBudget")
        amount = self.spent[BudgetName]
        spent = {"ActualSpend": {"Amount": amount, "Unit": "USD"}} if amount else {}
        return {"Budget": {"BudgetName": BudgetName, "CalculatedSpend": spent}}

    def describe_notifications_for_budget(self, **_: str) -> dict[str, Any]:
        return {"Notifications": [{"Threshold": number} for number in range(len(self.heard_by))]}

    def describe_subscribers_for_notification(
        self,
        Notification: dict[str, int],
        **_: str,
    ) -> dict[str, Any]:
        kinds = {True: "SNS", False: "EMAIL"}
        heard = self.heard_by[Notification["Threshold"]]
        return {"Subscribers": [{"SubscriptionType": kinds["arn:" in one], "Address": one} for one in heard]}


class WithBudgets(Clients):
    """moto's account, with AWS Budgets that it knows too little of."""

    def __init__(self, budgets: AwsBudgets) -> None:
        super().__init__(REGION)
        self.budgets = budgets

    def get(self, service: str, retries: Retries = "standard") -> Any:
        return self.budgets if service == "budgets" else super().get(service, retries)


@pytest.fixture
def budgets(monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsBudgets]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield AwsBudgets()


def settings(*budgets: Budget, keys: tuple[Key, ...] = (), accounts: tuple[str, ...] = ()) -> LlmKeysSettings:
    agents = Key(name="agents", kind="bedrock_principal", id=f"arn:aws:iam::{ACCOUNT}:role/ml/agents")
    return LlmKeysSettings(
        budgets=budgets,
        keys=(agents, *keys),
        providers=tuple(ProviderAccount(name=one, kind="anthropic") for one in accounts),
    )


def said(asked: LlmKeysSettings, budgets: AwsBudgets, *, deployed: bool = True) -> dict[str, tuple[str, str]]:
    """What is said of each subject; the plan's watch would stop whatever is no read."""
    clients = WithBudgets(budgets)
    ReadOnly(clients, SPEC.granted(asked))
    place = Place(clients, Scope(ACCOUNT, REGION, partition="aws"), "somebody")
    return {one.subject: (one.state, one.text) for one in of_settings(asked, Fusebox(place, BASE, deployed=deployed))}


def a_role(policies: int = 0, name: str = "agents") -> None:
    iam = boto3.client("iam")
    iam.create_role(RoleName=name, Path="/ml/", AssumeRolePolicyDocument="{}")
    for number in range(policies):
        attach(name, f"grant-{number}")


def attach(role: str, policy: str) -> None:
    iam = boto3.client("iam")
    allow = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    arn = iam.create_policy(PolicyName=policy, PolicyDocument=document)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)


# Budgets


def test_a_budget_says_what_aws_reads_of_it(budgets: AwsBudgets) -> None:
    budgets.spent = {names.aws_budget(MADE): "1418.5"}
    name = names.aws_budget(MADE)
    assert said(settings(MADE), budgets)["budget Research"] == ("ok", f"AWS budget '{name}' reads USD 1,418.50")
    budgets.spent[name] = ""
    assert said(settings(MADE), budgets)["budget Research"] == ("ok", f"AWS budget '{name}' reads nothing yet")


def test_a_budget_that_is_not_there_yet(budgets: AwsBudgets) -> None:
    before = said(settings(MADE), budgets, deployed=False)["budget Research"]
    assert before == ("note", "its AWS budget is made by the deployment")
    state, text = said(settings(MADE), budgets)["budget Research"]
    assert state == "missing"
    assert f"there is no AWS budget '{names.aws_budget(MADE)}' in this account: deploy this policy" in text


def test_a_budget_that_was_to_be_adopted_and_is_not_there(budgets: AwsBudgets) -> None:
    state, text = said(settings(ADOPTED), budgets, deployed=False)["budget Research"]
    assert state == "missing"
    assert "no AWS budget 'Whole account' in this account: `adopt` takes the name that AWS Budgets shows" in text


def test_a_budget_that_may_not_be_read(budgets: AwsBudgets) -> None:
    budgets.denies = True
    state, text = said(settings(MADE), budgets)["budget Research"]
    assert (state, text.startswith("unknown: not allowed to call DescribeBudget")) == ("missing", True)


@pytest.mark.parametrize(
    ("heard_by", "state", "part"),
    [
        ([[TOPIC], [TOPIC]], "ok", "reads USD 3.00"),
        ([[TOPIC, "finops@example.com"]], "ok", "reads USD 3.00"),
        ([], "missing", f"has no notification: give it one for what stops, with {TOPIC} as its SNS subscriber"),
        ([[TOPIC], [PAGER]], "missing", f"tells {TOPIC} by 1 of its 2 notifications"),
        ([["finops@example.com"]], "missing", f"tells {TOPIC} by 0 of its 1 notifications"),
        ([[TOPIC, PAGER]], "missing", "of which a notification takes one"),
    ],
)
def test_an_adopted_budget_has_to_tell_the_topic_and_no_other(
    budgets: AwsBudgets, heard_by: list[list[str]], state: str, part: str
) -> None:
    budgets.spent, budgets.heard_by = {"Whole account": "3"}, heard_by
    found = said(settings(ADOPTED), budgets)["budget Research"]
    assert found[0] == state
    assert part in found[1]


def test_a_budget_without_an_aws_source_is_nothing_to_look_for(budgets: AwsBudgets) -> None:
    elsewhere = replace(MADE, sources=(Source(kind="meter"),))
    assert "budget Research" not in said(settings(elsewhere), budgets)


# Admin credentials


def test_an_admin_credential_that_is_missing_empty_or_set(budgets: AwsBudgets) -> None:
    key = Key(name="claude", kind="anthropic", id="apikey_01EXAMPLEexample", provider="anthropic")
    budget = Budget(name="Chat", amount=9.0, keys=("claude",), sources=(Source(kind="meter"),))
    asked = settings(budget, keys=(key,), accounts=("anthropic", "other"))
    subject = "llm-anthropic"
    assert said(asked, budgets, deployed=False)[subject][0] == "note"
    assert said(asked, budgets)[subject] == ("missing", "there is no such secret: deploy this policy")
    secrets = boto3.client("secretsmanager", region_name=REGION)
    secrets.create_secret(Name=f"{BASE}-{subject}")
    assert said(asked, budgets)[subject] == ("missing", f"its secret is empty: fusebox secret set {subject}")
    value = "-".join(("sk", "ant", "admin", "0000"))
    secrets.put_secret_value(SecretId=f"{BASE}-{subject}", SecretString=value)
    found = said(asked, budgets)
    assert found[subject] == ("ok", "the admin credential of anthropic is set")
    assert found["llm-other"][0] == "missing"
    assert value not in str(found)


# Keys


def with_held_secret() -> LlmKeysSettings:
    key = Key(name="legacy", kind="secret", id=SECRET)
    return settings(replace(MADE, keys=("legacy",), sources=(Source(kind="meter"),)), keys=(key,))


def test_a_secret_needs_the_version_that_its_readers_get_while_it_is_stopped(budgets: AwsBudgets) -> None:
    assert said(with_held_secret(), budgets)["key legacy"] == ("missing", f"there is no secret {SECRET} here")
    secrets = boto3.client("secretsmanager", region_name=REGION)
    secrets.create_secret(Name="legacy", SecretString="works")
    state, text = said(with_held_secret(), budgets)["key legacy"]
    assert state == "missing"
    assert "no version is labelled FUSEBOX_STOPPED" in text
    assert "--version-stages FUSEBOX_STOPPED" in text
    secrets.put_secret_value(SecretId="legacy", SecretString="stopped", VersionStages=["FUSEBOX_STOPPED"])
    assert said(with_held_secret(), budgets)["key legacy"] == ("ok", "has a version labelled FUSEBOX_STOPPED")


@pytest.mark.parametrize(
    ("policies", "state", "part"),
    [
        (0, "ok", "role agents has 0 of 10 managed policies"),
        (9, "ok", "role agents has 9 of 10 managed policies"),
        (10, "missing", "role agents has 10 managed policies; unless its quota was raised it takes no more"),
    ],
)
def test_a_principal_needs_room_for_one_more_policy(budgets: AwsBudgets, policies: int, state: str, part: str) -> None:
    a_role(policies)
    found = said(settings(MADE), budgets)["key agents"]
    assert found[0] == state
    assert part in found[1]


def test_a_principal_that_is_stopped_has_the_policy_already(budgets: AwsBudgets) -> None:
    a_role(9)
    attach("agents", f"{BASE}-llm-stop")
    assert said(settings(MADE), budgets)["key agents"] == ("ok", "role agents is stopped now")


def test_a_principal_that_is_not_there_or_not_here(budgets: AwsBudgets) -> None:
    assert said(settings(MADE), budgets)["key agents"] == ("missing", "there is no role agents")
    far = Key(name="far", kind="bedrock_principal", id="arn:aws:iam::999999999999:user/robot")
    budget = replace(MADE, keys=("far",))
    state, text = said(settings(budget, keys=(far,)), budgets)["key far"]
    assert (state, text) == ("missing", "user robot is of account 999999999999: only this account's can be stopped")


def test_all_that_it_calls_is_a_read_that_the_plan_lets_through(budgets: AwsBudgets) -> None:
    reads = ("DescribeBudget", "DescribeNotificationsForBudget", "DescribeSubscribersForNotification")
    granted = {action for one in SPEC.granted(settings(ADOPTED)) for action in one.actions}
    assert {action_of("budgets", one) for one in reads} <= granted

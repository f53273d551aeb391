"""Budgets in moto, one of them spent, and the keys that they cover; and for what only options do, one of every kind."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import boto3

from functions.core.entry import Function
from functions.core.memory import Memory
from functions.core.types import Json, Mode
from functions.llm_keys import names, overriding
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.settings import LlmKeysSettings
from tests.aws_world import ACCOUNT, REGION, Context, RecordingClients, function_of
from tests.contract import tag_world

BOTH = (Source(kind="aws"), Source(kind="meter"))
SPENT = {"ml-platform": 512.3, "Research Budget": 410.0, "quiet": 10.0}
USERS = ("chat", "research", "idle")
ACCESS: dict[str, str] = {}
"""The ids that IAM gave the access keys, by the keys' names; moto makes them up."""
ROLE_ARN, USER_ARN = (f"arn:aws:iam::{ACCOUNT}:{one}" for one in ("role/summaries", "user/notebook"))
SECRET = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:gateway-key-a1b2c3"


def budgets() -> tuple[Budget, ...]:
    return tuple(
        Budget(name=name, amount=500.0, keys=(key,), sources=BOTH)
        for name, key in (("ml-platform", "chat"), ("Research Budget", "research"), ("quiet", "idle"))
    )


def seed_keys() -> None:
    iam = boto3.client("iam")
    for name in USERS:
        iam.create_user(UserName=f"svc-{name}")
        ACCESS[name] = iam.create_access_key(UserName=f"svc-{name}")["AccessKey"]["AccessKeyId"]
    _seed_budgets()


def _seed_budgets() -> None:
    client = boto3.client("budgets")
    cloudwatch = boto3.client("cloudwatch", region_name=REGION)
    for budget in budgets():
        limit, spent = ({"Amount": str(one), "Unit": "USD"} for one in (budget.amount, SPENT[budget.name]))
        client.create_budget(
            AccountId=ACCOUNT,
            Budget={
                "BudgetName": names.aws_budget(budget),
                "BudgetLimit": limit,
                "TimeUnit": "MONTHLY",
                "BudgetType": "COST",
                "CalculatedSpend": {"ActualSpend": spent},
            },
        )
        datum = {
            "MetricName": names.COST_METRIC,
            "Dimensions": [{"Name": names.BUDGET_DIMENSION, "Value": budget.name}],
            "Value": SPENT[budget.name] / 2,
            "Timestamp": datetime.now(UTC),
        }
        cloudwatch.put_metric_data(Namespace=names.NAMESPACE, MetricData=[datum])


def statuses() -> dict[str, Any]:
    """The status of every access key by its name in the policy, and what the other kinds of key show."""
    iam = boto3.client("iam")
    return {name: iam.list_access_keys(UserName=f"svc-{name}")["AccessKeyMetadata"][0]["Status"] for name in USERS}


def by_mode(mode: Mode) -> LlmKeysSettings:
    """Each budget with a key of its own; before they are seeded the keys have ids that nobody has."""
    keys = tuple(
        Key(name=name, kind="iam_access_key", id=ACCESS.get(name, f"AKIA{name.upper():X<16}"), user=f"svc-{name}")
        for name in USERS
    )
    return LlmKeysSettings(mode=mode, keys=keys, budgets=budgets())


def release(function: Function) -> None:
    """A person closes every breaker that is open: only then is a stop turned back."""
    memory = Memory(function.table, "llm_keys")
    for one in function.settings.budgets:
        arn = budget_arn(function.scope, one)
        if memory.notes([arn]).get(arn, {}).get("state") == "open":
            terms: dict[str, Json] = {"breaker": "closed", "ceiling": 1000.0, "until": ""}
            overriding.carry_out(memory, arn, terms, function.clock())


# --- one of every kind, for what only options do ---------------------------------------------

DENY = {"Effect": "Deny", "Action": "bedrock:InvokeModel", "Resource": "*"}
CREDENTIAL = "ACCAEXAMPLE0123456789"
ANSWERS = {
    ("iam", "ListServiceSpecificCredentials"): lambda params: {"ServiceSpecificCredentials": [_credential()]},
    ("iam", "UpdateServiceSpecificCredential"): lambda params: _set(params["Status"]),
    ("bedrock", "ListModelInvocationJobs"): lambda params: {"invocationJobSummaries": []},
    ("bedrock", "ListProvisionedModelThroughputs"): lambda params: {"provisionedModelSummaries": []},
}
_STATUS = {CREDENTIAL: "Active"}
MADE: dict[str, str] = {}


def _credential() -> dict[str, Any]:
    return {
        "UserName": "svc-chat",
        "ServiceSpecificCredentialId": CREDENTIAL,
        "Status": _STATUS[CREDENTIAL],
        "CreateDate": datetime(2026, 3, 1, tzinfo=UTC),
        "ServiceName": "bedrock.amazonaws.com",
    }


def _set(status: str) -> dict[str, Any]:
    _STATUS[CREDENTIAL] = status
    return {}


def teach(clients: RecordingClients) -> None:
    """Bedrock keys and what Bedrock goes on billing, which moto does not know."""
    tag_world.teach(clients.session.get_component("event_emitter"), ANSWERS)


def furnish() -> None:
    """A principal of each kind, an API key, a secret with the version that stopped readers get, and Bedrock's use."""
    _STATUS[CREDENTIAL] = "Active"
    iam = boto3.client("iam")
    iam.create_policy(
        PolicyName=f"fusebox-{REGION}-{names.STOP_POLICY}",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [DENY]}),
    )
    iam.create_role(RoleName="summaries", AssumeRolePolicyDocument="{}")
    iam.create_user(UserName="notebook")
    MADE["door"] = boto3.client("apigateway", region_name=REGION).create_api_key(name="door", enabled=True)["id"]
    secrets = boto3.client("secretsmanager", region_name=REGION)
    MADE["secret"] = secrets.create_secret(Name="gateway-key", SecretString="a key")["ARN"]
    secrets.put_secret_value(
        SecretId="gateway-key", SecretString="stopped by Fusebox", VersionStages=[names.STOPPED_STAGE]
    )
    datum = {
        "MetricName": "InputTokenCount",
        "Dimensions": [{"Name": "ModelId", "Value": "anthropic.claude-3-haiku-20240307-v1:0"}],
        "Value": 1e9,
        "Timestamp": datetime.now(UTC),
    }
    boto3.client("cloudwatch", region_name=REGION).put_metric_data(Namespace="AWS/Bedrock", MetricData=[datum])


def every_kind() -> LlmKeysSettings:
    """One budget over a key of every kind that AWS switches, and an account at a provider."""
    keys = (
        Key(name="bedrock", kind="bedrock_key", id=CREDENTIAL, user="svc-chat"),
        Key(name="summaries", kind="bedrock_principal", id=ROLE_ARN),
        Key(name="notebook", kind="bedrock_principal", id=USER_ARN),
        Key(name="door", kind="api_gateway", id=MADE.get("door", "abcd1234")),
        Key(name="held", kind="secret", id=MADE.get("secret", SECRET)),
        Key(name="claude", kind="anthropic", id="apikey_01Rj2N8SVvo6BePZj99NhmiT", provider="claude"),
    )
    sources = (Source(kind="bedrock_metrics"), Source(kind="provider_usage"))
    all_keys = tuple(one.name for one in keys)
    return LlmKeysSettings(
        mode="enforce",
        providers=(ProviderAccount(name="claude", kind="anthropic"),),
        keys=keys,
        budgets=(Budget(name="everything", amount=200.0, keys=all_keys, sources=sources),),
    )


def beyond(guardrail: Any, clients: RecordingClients) -> None:
    """Every kind of key stops and comes back; and what `fusebox keys` asks for."""
    function = function_of(guardrail, every_kind(), clients)
    sweep = {"fusebox": "sweep", "started": "2026-11-02T12:00:00.000Z", "cursor": "", "report": None}
    function.handle({**sweep, "execution": "stops"}, Context())
    release(function)
    function.handle({**sweep, "execution": "comes back"}, Context())
    function.account.inventory()

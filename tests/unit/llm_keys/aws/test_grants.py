"""What the switches and sources of AWS call is what the policy's keys and budgets grant, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from functions.core.spec import Permission
from functions.llm_keys import permissions
from functions.llm_keys.budgets import Budget, Source, SourceKind
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.provider import GoesOn, ListsCredentials, ProviderFailed
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.aws_budget import AwsBudget
from functions.llm_keys.sources.bedrock_metrics import BedrockMetrics
from functions.llm_keys.sources.meter import Meter
from tests.unit.llm_keys.aws.budgets import MONTH
from tests.unit.llm_keys.aws.cloud import ACCOUNT, NOON, Cloud
from tests.unit.llm_keys.aws.test_failures import CASES, Case

SILENT = EndpointConnectionError(endpoint_url="https://aws.example.com")


def granted(key: Key, *kinds: SourceKind) -> tuple[Permission, ...]:
    sources = tuple(Source(kind=kind) for kind in kinds)
    budget = Budget(name="chat", amount=10.0, keys=(key.name,), sources=sources)
    return permissions.grants(LlmKeysSettings(keys=(key,), budgets=(budget,)))


def actions(grants: tuple[Permission, ...]) -> set[str]:
    return {action for one in grants for action in one.actions}


@pytest.mark.parametrize("case", CASES, ids=[case.key.kind for case in CASES])
def test_a_switch_calls_all_that_its_key_is_granted_and_no_more(cloud: Cloud, case: Case) -> None:
    cloud.tell("iam.ListServiceSpecificCredentials", SILENT)
    cloud.tell("iam.UpdateServiceSpecificCredential", SILENT)
    cloud.tell("bedrock.ListModelInvocationJobs", {"invocationJobSummaries": []})
    cloud.tell("bedrock.ListProvisionedModelThroughputs", {"provisionedModelSummaries": []})
    cloud.tell("secretsmanager.DescribeSecret", {"VersionIdsToStages": {"a" * 32: ["AWSCURRENT"], "b" * 32: ["old"]}})
    provider = case.make(cloud)
    restored: dict[str, Any] = {"denied": False} if case.key.kind == "bedrock_principal" else {}
    for call in (
        lambda: provider.read(case.key),
        lambda: provider.write(case.key, case.stop),
        lambda: provider.write(case.key, {**case.stop, **restored}),
        lambda: provider.credentials("") if isinstance(provider, ListsCredentials) else None,
        lambda: provider.going_on() if isinstance(provider, GoesOn) else None,
    ):
        try:
            call()
        except ProviderFailed:
            continue
    kinds: tuple[SourceKind, ...] = ("aws",)
    assert set(cloud.calls) == actions(granted(case.key, *kinds)) - {"budgets:ViewBudget"}


def test_sources_call_what_they_are_granted(cloud: Cloud) -> None:
    key = CASES[0].key
    one = Budget(name="chat", amount=10.0, keys=("chat",), sources=(Source(kind="aws"),))
    AwsBudget(cloud, ACCOUNT, lambda: NOON).read(one, MONTH)
    assert set(cloud.calls) <= actions(granted(key, "aws"))
    cloud.calls.clear()
    Meter(cloud, lambda: NOON).read(one, MONTH)
    assert set(cloud.calls) <= actions(granted(key, "meter"))
    cloud.calls.clear()
    BedrockMetrics(cloud, ACCOUNT, lambda *_: None, lambda _, seen: seen, lambda: NOON).read(one, MONTH)
    assert set(cloud.calls) <= actions(granted(key, "bedrock_metrics"))
    assert "cloudwatch:ListMetrics" not in actions(granted(key, "meter", "aws"))


def test_listing_all_keys_is_granted_only_where_such_a_key_is_used() -> None:
    by_kind = {case.key.kind: granted(case.key, "aws") for case in CASES}
    lists = {
        "bedrock_key": ("iam:ListServiceSpecificCredentials", "*"),
        "api_gateway": ("apigateway:GET", "arn:{partition}:apigateway:{region}::/apikeys"),
    }
    for kind, grants in by_kind.items():
        wide = {(action, each) for one in grants for action in one.actions for each in one.resources}
        assert {listing for listing in lists.values() if listing in wide} == {
            listing for used, listing in lists.items() if used == kind
        }

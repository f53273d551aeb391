"""The measuring instrument itself: it counts, throttles, denies and judges. No peer needed."""

from __future__ import annotations

import re
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.account import LISTS, PUTS, Group, Verdict, floor_calls, floor_seconds, groups, judge, to_change
from bench.measure import ROOT
from bench.server import REGION, Conditions, Server
from functions.log_retention.spec import LogRetentionSettings
from functions.policy import load_policy


def client(server: Server, service: str = "logs") -> Any:
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    once = Config(retries={"total_max_attempts": 1})
    return boto3.client(service, region_name=REGION, endpoint_url=server.url, config=once, **keys)


def error_code(call: Any, **parameters: Any) -> str:
    """The code of the error that a call ends with, or ""."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""


def test_the_account_is_the_same_each_time_and_has_the_mix_it_claims() -> None:
    account = groups(4000)
    assert account == groups(4000)
    right = len(account) - len(to_change(account))
    never = sum(group.before is None for group in account)
    assert right / 4000 == pytest.approx(0.30, abs=0.03)
    assert never / 4000 == pytest.approx(0.40, abs=0.03)


def test_the_policy_asks_for_what_the_account_expects() -> None:
    settings = load_policy(ROOT / "bench" / "policy.yaml").guardrails["log_retention"]
    assert isinstance(settings, LogRetentionSettings)
    for group in groups(1000):
        days = (rule.days for rule in settings.rules if re.search(rule.name, group.name))
        assert next(days, settings.default_days) == group.want, group.name


def test_the_judge_tells_missed_from_wrong() -> None:
    never, right, value = Group("a", None, 7, {}), Group("b", 7, 7, {}), Group("c", 90, 7, {})
    account = (never, right, value)
    assert judge(account, {"a": 7, "b": 7, "c": 7}) == Verdict(need=2, right=2, missed=0, wrong=0)
    assert judge(account, {"a": None, "b": 7, "c": 7}) == Verdict(need=2, right=1, missed=1, wrong=0)
    assert judge(account, {"a": 14, "b": None, "c": 90}) == Verdict(need=2, right=0, missed=1, wrong=2)


def test_the_server_counts_throttles_and_denies_and_the_outcome_is_judged() -> None:
    account = groups(120)
    denied, *rest = to_change(account)
    with Server(120, Conditions(limits={LISTS: 3}, denied=denied.name)) as server:
        logs = client(server)
        listed = logs.get_paginator("describe_log_groups").paginate().build_full_result()["logGroups"]
        arns = [one["logGroupArn"] for one in listed[:50]]
        tagged = client(server, "resourcegroupstaggingapi").get_resources(ResourceARNList=arns)
        for group in rest:
            logs.put_retention_policy(logGroupName=group.name, retentionInDays=group.want)
        refused = error_code(logs.put_retention_policy, logGroupName=denied.name, retentionInDays=denied.want)
        perfect = server.outcome()
        codes = {error_code(logs.describe_log_groups) for _ in range(30)}
        after = server.outcome()
    assert [(one["logGroupName"], one.get("retentionInDays")) for one in listed] == [
        (g.name, g.before) for g in account
    ]
    assert len(tagged["ResourceTagMappingList"]) == sum(bool(group.tags) for group in account[:50])
    assert perfect.calls == {LISTS: 3, PUTS: len(rest) + 1, "tagging.GetResources": 1}
    assert perfect.calls[LISTS] + perfect.calls[PUTS] == floor_calls(account)
    assert not perfect.throttled.total()
    assert refused == "AccessDeniedException"
    assert judge(account, perfect.days) == Verdict(need=len(rest) + 1, right=len(rest), missed=1, wrong=0)
    assert "ThrottlingException" in codes
    assert after.calls[LISTS] == 33
    assert 0 < after.throttled[LISTS] <= 30  # how many tokens came back meanwhile is up to the machine


def test_the_floor_is_what_the_quotas_allow() -> None:
    account = groups(1000)
    assert floor_seconds(account) == (len(to_change(account)) - 5) / 5
    assert floor_seconds(groups(5)) == 0

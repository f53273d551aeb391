"""The measuring instrument itself: it counts, throttles, denies and judges. No peer needed."""

from __future__ import annotations

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
    with pytest.raises(ClientError) as raised:
        call(**parameters)
    return str(raised.value.response["Error"]["Code"])


def test_the_account_is_the_same_each_time_and_has_the_mix_it_claims() -> None:
    account = groups(4000)
    assert account == groups(4000)
    right = len(account) - len(to_change(account))
    never = sum(group.before is None for group in account)
    assert right / 4000 == pytest.approx(0.30, abs=0.03)
    assert never / 4000 == pytest.approx(0.40, abs=0.03)


def test_the_policy_asks_for_what_the_account_expects() -> None:
    from functions.log_retention.decide import _pattern

    settings = load_policy(ROOT / "bench" / "policy.yaml").guardrails["log_retention"]
    assert isinstance(settings, LogRetentionSettings)
    for group in groups(1000):
        days = (rule.days for rule in settings.rules if _pattern(rule.name).search(group.name))
        assert next(days, settings.default_days) == group.want, group.name


def test_the_judge_tells_missed_from_wrong() -> None:
    never, right, value = Group("a", None, 7, {}), Group("b", 7, 7, {}), Group("c", 90, 7, {})
    account = (never, right, value)
    assert judge(account, {"a": 7, "b": 7, "c": 7}) == Verdict(need=2, right=2, missed=0, wrong=0)
    assert judge(account, {"a": None, "b": 7, "c": 7}) == Verdict(need=2, right=1, missed=1, wrong=0)
    assert judge(account, {"a": 14, "b": None, "c": 90}) == Verdict(need=2, right=0, missed=1, wrong=2)


def test_a_perfect_run_makes_no_more_calls_than_the_floor_and_is_judged_right() -> None:
    account = groups(120)
    with Server(120, Conditions()) as server:
        logs, token, listed = client(server), {}, []
        while True:
            answer = logs.describe_log_groups(limit=50, **token)
            listed += answer["logGroups"]
            if "nextToken" not in answer:
                break
            token = {"nextToken": answer["nextToken"]}
        arns = [one["logGroupArn"] for one in listed]
        tagged = client(server, "resourcegroupstaggingapi").get_resources(ResourceARNList=arns[:50])
        need = to_change(account)
        for group in need:
            logs.put_retention_policy(logGroupName=group.name, retentionInDays=group.want)
        outcome = server.outcome()
    assert [(one["logGroupName"], one.get("retentionInDays")) for one in listed] == [
        (g.name, g.before) for g in account
    ]
    assert len(tagged["ResourceTagMappingList"]) == sum(bool(group.tags) for group in account[:50])
    assert outcome.calls == {LISTS: 3, PUTS: len(need), "tagging.GetResources": 1}
    assert outcome.calls[LISTS] + outcome.calls[PUTS] == floor_calls(account)
    assert judge(account, outcome.days) == Verdict(need=len(need), right=len(need), missed=0, wrong=0)


def test_limits_throttle_and_a_denied_group_stays_as_it_was() -> None:
    account = groups(20)
    denied, other, *_ = to_change(account)
    with Server(20, Conditions(limits={PUTS: 3, LISTS: 1}, denied=denied.name)) as server:
        put = client(server).put_retention_policy
        assert error_code(put, logGroupName=denied.name, retentionInDays=denied.want) == "AccessDeniedException"
        put(logGroupName=other.name, retentionInDays=other.want)
        codes = set()
        for _ in range(20):
            try:
                put(logGroupName=other.name, retentionInDays=other.want)
            except ClientError as error:
                codes.add(error.response["Error"]["Code"])
        outcome = server.outcome()
    assert codes == {"ThrottlingException"}
    assert outcome.calls[PUTS] == 22
    assert 0 < outcome.throttled[PUTS] < 20
    assert judge(account, outcome.days).right == 1


def test_the_floor_is_what_the_quotas_allow() -> None:
    account = groups(1000)
    assert floor_seconds(account) == (len(to_change(account)) - 5) / 5
    assert floor_seconds(groups(5)) == 0

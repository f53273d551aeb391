"""What messages of the budget topic ask to look at."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.events import Skip
from functions.core.types import MalformedEvent, Refused, Scope
from functions.llm_keys import names
from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.messages.heard import Heard
from functions.llm_keys.messages.reader import hear
from tests.unit.llm_keys.messages.samples import NAMES, SCOPE, SETTINGS, heard_in, in_topic, message_of, outcome
from tests.unit.llm_keys.messages.writing import alarm, anomaly, as_text, budget_text, metric, metric_math

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=200, database=None)


def refusal_of(body: str) -> str:
    """Why a message is told of and changes nothing."""
    with pytest.raises((MalformedEvent, Refused)) as raised:
        heard_in(body)
    return f"{type(raised.value).__name__}: {raised.value}"


# --- AWS Budgets ----------------------------------------------------------------------------


def test_a_budget_is_known_by_the_policys_name_and_by_the_one_at_aws() -> None:
    assert heard_in(budget_text("ml-platform")) == heard_in(budget_text("ml-platform-38dcc3"))
    assert heard_in(budget_text("Research Budget")) == Heard(
        ("Research Budget",), "AWS Budgets: $512.30 spent of Research Budget, alert at > $500.00 of $500.00"
    )


def test_an_adopted_budget_is_known_by_its_own_name() -> None:
    adopted = replace(SETTINGS.budgets[0], sources=(Source(kind="aws", adopt="Team ML Budget 2026"),))
    policy = replace(SETTINGS, budgets=(adopted,))
    assert heard_in(budget_text("Team ML Budget 2026"), policy) == heard_in(budget_text("ml-platform"), policy)
    with pytest.raises(MalformedEvent, match="no budget that AWS calls 'ml-platform-38dcc3'"):
        heard_in(budget_text("ml-platform-38dcc3"), policy)


def test_after_a_change_of_its_notifications_a_budget_has_another_hash() -> None:
    warned_later = replace(SETTINGS, budgets=(replace(SETTINGS.budgets[0], warn_percent=(90.0,)),))
    (now,) = warned_later.budgets
    assert names.aws_budget(now) != "ml-platform-38dcc3"
    assert heard_in(budget_text(names.aws_budget(now)), warned_later) == heard_in(budget_text())


def test_a_forecast_says_that_it_stops_nothing() -> None:
    heard = heard_in(budget_text("quiet", kind="FORECASTED", amount="$183,965,812,157.54"))
    assert isinstance(heard, Heard)
    assert heard.budgets == ("quiet",)
    assert heard.note.startswith("AWS Budgets forecasts $183,965,812,157.54 for quiet")
    assert heard.note.endswith("a forecast stops nothing")


def test_a_budget_of_others_that_counts_hours_is_none_of_ours() -> None:
    text = budget_text("gpu-hours", type="Usage", amount="4 Hrs", budgeted="3 Hrs", threshold="> 3 Hrs")
    assert heard_in(text) == Skip("AWS budget 'gpu-hours' is of type 'Usage', which counts no dollars")


def test_a_budget_of_ours_that_counts_hours_is_told_of() -> None:
    text = budget_text(type="RI Utilization", amount="40%", budgeted="100%", threshold="< 80%")
    assert refusal_of(text) == "MalformedEvent: budget 'ml-platform' is at AWS of type 'RI Utilization', not Cost"


def test_a_budget_that_the_policy_lacks_is_told_of_whatever_its_type() -> None:
    assert refusal_of(budget_text("marketing")) == "MalformedEvent: the policy has no budget that AWS calls 'marketing'"
    assert "no budget that AWS calls" in refusal_of(budget_text("marketing", type="Something New"))


def test_a_budget_of_another_account_is_refused_though_it_has_the_name() -> None:
    told = "Refused: a message of account '210987654321', not 123456789012"
    assert refusal_of(budget_text(account="210987654321")) == told


def test_a_hostile_name_is_told_of_in_one_bounded_line() -> None:
    said = refusal_of(budget_text("\u202e<b>&\u2028" + "x" * 100_000))
    assert said.isprintable()
    assert len(said) < 200


# --- alarms ---------------------------------------------------------------------------------


def test_an_alarm_names_its_budget_by_the_metric() -> None:
    assert heard_in(as_text(alarm())) == Heard(
        ("ml-platform",), "CloudWatch alarm fusebox-llm-keys-ml-platform-day on what is spent of ml-platform"
    )


@pytest.mark.parametrize(
    "about",
    [
        alarm(AlarmArn=None),
        alarm(AlarmDescription=None),
        alarm("somebody's own", AlarmArn=None),
        alarm(Region="US East (Ohio)"),
        alarm(Trigger=metric_math(metric("ml-platform"))),
        alarm(Trigger=metric_math(metric("ml-platform"), metric("web", Namespace="AWS/EC2"))),
        alarm(Trigger=None),
        alarm("fusebox-llm-keys-ml-platform-hour", Trigger={"Period": 60, "Metrics": "none"}),
        alarm("fusebox-llm-keys-quiet-day", Trigger=metric("ml-platform")),
    ],
)
def test_an_alarm_in_any_form_means_the_same_budget(about: dict[str, Any]) -> None:
    heard = heard_in(as_text(about))
    assert isinstance(heard, Heard)
    assert heard.budgets == ("ml-platform",)


def test_an_alarm_on_two_budgets_means_both() -> None:
    heard = heard_in(as_text(alarm("sum", Trigger=metric_math(metric("quiet"), metric("Research Budget")))))
    assert isinstance(heard, Heard)
    assert heard.budgets == ("Research Budget", "quiet")


@pytest.mark.parametrize("state", ["OK", "INSUFFICIENT_DATA"])
def test_an_alarm_that_is_not_on_asks_for_nothing(state: str) -> None:
    assert isinstance(heard_in(as_text(alarm(NewStateValue=state))), Skip)
    assert isinstance(heard_in(as_text(alarm("anything", Trigger=None, NewStateValue=state))), Skip)


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (alarm("web-latency", Trigger=None), "MalformedEvent: .*no budget of the policy"),
        (alarm("fusebox-llm-keys-marketing-day", Trigger=None), "MalformedEvent: .*no budget of the policy"),
        (alarm("fusebox-llm-keys-ml-platform-week", Trigger=None), "MalformedEvent: .*no budget of the policy"),
        (alarm(Trigger=metric("marketing")), "MalformedEvent: .*no budget 'marketing'"),
        (alarm(Trigger=metric("ml-platform-38dcc3")), "MalformedEvent: .*no budget 'ml-platform-38dcc3'"),
        (alarm(Trigger=metric("x", Dimensions=[{"name": "Team", "value": "ml"}])), "MalformedEvent: .*no budget ''"),
        (alarm(Trigger=metric("x", Dimensions=[])), "MalformedEvent: .*no budget ''"),
        (alarm(Trigger=metric("x", Dimensions=None)), "MalformedEvent: .*no budget ''"),
        (alarm("x", Trigger=metric("ml-platform", Namespace="AI/Other")), "MalformedEvent: .*no budget of the policy"),
        (alarm(AWSAccountId="210987654321"), "Refused: .*'210987654321'"),
        (alarm(AWSAccountId="210987654321", NewStateValue="OK"), "Refused: .*'210987654321'"),
        (alarm(AlarmArn="arn:aws:cloudwatch:us-east-1:210987654321:alarm:x"), "Refused: .*is not of 123456789012"),
        (alarm(AlarmArn="arn:aws:cloudwatch:eu-central-1:123456789012:alarm:x"), "Refused: .*is not of 123456789012"),
        (alarm(AlarmArn=["x"]), "MalformedEvent: .*'AlarmArn' is no text"),
        (alarm(AWSAccountId=123456789012), "MalformedEvent: .*'AWSAccountId'"),
        (alarm(AWSAccountId=None), "MalformedEvent: .*'AWSAccountId'"),
        (alarm(NewStateValue=None), "MalformedEvent: .*'NewStateValue'"),
        (alarm(NewStateValue={}), "MalformedEvent: .*'NewStateValue'"),
        ({**alarm(), "AlarmName": []}, "MalformedEvent: .*'AlarmName'"),
        ({**alarm(), **anomaly()}, "MalformedEvent: .*unknown form"),
        ({}, "MalformedEvent: .*unknown form"),
    ],
)
def test_an_alarm_about_no_budget_of_ours_is_told_of(about: dict[str, Any], told: str) -> None:
    assert re.match(told, refusal_of(as_text(about)))


def test_alarms_of_other_partitions_are_known_by_theirs() -> None:
    china = Scope(SCOPE.account, "cn-north-1", "aws-cn")
    about = alarm(AlarmArn=f"arn:aws-cn:cloudwatch:cn-north-1:{SCOPE.account}:alarm:x")
    assert isinstance(hear(message_of(as_text(about)), china, SETTINGS), Heard)


# --- anomalies ------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["dimensionalValue", "dimensionValue"])
def test_an_anomaly_in_either_spelling_asks_to_look_at_all_budgets(key: str) -> None:
    said = "Cost Anomaly Detection: $1,001.00 more than expected in Amazon Bedrock"
    assert heard_in(as_text(anomaly(key))) == Heard((), said)


def test_an_anomaly_may_leave_out_where_and_cost_less_than_expected() -> None:
    about = anomaly(dimensionalValue=None, impact={"totalImpact": -3.5})
    assert heard_in(as_text(about)) == Heard((), "Cost Anomaly Detection: -$3.50 more than expected")


@pytest.mark.parametrize(
    ("about", "told"),
    [
        (anomaly(accountId="210987654321"), "Refused: a cost anomaly of account '210987654321', not 123456789012"),
        (anomaly(accountId=None), "MalformedEvent: .*'accountId'"),
        (anomaly(anomalyId=""), "MalformedEvent: .*'anomalyId'"),
        (anomaly(impact=None), "MalformedEvent: .*no amount"),
        (anomaly(impact=[1]), "MalformedEvent: .*no amount"),
        (anomaly(impact={"totalImpact": "1,001"}), "MalformedEvent: .*no amount"),
        (anomaly(impact={"totalImpact": True}), "MalformedEvent: .*no amount"),
        (anomaly(dimensionalValue={"a": 1}), "MalformedEvent: .*dimension is no text"),
    ],
)
def test_an_anomaly_that_cannot_be_read_or_is_of_others_is_told_of(about: dict[str, Any], told: str) -> None:
    assert re.match(told, refusal_of(as_text(about)))


# --- any text -------------------------------------------------------------------------------


@REPEATABLE
@given(st.text(max_size=300))
def test_any_other_text_is_told_of_in_one_line(text: str) -> None:
    said = refusal_of(text)
    assert said.startswith("MalformedEvent: ")
    assert said.isprintable()
    assert len(said) <= 200


@REPEATABLE
@given(
    st.dictionaries(
        st.sampled_from(["AlarmName", "AWSAccountId", "NewStateValue", "Trigger", "anomalyId", "accountId", "impact"]),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.sampled_from(["ALARM", SCOPE.account]),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
            max_leaves=9,
        ),
    )
)
def test_any_other_json_names_no_budget(about: dict[str, Any]) -> None:
    found = outcome(in_topic(as_text(about)))
    if isinstance(found, Heard):
        assert (found.budgets, about["accountId"]) == ((), SCOPE.account)
    elif not isinstance(found, Skip):
        assert str(found).isprintable()


@REPEATABLE
@given(st.sampled_from(NAMES), st.text(st.characters(exclude_characters=":\n"), min_size=1, max_size=20))
def test_a_name_that_only_holds_ours_is_another_name(name: str, more: str) -> None:
    for other in (name + more, more + name):
        if other.strip(" \t\r") not in NAMES and not isinstance(names.by_aws_name(SETTINGS.budgets, other), Budget):
            assert "no budget that AWS calls" in refusal_of(budget_text(other))

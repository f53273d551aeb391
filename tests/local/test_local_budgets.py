"""Stories of AWS Budgets: what a refresh tells, whom it reaches, and which budgets a deployment makes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from local import DeploymentRejected, LocalAccountError, UnmodelledResource

ACCOUNT = "123456789012"
ECHO = "def handler(event, context): return event"
TEXT = """\
AWS Budget Notification March 01, 2026
AWS Account 123456789012

Dear AWS Customer,

You requested that we alert you when the ACTUAL Cost associated with your Team A budget is greater than $1,600.00 for \
the current month. The ACTUAL Cost associated with this budget is $1,723.40. You can find additional details below and \
by accessing the AWS Budgets dashboard [1].

Budget Name: Team A
Budget Type: Cost
Budgeted Amount: $2,000.00
Alert Type: ACTUAL
Alert Threshold: > $1,600.00
ACTUAL Amount: $1,723.40

[1] https://console.aws.amazon.com/costmanagement/home#/budgets
"""


def notification(threshold: float, kind: str = "ACTUAL", *more: Any, **changed: Any) -> dict[str, Any]:
    said = {"NotificationType": kind, "ComparisonOperator": "GREATER_THAN", "Threshold": threshold}
    subscriber = {"SubscriptionType": "SNS", "Address": {"Ref": "Money"}}
    return {"Notification": said | changed, "Subscribers": [subscriber, *more]}


def budget(stack: Any, *told: Any, name: str | None = "Team A", unit: str = "MONTHLY", **more: Any) -> None:
    data = {"BudgetType": "COST", "TimeUnit": unit, "BudgetLimit": {"Amount": 2000, "Unit": "USD"}, **more}
    named = {"BudgetName": name} if name else {}
    stack.add("Budget", "AWS::Budgets::Budget", Budget={**named, **data}, NotificationsWithSubscribers=list(told))


def topic(stack: Any, source: str = f"arn:aws:budgets::{ACCOUNT}:*") -> None:
    """A topic that lets AWS Budgets of this account publish, and denies all who are no service."""
    stack.add("Money", "AWS::SNS::Topic")
    budgets = {
        "Effect": "Allow",
        "Principal": {"Service": "budgets.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": {"Ref": "Money"},
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "ArnLike": {"aws:SourceArn": source}},
    }
    stack.add("Policy", "AWS::SNS::TopicPolicy", Topics=[{"Ref": "Money"}], PolicyDocument={"Statement": [budgets]})


def test_a_crossed_threshold_reaches_the_function_in_the_text_of_aws(stack: Any, opened: Any) -> None:
    topic(stack)
    budget(stack, notification(80), notification(100))
    stack.function("Breaker", ECHO)
    stack.permit("Breaker", {"Ref": "Money"}, "sns")
    stack.add(
        "ToBreaker",
        "AWS::SNS::Subscription",
        TopicArn={"Ref": "Money"},
        Protocol="lambda",
        Endpoint=stack.arn("Breaker"),
    )
    account = opened(stack)

    account.set_budget_spend("Team A", 1723.4)
    assert account.invocations == []
    (published,) = account.refresh_budget("Team A")

    (invocation,) = account.invocations
    sns = invocation.payload["Records"][0]["Sns"]
    assert sns["Message"] == published.message == TEXT
    assert sns["Subject"] == "AWS Budgets: Team A has exceeded your alert threshold"
    assert (sns["MessageId"], sns["TopicArn"]) == (published.id, account.physical_ids["Money"])
    assert account.losses == []


def test_each_threshold_is_told_of_once_in_a_period(stack: Any, opened: Any) -> None:
    topic(stack)
    budget(stack, notification(50), notification(100), notification(1900, ThresholdType="ABSOLUTE_VALUE"))
    account = opened(stack)

    def told() -> list[str]:
        lines = [one.message.splitlines() for one in account.refresh_budget("Team A")]
        return [line for each in lines for line in each if line.startswith("Alert Threshold")]

    account.set_budget_spend("Team A", 1000)
    assert told() == []
    account.set_budget_spend("Team A", 1950)
    assert told() == ["Alert Threshold: > $1,000.00", "Alert Threshold: > $1,900.00"]
    assert told() == []
    account.set_budget_spend("Team A", 2000.01)
    assert told() == ["Alert Threshold: > $2,000.00"]
    account.advance(timedelta(days=31))
    assert len(told()) == 3


@pytest.mark.parametrize(
    ("unit", "said"),
    [
        ("DAILY", "is greater than $2,000.00 per day. Yesterday, the ACTUAL Cost associated with this budget is"),
        ("QUARTERLY", "ACTUAL Amount: $2,500.00"),
        ("ANNUALLY", "ACTUAL Amount: $2,500.00"),
    ],
)
def test_budgets_of_other_periods_tell_as_well(stack: Any, opened: Any, unit: str, said: str) -> None:
    topic(stack)
    budget(stack, notification(100), unit=unit)
    account = opened(stack)

    account.set_budget_spend("Team A", 2500)

    assert said in account.refresh_budget("Team A")[0].message


def test_a_forecast_is_a_message_of_its_own_kind(stack: Any, opened: Any) -> None:
    topic(stack)
    budget(stack, notification(100, "FORECASTED"), notification(100))
    account = opened(stack)

    account.set_budget_spend("Team A", 10, forecast=183_965_812_157.54)
    (one,) = account.refresh_budget("Team A")

    assert "\nAlert Type: FORECASTED\n" in one.message
    assert "\nFORECASTED Amount: $183,965,812,157.54\n" in one.message


def test_a_topic_that_does_not_let_budgets_in_loses_the_message(stack: Any, opened: Any) -> None:
    topic(stack, source="arn:aws:budgets::210987654321:*")
    budget(stack, notification(100))
    account = opened(stack)

    account.set_budget_spend("Team A", 2500)

    assert account.refresh_budget("Team A") == []
    assert "does not let budgets.amazonaws.com publish" in account.losses[0].reason


def test_a_budget_made_by_hand_tells_as_well(stack: Any, opened: Any) -> None:
    topic(stack)
    account = opened(stack)
    there = {"BudgetName": "old one", "BudgetType": "COST", "TimeUnit": "MONTHLY"}
    subscriber = {"SubscriptionType": "SNS", "Address": account.physical_ids["Money"]}
    account.client("budgets").create_budget(
        AccountId=ACCOUNT,
        Budget={**there, "BudgetLimit": {"Amount": "10", "Unit": "USD"}},
        NotificationsWithSubscribers=[{**notification(80), "Subscribers": [subscriber]}],
    )

    account.set_budget_spend("old one", 9)

    assert "Budget Name: old one" in account.refresh_budget("old one")[0].message
    with pytest.raises(LocalAccountError, match="no budget 'older'; there are old one"):
        account.refresh_budget("older")


def described(account: Any) -> dict[str, Any]:
    found = account.client("budgets").describe_budgets(AccountId=ACCOUNT)["Budgets"]
    return {one["BudgetName"]: one for one in found}


def test_a_changed_limit_keeps_the_budget_and_its_spend(stack: Any, opened: Any) -> None:
    topic(stack)
    filters = {"Service": ["Amazon Bedrock"]}
    budget(stack, notification(100), CostFilters=filters)
    account = opened(stack)
    account.set_budget_spend("Team A", 1500)

    stack.resources["Budget"]["Properties"]["Budget"]["BudgetLimit"]["Amount"] = 1000
    account.update_template(stack.template, stack.assets)

    (shown,) = described(account).values()
    assert (shown["BudgetLimit"]["Amount"], shown["CalculatedSpend"]["ActualSpend"]["Amount"]) == ("1000", "1500.0")
    assert shown["CostFilters"] == filters
    assert len(account.refresh_budget("Team A")) == 1


def test_changed_notifications_need_another_name(stack: Any, opened: Any) -> None:
    topic(stack)
    budget(stack, notification(100))
    account = opened(stack)

    budget(stack, notification(90))
    with pytest.raises(DeploymentRejected, match="Budget: the budget Team A already exists"):
        account.update_template(stack.template, stack.assets)
    budget(stack, notification(90), name="Team A-2")
    account.update_template(stack.template, stack.assets)

    assert list(described(account)) == ["Team A-2"]


def test_a_budget_that_is_gone_from_the_template_is_gone(stack: Any, opened: Any) -> None:
    topic(stack)
    budget(stack, notification(100), name=None)
    account = opened(stack)
    assert list(described(account)) == [account.physical_ids["Budget"]]

    del stack.resources["Budget"]
    account.update_template(stack.template, stack.assets)

    assert described(account) == {}


MAIL = {"SubscriptionType": "EMAIL", "Address": "finops@example.com"}
SECOND = {"SubscriptionType": "SNS", "Address": f"arn:aws:sns:us-east-1:{ACCOUNT}:second"}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([notification(n) for n in range(1, 12)], "11 notifications"),
        ([notification(80), notification(80)], "twice"),
        ([notification(80, "ACTUAL", SECOND)], "one SNS subscriber at most"),
        ([notification(80, "ACTUAL", *[MAIL] * 11)], "10 by email"),
        ([{**notification(80), "Subscribers": []}], "at least one"),
        ([{**notification(80), "Subscribers": [{**SECOND, "Address": "arn:aws:sns:us-east-1:210987654321:x"}]}], "own"),
    ],
)
def test_notifications_that_aws_would_refuse_are_rejected(stack: Any, opened: Any, told: Any, reason: str) -> None:
    topic(stack)
    budget(stack, *told)
    with pytest.raises(DeploymentRejected, match=f"Budget: .*{reason}"):
        opened(stack)


@pytest.mark.parametrize("name", ["a:b", "x" * 101])
def test_a_name_that_aws_would_refuse_is_rejected(stack: Any, opened: Any, name: str) -> None:
    budget(stack, name=name)
    with pytest.raises(DeploymentRejected, match="Budget: a budget's name"):
        opened(stack)


@pytest.mark.parametrize("more", [{"BudgetType": "USAGE"}, {"TimeUnit": "CUSTOM"}, {"AutoAdjustData": {}}])
def test_a_budget_that_is_not_modelled_fails_by_name(stack: Any, opened: Any, more: Any) -> None:
    budget(stack, **more)
    with pytest.raises(UnmodelledResource, match="Budget: "):
        opened(stack)

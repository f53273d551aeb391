"""The AWS budgets of the policy: what AWS itself bills, hours later, as the backstop."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

from functions.llm_keys import names
from functions.llm_keys.budgets import Budget, CostFilter, Source


class AwsBudgets(Construct):
    """One AWS budget for each budget of the policy that has the source `aws` and adopts none.

    Each notification has one subscriber, the topic: AWS Budgets takes one of SNS for each (field report F37). A changed
    notification makes CloudFormation replace the budget, and a name is taken while the old one stands: so the name
    carries a hash of them. Cost types are AWS's own defaults: credits and refunds are taken off what was spent.
    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-budgets-budget.html
    """

    def __init__(self, scope: Construct, id: str, *, of_policy: Iterable[Budget], topic: sns.ITopic) -> None:
        super().__init__(scope, id)
        for budget in of_policy:
            source = budget.source("aws")
            if source is not None and not source.adopt:
                self._budget(budget, source, topic)

    def _budget(self, budget: Budget, source: Source, topic: sns.ITopic) -> None:
        budgets.CfnBudget(
            self,
            budget.name,
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=names.aws_budget(budget),
                budget_type="COST",
                time_unit=budget.period.upper(),
                budget_limit=budgets.CfnBudget.SpendProperty(amount=budget.amount, unit="USD"),
                cost_filters=_filters(source.filters) or None,
            ),
            notifications_with_subscribers=[_notification(*one, topic) for one in thresholds(budget)],
        )


def thresholds(budget: Budget) -> list[tuple[str, float]]:
    """What AWS tells of a budget: ACTUAL or FORECASTED, and the percentage of its amount.

    A forecast only warns, and AWS makes none for a daily budget.
    """
    actual = [("ACTUAL", percent) for percent in (*sorted(set(budget.warn_percent)), budget.stop_percent)]
    return actual if budget.period == "daily" else [*actual, ("FORECASTED", budget.stop_percent)]


def _filters(filters: Iterable[CostFilter]) -> dict[str, list[str]]:
    """Filters by their key; AWS counts what has one of the values of each key."""
    found: dict[str, list[str]] = {}
    for one in filters:
        found.setdefault(one.key, []).extend(one.values)
    return found


def _notification(
    kind: str, percent: float, topic: sns.ITopic
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return budgets.CfnBudget.NotificationWithSubscribersProperty(
        notification=budgets.CfnBudget.NotificationProperty(
            notification_type=kind,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)],
    )

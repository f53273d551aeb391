"""Alarms on what applications report with fusebox_meter: minutes where AWS Budgets takes hours."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from functions.llm_keys import names
from functions.llm_keys.budgets import Budget


class SpendAlarms(Construct):
    """Two alarms for each budget with the source `meter`: what is spent in an hour, and in a day.

    They watch the dimension set [Budget] alone, which the meter publishes as a sum: an alarm matches one exact set and
    cannot add up over another dimension. Their limits are the budget's `per_hour` and `per_day`, or what stops the
    budget as a whole. They have no actions: the function hears of them through EventBridge, which delivers alarms for
    sure, by their names' common start. No call reported is no spend, so missing data is not breaching.
    """

    def __init__(self, scope: Construct, id: str, *, of_policy: Iterable[Budget]) -> None:
        super().__init__(scope, id)
        for budget in of_policy:
            if budget.source("meter") is not None:
                whole = budget.amount * budget.stop_percent / 100
                self._alarm(budget.name, "hour", Duration.hours(1), budget.per_hour or whole)
                self._alarm(budget.name, "day", Duration.days(1), budget.per_day or whole)

    def _alarm(self, budget: str, window: str, period: Duration, dollars: float) -> None:
        cloudwatch.Alarm(
            self,
            f"{budget}-{window}",
            alarm_name=names.alarm_name(budget, window),
            alarm_description=f"Budget {budget}: ${dollars:,.2f} or more reported within one {window}",
            metric=cloudwatch.Metric(
                namespace=names.NAMESPACE,
                metric_name=names.COST_METRIC,
                dimensions_map={names.BUDGET_DIMENSION: budget},
                statistic="Sum",
                period=period,
            ),
            threshold=dollars,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )

"""AWS Budgets: what was spent is said by the story; a refresh tells of thresholds that were crossed.

AWS refreshes up to three times a day and tells once for each notification and period:
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html. The text of the message is
not documented; this is how it arrives for budgets of days and months (public captures of 2020 to 2026), and its one
sentence about quarters and years is a guess, which no reader should need.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from local import moto_budgets
from local.errors import NotPermitted, UnmodelledResource
from local.moto_budgets import Notification
from local.records import Loss, Message
from local.topics import Topics
from local.world import World

BUDGETS = "budgets.amazonaws.com"
_SPANS = {
    "MONTHLY": "for the current month",
    "QUARTERLY": "for the current quarter",
    "ANNUALLY": "for the current year",
}
_SPEND = {"ACTUAL": "ActualSpend", "FORECASTED": "ForecastedSpend"}


class Budgets:
    """The AWS Budgets of the account."""

    def __init__(self, world: World, topics: Topics) -> None:
        self._world, self._topics = world, topics
        self._told: set[tuple[str, str, str]] = set()

    def set_spend(self, name: str, dollars: float, forecast: float | None) -> None:
        """Says what was spent in a budget's period; nobody hears of it before the next refresh."""
        moto_budgets.set_spend(self._world.scope, name, dollars, forecast)

    def refresh(self, name: str) -> list[Message]:
        """Tells of each threshold that is crossed and was not told of in this period; what was published."""
        budget = moto_budgets.budget(self._world.scope, name)
        period = _period(budget["TimeUnit"], self._world.clock.now())
        published = []
        for notification, subscribers in moto_budgets.notifications(self._world.scope, name):
            key = (name, repr(sorted(notification.items())), period)
            if key not in self._told and _is_crossed(budget, notification):
                self._told.add(key)
                topics = [one["Address"] for one in subscribers if one["SubscriptionType"] == "SNS"]
                published += [one for topic in topics if (one := self._publish(topic, budget, notification))]
        return published

    def _publish(self, topic: str, budget: Mapping[str, Any], notification: Notification) -> Message | None:
        name = budget["BudgetName"]
        subject = f"AWS Budgets: {name} has exceeded your alert threshold"
        text = message(budget, notification, self._world.account_id, self._world.clock.now())
        source = f"arn:aws:budgets::{self._world.account_id}:budget/{name}"
        try:
            return self._topics.publish_as_service(BUDGETS, topic, text, subject, source_arn=source)
        except NotPermitted as refused:
            # AWS Budgets drops such a message without telling anyone.
            self._world.losses.append(Loss("budget notification", topic, str(refused)))
            return None


def message(budget: Mapping[str, Any], notification: Notification, account_id: str, now: datetime) -> str:
    """The text that AWS Budgets publishes for a crossed threshold."""
    kind, name = notification["NotificationType"], budget["BudgetName"]
    amount, threshold = _money(_spent(budget, kind)), _money(_threshold(budget, notification))
    if budget["TimeUnit"] == "DAILY":
        alert = f"is greater than {threshold} per day. Yesterday, the {kind} Cost"
    else:
        alert = f"is greater than {threshold} {_SPANS[budget['TimeUnit']]}. The {kind} Cost"
    return (
        f"AWS Budget Notification {now:%B %d, %Y}\n"
        f"AWS Account {account_id}\n"
        "\n"
        "Dear AWS Customer,\n"
        "\n"
        f"You requested that we alert you when the {kind} Cost associated with your {name} budget {alert} associated "
        f"with this budget is {amount}. You can find additional details below and by accessing the AWS Budgets "
        "dashboard [1].\n"
        "\n"
        f"Budget Name: {name}\n"
        "Budget Type: Cost\n"
        f"Budgeted Amount: {_money(_limit(budget))}\n"
        f"Alert Type: {kind}\n"
        f"Alert Threshold: > {threshold}\n"
        f"{kind} Amount: {amount}\n"
        "\n"
        "[1] https://console.aws.amazon.com/costmanagement/home#/budgets\n"
    )


def _is_crossed(budget: Mapping[str, Any], notification: Notification) -> bool:
    if (operator := notification["ComparisonOperator"]) != "GREATER_THAN":
        raise UnmodelledResource(f"budget {budget['BudgetName']}: a notification of {operator} is not modelled")
    return _spent(budget, notification["NotificationType"]) > _threshold(budget, notification)


def _threshold(budget: Mapping[str, Any], notification: Notification) -> float:
    """US dollars; a threshold is a percentage of the budget's limit where nothing else is said."""
    threshold = float(notification["Threshold"])
    absolute = notification.get("ThresholdType", "PERCENTAGE") == "ABSOLUTE_VALUE"
    return threshold if absolute else _limit(budget) * threshold / 100


def _limit(budget: Mapping[str, Any]) -> float:
    return float(budget["BudgetLimit"]["Amount"])


def _spent(budget: Mapping[str, Any], kind: str) -> float:
    """What was, or will be, spent; AWS may have no forecast."""
    return float(budget["CalculatedSpend"].get(_SPEND[kind], {}).get("Amount", 0))


def _period(unit: str, now: datetime) -> str:
    """The period that runs; they begin at midnight UTC."""
    names = {
        "DAILY": f"{now:%Y-%m-%d}",
        "MONTHLY": f"{now:%Y-%m}",
        "QUARTERLY": f"{now.year}-{(now.month - 1) // 3}",
        "ANNUALLY": f"{now.year}",
    }
    if unit not in names:
        raise UnmodelledResource(f"a budget of {unit} is not modelled; {', '.join(names)} are")
    return names[unit]


def _money(amount: float) -> str:
    return f"${amount:,.2f}"

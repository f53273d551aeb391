"""AWS Budgets: budgets of cost with their notifications.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-budgets-budget.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from local import moto_budgets
from local.deployment import Deployment, Properties
from local.errors import DeploymentRejected, UnmodelledResource
from local.template import Deployed

_MODELLED = {"BudgetName", "BudgetType", "BudgetLimit", "TimeUnit", "CostFilters", "CostTypes", "FilterExpression"}
_PERIODS = ("DAILY", "MONTHLY", "QUARTERLY", "ANNUALLY")
MOST_NOTIFICATIONS, MOST_EMAILS = 10, 10


def budget(d: Deployment, p: Properties) -> Deployed:
    """A budget. Other notifications make a new one before the old is gone, so that it needs another name."""
    p.ignore("ResourceTags")
    wanted, told = _budget(d, p), p.get("NotificationsWithSubscribers", [])
    _check(d, p.logical_id, told)
    name = wanted["BudgetName"]
    before = None if p.before is None else _budget(d, p.before)["BudgetName"]
    if p.before is not None and before == name and told == p.before.get("NotificationsWithSubscribers", []):
        moto_budgets.change(d.world.scope, name, wanted)
        return Deployed(name)
    client, account = d.client("budgets"), d.world.account_id
    if name in {one["BudgetName"] for one in client.describe_budgets(AccountId=account)["Budgets"]}:
        raise DeploymentRejected(
            f"{p.logical_id}: the budget {name} already exists; a change of notifications makes a new one first"
        )
    client.create_budget(AccountId=account, Budget=wanted, NotificationsWithSubscribers=told)
    if before is not None:
        client.delete_budget(AccountId=account, BudgetName=before)
    return Deployed(name)


def _budget(d: Deployment, p: Properties) -> dict[str, Any]:
    """The budget as the API takes it."""
    data = dict(p.require("Budget"))
    if unknown := set(data) - _MODELLED:
        raise UnmodelledResource(f"{p.logical_id}: a budget with {', '.join(sorted(unknown))} is not modelled")
    name = str(data.get("BudgetName") or d.name(p, "BudgetName", 100))
    if not 0 < len(name) <= 100 or set(":\\") & set(name):
        raise DeploymentRejected(f"{p.logical_id}: a budget's name has 1 to 100 characters, without : and \\")
    if data.get("BudgetType") != "COST" or data.get("TimeUnit") not in _PERIODS or "BudgetLimit" not in data:
        raise UnmodelledResource(f"{p.logical_id}: only budgets of COST by {', '.join(_PERIODS)} with a limit are")
    limit = data["BudgetLimit"]
    return {**data, "BudgetName": name, "BudgetLimit": {"Amount": str(limit["Amount"]), "Unit": limit["Unit"]}}


def _check(d: Deployment, logical_id: str, told: Sequence[Mapping[str, Any]]) -> None:
    """Refuses what CreateBudget would.

    Source: https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_CreateBudget.html
    """
    if len(told) > MOST_NOTIFICATIONS:
        raise DeploymentRejected(f"{logical_id}: {len(told)} notifications, a budget has at most {MOST_NOTIFICATIONS}")
    said = [one["Notification"] for one in told]
    if any(said.count(one) > 1 for one in said):
        raise DeploymentRejected(f"{logical_id}: the same notification twice")
    for one in told:
        topics = [each["Address"] for each in one["Subscribers"] if each["SubscriptionType"] == "SNS"]
        emails = len(one["Subscribers"]) - len(topics)
        if len(topics) > 1 or emails > MOST_EMAILS or not one["Subscribers"]:
            raise DeploymentRejected(
                f"{logical_id}: a notification has one SNS subscriber at most, {MOST_EMAILS} by email, and at least one"
            )
        if any(topic.split(":")[4] != d.world.account_id for topic in topics):
            raise DeploymentRejected(f"{logical_id}: the topic of a budget is in its own account, not {topics[0]}")

"""Hooks into moto's Budgets, which knows no subscribers by API, no changes of a budget and no spend.

Like moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.errors import LocalAccountError
from local.moto_hooks import backend
from local.scope import Scope

Notification = Mapping[str, Any]
"""Of a budget: NotificationType, ComparisonOperator, Threshold and perhaps ThresholdType, as the API has them."""


def budget(scope: Scope, name: str) -> dict[str, Any]:
    """A budget as DescribeBudget shows it. Raises LocalAccountError if there is none of that name."""
    shown: dict[str, Any] = _budget(scope, name).to_dict()
    return shown


def notifications(scope: Scope, name: str) -> list[tuple[Notification, list[Mapping[str, str]]]]:
    """What a budget tells of, each with its subscribers (SubscriptionType and Address)."""
    return [(one.details, list(one.subscribers)) for one in _budget(scope, name).notifications]


def change(scope: Scope, name: str, to: Mapping[str, Any]) -> None:
    """UpdateBudget: the budget is another from now on; its notifications and its spend stay."""
    found = _budget(scope, name)
    kept = {key: found.budget[key] for key in ("CalculatedSpend", "TimePeriod") if key in found.budget}
    found.budget = {**kept, **to, "LastUpdatedTime": found.budget["LastUpdatedTime"]}


def set_spend(scope: Scope, name: str, actual: float, forecast: float | None) -> None:
    """What AWS reckons was spent in the budget's period, and will be by its end, in US dollars."""
    amounts = {"ActualSpend": actual} | ({} if forecast is None else {"ForecastedSpend": forecast})
    spend = {kind: {"Amount": str(float(amount)), "Unit": "USD"} for kind, amount in amounts.items()}
    _budget(scope, name).budget["CalculatedSpend"] = spend


def _budget(scope: Scope, name: str) -> Any:
    budgets = backend("budgets", scope).budgets[scope.account_id]
    if name not in budgets:
        raise LocalAccountError(f"there is no budget {name!r}; there are {', '.join(budgets) or 'none'}")
    return budgets[name]

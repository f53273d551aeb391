"""The names by which the engine knows keys and budgets. They are no AWS resources, so Fusebox gives them ARNs."""

from __future__ import annotations

from functions.core.types import Scope
from functions.llm_keys.budgets import Budget
from functions.llm_keys.keys import Key

ALL = "*"
"""In place of a budget's name: all of them. In place of a key's: the note of what Fusebox has stopped."""


def key_arn(scope: Scope, key: Key) -> str:
    """A key by its kind and id, so that another name in the policy changes nothing."""
    return scope.arn("fusebox", f"llm-key/{key.kind}/{key.id}")


def budget_arn(scope: Scope, budget: Budget | str) -> str:
    """A budget by its name in the policy."""
    return scope.arn("fusebox", f"llm-budget/{budget if isinstance(budget, str) else budget.name}")


def stopped_arn(scope: Scope) -> str:
    """Under which it is noted what Fusebox has stopped."""
    return scope.arn("fusebox", f"llm-key/{ALL}")


def models_arn(scope: Scope, period: str) -> str:
    """Under which it is noted which models were used in a period."""
    return scope.arn("fusebox", f"llm-models/{period}")


def not_exempt(arn: str) -> str:
    """Why a budget takes no exemption, or "": it acts on nothing itself, and what it tells of is money."""
    if ":llm-budget/" not in arn:
        return ""
    return "is a budget, which takes no exemption: exempt its keys, or close its breaker with `fusebox override`"

"""Names of what the stack makes for llm_keys, so that stack and function agree on them.

`base` is the name of this Fusebox, which begins the names of all that is its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from functions.llm_keys.budgets import Budget

TOPIC = "budgets"
"""Part of the name of the topic that AWS Budgets, Cost Anomaly Detection and alarms publish to."""
STOP_POLICY = "llm-stop"
"""Part of the name of the one managed policy, which denies, that is attached to principals."""
ALARM_PREFIX = "fusebox-llm-keys-"
"""Begins the names of the alarms on what the meter reports."""
STOPPED_STAGE = "FUSEBOX_STOPPED"
"""The staging label of the version of a secret that readers get while it is stopped; its owner puts it there."""
NAMESPACE, COST_METRIC, BUDGET_DIMENSION = "AI/FinOps", "EstimatedCostUSD", "Budget"
UNPRICED_METRIC = "UnpricedCalls"
"""What fusebox_meter publishes."""


def topic_arn(base: str, *, partition: str, region: str, account: str) -> str:
    """The topic that this Fusebox reads."""
    return f"arn:{partition}:sns:{region}:{account}:{base}-{TOPIC}"


def stop_policy_arn(base: str, *, partition: str, account: str) -> str:
    """The policy that stops a principal."""
    return f"arn:{partition}:iam::{account}:policy/{base}-{STOP_POLICY}"


def admin_secret(base: str, provider: str) -> str:
    """The name of the secret that holds the admin credential of a provider account."""
    return f"{base}-{secret_part(provider)}"


def secret_part(provider: str) -> str:
    """Part of that name, by which `fusebox secret set` knows it."""
    return f"llm-{provider}"


def aws_budget(budget: Budget) -> str:
    """The name of a budget at AWS: an adopted one's own, or the policy's with a short hash of its notifications.

    CloudFormation replaces a budget whose notifications change, and makes the new one before it deletes the old: the
    same name would then be refused. A change of anything else leaves the budget, its name and its history alone. A
    daily budget has other notifications, because AWS makes no forecast for it.
    """
    source = budget.source("aws")
    if source is not None and source.adopt:
        return source.adopt
    warns = sorted({float(percent) for percent in budget.warn_percent})
    said = repr((warns, float(budget.stop_percent), budget.period != "daily"))
    return f"{budget.name}-{hashlib.sha256(said.encode()).hexdigest()[:6]}"


def by_aws_name(budgets: Iterable[Budget], name: str) -> Budget | None:
    """The budget that an AWS budget's name means: its name at AWS, or the policy's own."""
    some = tuple(budgets)
    with_aws = (one for one in some if one.source("aws") is not None and aws_budget(one) == name)
    return next(with_aws, None) or next((one for one in some if one.name == name), None)


def alarm_name(budget: str, window: str) -> str:
    """The name of the alarm on what the meter reports of a budget in an "hour" or a "day"."""
    return f"{ALARM_PREFIX}{budget}-{window}"

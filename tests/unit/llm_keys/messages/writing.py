"""Messages as AWS writes them, with what differs from one to the next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal

from tests.aws_world import ACCOUNT, REGION

Words = Literal["daily", "monthly", "quarterly", "annually"]
WORDS: Mapping[Words, str] = {
    "daily": "per day. Yesterday, the",
    "monthly": "for the current month. The",
    "quarterly": "for the current quarter. The",
    "annually": "for the current year. The",
}
"""How the prose tells the period. Of quarters and years no capture is known: the reader must not depend on any."""
LINKS = (
    "https://console.aws.amazon.com/billing/home#/budgets",
    "https://console.aws.amazon.com/costmanagement/home#/budgets",
)


def budget_text(
    name: str = "ml-platform",
    *,
    kind: str = "ACTUAL",
    amount: str = "$512.30",
    budgeted: str = "$500.00",
    threshold: str = "> $500.00",
    words: Words = "monthly",
    type: str = "Cost",
    account: str = ACCOUNT,
    link: str = LINKS[0],
) -> str:
    """A notification of AWS Budgets."""
    return (
        f"AWS Budget Notification November 02, 2026\nAWS Account {account}\n\nDear AWS Customer,\n\n"
        f"You requested that we alert you when the {kind} Cost associated with your {name} budget is greater than "
        f"{threshold.lstrip('<>= ')} {WORDS[words]} {kind} Cost associated with this budget is {amount}. You can find "
        "additional details below and by accessing the AWS Budgets dashboard [1].\n\n"
        f"Budget Name: {name}\nBudget Type: {type}\nBudgeted Amount: {budgeted}\nAlert Type: {kind}\n"
        f"Alert Threshold: {threshold}\n{kind} Amount: {amount}\n\n[1] {link}\n"
    )


def dollars(amount: Decimal) -> str:
    """An amount as AWS Budgets writes it: cents, thousands separators, the sign before the dollar."""
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def alarm(name: str = "fusebox-llm-keys-ml-platform-day", **more: Any) -> dict[str, Any]:
    """A CloudWatch alarm's notification; None for a key leaves it out."""
    about = {
        "AlarmName": name,
        "AlarmDescription": "",
        "AWSAccountId": ACCOUNT,
        "NewStateValue": "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [112.3 (02/11/26 00:00:00)] was greater than 100.0.",
        "StateChangeTime": "2026-11-02T12:00:00.000+0000",
        "Region": "US East (N. Virginia)",
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        "OldStateValue": "OK",
        "Trigger": metric("ml-platform"),
        **more,
    }
    return {key: value for key, value in about.items() if value is not None}


def metric(budget: str, **more: Any) -> dict[str, Any]:
    """What the meter reports of a budget, as an alarm names it."""
    dimensions = [{"value": budget, "name": "Budget"}]
    return {"MetricName": "EstimatedCostUSD", "Namespace": "AI/FinOps", "Dimensions": dimensions, "Period": 60, **more}


def metric_math(*metrics: dict[str, Any]) -> dict[str, Any]:
    """The trigger of an alarm on an expression over some metrics."""
    stats = [
        {"Id": f"m{number}", "MetricStat": {"Metric": one, "Period": 60, "Stat": "Sum"}, "ReturnData": False}
        for number, one in enumerate(metrics)
    ]
    return {"Period": 60, "Metrics": [{"Expression": "FILL(m0, 0)", "Id": "e1", "ReturnData": True}, *stats]}


def anomaly(key: str = "dimensionalValue", **more: Any) -> dict[str, Any]:
    """An anomaly of Cost Anomaly Detection; None for a key leaves it out."""
    about = {
        "accountId": ACCOUNT,
        "anomalyId": "12345678-abcd-ef12-3456-987654321a12",
        "anomalyDetailsLink": "https://console.aws.amazon.com/cost-management/home#/anomaly-detection",
        key: "Amazon Bedrock",
        "impact": {"maxImpact": 151, "totalActualSpend": 1301, "totalExpectedSpend": 300, "totalImpact": 1001},
        "monitorArn": f"arn:aws:ce::{ACCOUNT}:anomalymonitor/abcdef12-1234-4ea0-84cc-918a97d736ef",
        **more,
    }
    return {name: value for name, value in about.items() if value is not None}


def as_text(about: object) -> str:
    """An object as the body of a message."""
    return json.dumps(about)

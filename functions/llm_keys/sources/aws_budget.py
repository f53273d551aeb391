"""What AWS Budgets says was spent, hours late: the backstop, and what AWS will bill.

`CalculatedSpend.ActualSpend` is of the budget's current period by its `TimeUnit`; `TimePeriod` is the budget's life,
not that period. AWS updates it up to three times a day, typically 8 to 12 hours after the update before, from billing
data that is late itself, and promises no bound: so that at first a period may still show the last one's sum. On its
first day nothing counts as spent. A budget by the day tells of yesterday (its own message says so), hence of nothing in
a day that runs. After a change of the budget it reads 0 for a while. Source:
https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html and
https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.one_line import one_line
from functions.llm_keys import names
from functions.llm_keys.budgets import Budget, Period
from functions.llm_keys.periods import Span
from functions.llm_keys.sources.reading import Reading

FIRST_UPDATE = timedelta(hours=24)
"""How long a period may show the last one's sum: an update, and the delay of the billing data that it is made from."""
UNITS: dict[Period, str] = {
    "daily": "DAILY",
    "monthly": "MONTHLY",
    "quarterly": "QUARTERLY",
    "annually": "ANNUALLY",
}


class AwsBudget:
    """Reads the AWS budget that belongs to a budget of the policy."""

    def __init__(self, clients: Clients, account: str, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._account = account
        self._clock = clock

    def read(self, budget: Budget, span: Span) -> Reading:
        """What AWS says was spent in the period that runs."""
        name = names.aws_budget(budget)
        try:
            answer = self._clients.get("budgets").describe_budget(AccountId=self._account, BudgetName=name)
        except (ClientError, BotoCoreError) as error:
            return Reading("aws", None, _refused(error, name))
        found = answer["Budget"]
        trouble = _unusable(found, budget)
        if trouble:
            return Reading("aws", None, f"AWS budget {name} {trouble}")
        if budget.period == "daily" or self._clock() - span.start < FIRST_UPDATE:
            # What it says is of the period before; of this one it is known that it is no less than nothing.
            return Reading("aws", 0.0)
        return Reading("aws", float(found["CalculatedSpend"]["ActualSpend"]["Amount"]))


def _refused(error: ClientError | BotoCoreError, name: str) -> str:
    if isinstance(error, ClientError) and error.response["Error"]["Code"] == "NotFoundException":
        return f"AWS budget {name} does not exist in this account"
    return f"AWS budget {name}: {one_line(str(error))}"


def _unusable(found: Mapping[str, Any], budget: Budget) -> str:
    """Why what it says is not what the policy's budget means, or ""."""
    if found["TimeUnit"] != UNITS[budget.period]:
        return f"counts {found['TimeUnit'].lower()}, not {budget.period}"
    health = found.get("HealthStatus") or {}
    if health.get("Status") == "UNHEALTHY":
        return f"is not updated by AWS ({health.get('StatusReason', 'no reason given')})"
    actual = (found.get("CalculatedSpend") or {}).get("ActualSpend")
    if actual is None:
        return "has no actual spend yet"
    if actual["Unit"] != "USD":
        return f"counts {actual['Unit']}, not US dollars"
    return ""

"""The plain text by which AWS Budgets tells of a threshold, read by its `Key: value` lines alone.

AWS documents no form for it. What stands here comes from captures of 2020 to 2026, which agree in these lines; the
prose around them differs by period, by year and by the kind of alert. No name of a budget can hold a colon
(https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_budgets_Budget.html), so none can pass for
such a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from functions.core.types import MalformedEvent

Alert = Literal["ACTUAL", "FORECASTED"]
BEGINS = "AWS Budget Notification"
"""How the first line begins; the rest of it is a date in English."""
COST = "Cost"
"""The type of the budgets that count dollars."""
KEYS = frozenset(
    {
        "Budget Name",
        "Budget Type",
        "Budgeted Amount",
        "Alert Type",
        "Alert Threshold",
        "ACTUAL Amount",
        "FORECASTED Amount",
    }
)
ACCOUNT = re.compile(r"AWS Account (\d{12})", re.ASCII)
DOLLARS = re.compile(r"(-?)\$(-?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?", re.ASCII)
THRESHOLD = re.compile(r"([<>]=?|=) *(\S*)")
BLANK = " \t\r"
"""What may stand around a line or a value without being a part of it."""


@dataclass(frozen=True, slots=True)
class CostAlert:
    """What a cost budget's text says, in US dollars: `amount` is spent, or expected by an alert that is FORECASTED.

    The threshold is crossed where the amount is `comparison` (">", as a rule) `threshold`.
    """

    alert: Alert
    amount: Decimal
    budgeted: Decimal
    comparison: str
    threshold: Decimal


@dataclass(frozen=True, slots=True)
class BudgetText:
    """Whose budget a text is about; `cost` is None for types that count no dollars ("Usage", …)."""

    account: str
    name: str
    type: str
    cost: CostAlert | None


def claims_to_be_one(text: str) -> bool:
    """Whether a text begins like a notification of AWS Budgets."""
    return text.lstrip(BLANK + "\n").startswith(BEGINS)


def read_budget_text(text: str) -> BudgetText:
    """What a notification says; raises MalformedEvent where a line is missing, stands twice or holds no such value."""
    if not claims_to_be_one(text):
        raise MalformedEvent("the text is no notification of AWS Budgets")
    # Lines end in \n or \r\n and in no other sign: a name may hold one.
    lines = [line.strip(BLANK) for line in text.split("\n")]
    accounts = [found[1] for line in lines if (found := ACCOUNT.fullmatch(line))]
    if len(accounts) != 1:
        raise MalformedEvent(f"a budget's text names {len(accounts)} accounts, not one")
    values = _values(lines)
    name, type = _value(values, "Budget Name"), _value(values, "Budget Type")
    return BudgetText(accounts[0], name, type, _cost(values) if type == COST else None)


def _values(lines: list[str]) -> Mapping[str, str]:
    values: dict[str, str] = {}
    for line in lines:
        key, colon, value = line.partition(":")
        if not colon or key not in KEYS:
            continue
        if key in values:
            raise MalformedEvent(f"a budget's text has {key!r} twice")
        values[key] = value.strip(BLANK)
    return values


def _cost(values: Mapping[str, str]) -> CostAlert:
    said = _value(values, "Alert Type")
    if said not in ("ACTUAL", "FORECASTED"):
        raise MalformedEvent(f"a budget's 'Alert Type' is neither ACTUAL nor FORECASTED: {said!r:.60}")
    if "ACTUAL Amount" in values and "FORECASTED Amount" in values:
        raise MalformedEvent("a budget's text has the amounts of both kinds of alert")
    alert: Alert = "ACTUAL" if said == "ACTUAL" else "FORECASTED"
    compared = _value(values, "Alert Threshold")
    threshold = THRESHOLD.fullmatch(compared)
    if threshold is None:
        raise MalformedEvent(f"a budget's 'Alert Threshold' is no comparison: {compared!r:.60}")
    return CostAlert(
        alert,
        _dollars(f"{alert} Amount", _value(values, f"{alert} Amount")),
        _dollars("Budgeted Amount", _value(values, "Budgeted Amount")),
        threshold[1],
        _dollars("Alert Threshold", threshold[2]),
    )


def _value(values: Mapping[str, str], key: str) -> str:
    if not values.get(key):
        raise MalformedEvent(f"a budget's text has no {key!r}")
    return values[key]


def _dollars(key: str, text: str) -> Decimal:
    found = DOLLARS.fullmatch(text)
    if found is None or (found[1] and found[2]):
        raise MalformedEvent(f"a budget's {key!r} is no amount in dollars: {text!r:.60}")
    return Decimal(found[1] + found[2] + found[3].replace(",", "") + (found[4] or ""))

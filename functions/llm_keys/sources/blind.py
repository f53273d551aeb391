"""An AWS budget that sees nothing although money is spent: its filter names a tag that nobody activated, most often.

A tag filter stays at $0 until the payer activates the tag for cost allocation, and counts from then on only. Source:
https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/activating-tags.html
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from functions.llm_keys.budgets import Budget, SourceKind
from functions.llm_keys.sources.reading import Level

SURELY_BILLED = timedelta(days=2)
"""By then AWS Budgets shows what was spent on a period's first day: billing data is up to a day late, the budget 12 h
more."""
CENT = 0.01


def blind(budget: Budget, level: Level, ran: timedelta, billers: Collection[str]) -> str:
    """Says in one line that a budget's `aws` source reads $0 although others saw use before today; "" otherwise.

    `ran` is how long the period has run. `billers` are those of the budget's keys (Key.spends_on): what the meter
    reports counts only where AWS bills all of it.
    """
    at_aws = next((one.spent for one in level.readings if one.source == "aws"), None)
    if at_aws is None or at_aws >= CENT or ran < SURELY_BILLED:
        return ""
    of_aws: tuple[SourceKind, ...] = ("bedrock_metrics", "meter") if set(billers) == {"aws"} else ("bedrock_metrics",)
    seen = [
        (one.spent - (one.day or 0.0), one.source)
        for one in level.readings
        if one.source in of_aws and one.spent is not None
    ]
    most, source = max(seen, default=(0.0, ""))
    if most < CENT:
        return ""
    return (
        f"budget {budget.name}: its AWS budget reads $0.00 although {source} saw ${most:,.2f} before today: is its tag "
        "activated for cost allocation, does its filter name the right service and account, or do credits pay for it?"
    )

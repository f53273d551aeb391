"""What applications report with fusebox_meter: `EstimatedCostUSD` in AI/FinOps, by the exact dimension set [Budget].

Beside it `UnpricedCalls`, of models whose price the meter does not know: that spend is missing. Two series a budget,
read every five minutes: about $0.17 a month. Where the money flowed is not read from it: the models would first have to
be listed (another $0.09 a month and a grant), and each would be a series more; a budget's console graph of
[Budget, ModelId] shows them. An application that reports nothing spends nothing here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.one_line import one_line
from functions.llm_keys import names
from functions.llm_keys.budgets import Budget
from functions.llm_keys.periods import Span
from functions.llm_keys.sources import sums
from functions.llm_keys.sources.reading import Reading


class Meter:
    """Reads the meter's sums of a budget."""

    def __init__(self, clients: Clients, clock: Callable[[], datetime]) -> None:
        self._clients = clients
        self._clock = clock

    def read(self, budget: Budget, span: Span) -> Reading:
        """What was reported in a span of time up to now; nothing reported is $0, where CloudWatch answered."""
        cost, unpriced = (
            sums.Series(names.NAMESPACE, metric, names.BUDGET_DIMENSION, budget.name)
            for metric in (names.COST_METRIC, names.UNPRICED_METRIC)
        )
        try:
            found = sums.read(self._clients.get("cloudwatch"), [cost, unpriced], span, self._clock())
        except (ClientError, BotoCoreError) as error:
            return Reading("meter", None, f"meter: {one_line(str(error))}")
        total = found.of[cost]
        trouble = [f"meter: {found.doubt}"] if found.doubt else []
        if found.of[unpriced].span > 0:
            trouble.append("meter: calls of models without a known price were reported: their spend is missing")
        if found.doubt and not total.span:
            return Reading("meter", None, "\n".join(trouble))
        return Reading(
            "meter",
            total.span,
            trouble="\n".join(trouble),
            by_path={f"reported by fusebox_meter for {budget.name}": total.span} if total.span else {},
            hour=total.hour,
            day=total.day,
        )

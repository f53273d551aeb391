"""What Amazon Bedrock costs, within minutes and without a change to any application: its tokens at list prices.

Bedrock publishes tokens by model in CloudWatch, in the account and Region that were called. `InputTokenCount` holds
neither what was read from the prompt cache nor what was written to it, so the four add up. Metrics do not tell for how
long the cache was written: five minutes is assumed, the default; an hour costs more. The mantle endpoint publishes
billable input tokens without what of them came from a cache, so that all are taken at the full price. Not seen are
batch jobs, provisioned throughput, Guardrails, tiers with other prices, and other Regions: AWS Budgets bills those.
Source: functions/llm_keys/sources/bedrock_series.py and
https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html

With M models of four series each, a sweep every five minutes costs $0.35 x M a month for GetMetricData, and $0.18 for
ListMetrics; models without a prompt cache half of that. Budgets with the same period are read together.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.one_line import one_line
from functions.llm_keys.budgets import Budget
from functions.llm_keys.periods import Span
from functions.llm_keys.prices import Price, names_of
from functions.llm_keys.sources import bedrock_series, sums, token_costs
from functions.llm_keys.sources.bedrock_series import MANTLE
from functions.llm_keys.sources.reading import Reading
from functions.llm_keys.sources.sums import Series, Sum, Sums
from functions.llm_keys.sources.token_costs import Model

BILLER = "aws"
"""Whose prices Bedrock's are, as functions/llm_keys/prices.py calls it."""
FRESH = timedelta(seconds=60)
"""How long an answer serves other budgets; metrics are minutes old anyway."""
Remember = Callable[[str, Sequence[str]], Sequence[str]]
"""Adds what was seen in a period (its key) to what was seen before, and returns all of it."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What was asked for a span, and when: whoever asks for the same takes its answer."""

    at: datetime
    sums: Future[Sums] = field(default_factory=Future)


class BedrockMetrics:
    """Reads Bedrock's tokens in one account and Region and prices them.

    `price` is asked for (BILLER, model id) and answers None where it knows no price. `remember` keeps what ListMetrics
    forgets after two weeks.
    """

    def __init__(
        self,
        clients: Clients,
        account: str,
        price: Callable[[str, str], Price | None],
        remember: Remember,
        clock: Callable[[], datetime],
    ) -> None:
        self._clients = clients
        self._account = account
        self._price = price
        self._remember = remember
        self._clock = clock
        self._asked: dict[datetime, _Asked] = {}
        self._turn = threading.Lock()

    def read(self, budget: Budget, span: Span) -> Reading:
        """What the budget's models cost in a span of time up to now."""
        source = budget.source("bedrock_metrics")
        patterns = source.models if source is not None else ()
        try:
            found = self._sums(span)
        except (ClientError, BotoCoreError) as error:
            return Reading("bedrock_metrics", None, f"bedrock_metrics: {one_line(str(error))}")
        chosen = {one: total for one, total in found.of.items() if not patterns or _meant(one.value, patterns)}
        costs = token_costs.costs(chosen, lambda model: self._price(BILLER, model))
        spent = sum(costs.span.values())
        trouble = [f"bedrock_metrics: {found.doubt}"] if found.doubt else []
        if trouble and not spent:
            return Reading("bedrock_metrics", None, trouble[0], unpriced=costs.unpriced)
        if _used(found.of) and not _used(chosen):
            trouble.append(f"bedrock_metrics: models were used, and none of them is one of {', '.join(patterns)}")
        return Reading(
            "bedrock_metrics",
            # With some of it unread this is the least that was spent, which may be enough to stop a key.
            spent,
            "\n".join(trouble),
            by_path={self._path(model): dollars for model, dollars in costs.span.items()},
            hour=costs.hour,
            day=costs.day,
            unpriced=costs.unpriced,
        )

    def _path(self, model: Model) -> str:
        namespace, name = model
        return f"{'mantle ' if namespace == MANTLE else ''}{name} in {self._account}"

    def _sums(self, span: Span) -> Sums:
        """The sums of all models, read anew unless that was just now or another thread is about to."""
        with self._turn:
            now = self._clock()
            asked = self._asked.get(span.start)
            if asked is None or not _serves(asked.at, now):
                mine = asked = _Asked(now)
                kept = {start: one for start, one in self._asked.items() if _serves(one.at, now)}
                self._asked = {**kept, span.start: asked}
            else:
                mine = None
        if mine is not None:
            self._answer(mine, span)
        return asked.sums.result()

    def _answer(self, asked: _Asked, span: Span) -> None:
        """Reads the sums for all who wait; what is raised they get as well, and it is not kept for later ones."""
        try:
            asked.sums.set_result(self._read(span, asked.at))
        except BaseException as error:
            with self._turn:
                self._asked = {start: one for start, one in self._asked.items() if one is not asked}
            asked.sums.set_exception(error)
            raise

    def _read(self, span: Span, now: datetime) -> Sums:
        cloudwatch = self._clients.get("cloudwatch")
        listed = sorted(bedrock_series.as_text(one) for one in bedrock_series.listed(cloudwatch))
        known = bedrock_series.from_texts(self._remember(span.key, listed))
        return sums.read(cloudwatch, bedrock_series.needed(known), span, now)


def _meant(model: str, patterns: Sequence[str]) -> bool:
    """Whether patterns name a model, by any of its names: `anthropic.*` means `us.anthropic.claude-…` too."""
    return any(fnmatchcase(name, one) for name in names_of(model) for one in patterns)


def _used(totals: Mapping[Series, Sum]) -> bool:
    return any(one.span for one in totals.values())


def _serves(read_at: datetime, now: datetime) -> bool:
    """Whether an answer still serves: it is fresh, and of the hour that runs."""
    return now - FRESH < read_at <= now and read_at.hour == now.hour

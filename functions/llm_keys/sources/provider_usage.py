"""What providers themselves say was spent with the keys of a budget."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime

from functions.llm_keys.budgets import Budget
from functions.llm_keys.keys import Key
from functions.llm_keys.kinds import KINDS, KeyKind
from functions.llm_keys.periods import Span
from functions.llm_keys.providers.provider import Provider, ProviderFailed, ReportsUsage, Usage, added_up
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.reading import Reading
from functions.llm_keys.unforeseen import answer_of

AT_ONCE = 8
"""Usage APIs are called side by side, and not so many at once that they answer 429."""
PATIENCE = 15.0
"""Seconds for all bills of a budget together: the other sources, and the stops that follow, wait for them."""


@dataclass(frozen=True, slots=True)
class ProviderUsage:
    """See `ReadsSpend`. Keys that share a bill, such as those of one project, are counted once."""

    providers: Mapping[KeyKind, Provider]
    settings: LlmKeysSettings
    clock: Callable[[], datetime]
    patience: float = PATIENCE

    def read(self, budget: Budget, span: Span) -> Reading:
        """The sum over the bills of a budget's keys. One that cannot be read leaves the sum of the others."""
        bills = self._bills(self.settings.key(name) for name in budget.keys)
        answers = self._answers({bill: bills[bill] for bill in added_up(bills)}, span)
        read = {bill: one for bill, one in answers.items() if isinstance(one, Usage)}
        failed = [f"{bill}: {one}" for bill, one in answers.items() if isinstance(one, ProviderFailed)]
        failed += [f"{bill} does not tell {one.missing}" for bill, one in read.items() if one.missing]
        return Reading(
            "provider_usage",
            sum(one.dollars for one in read.values()) if read or not answers else None,
            "\n".join(f"provider usage: {one}" for one in failed),
            {f"{bill} {path}".strip(): spent for bill, one in read.items() for path, spent in _paths(one).items()},
            unpriced=tuple(sorted({model for one in read.values() for model in one.unpriced})),
            proxied=sum(one.dollars for bill, one in read.items() if _is_proxy(bills[bill][1])),
        )

    def _answers(self, bills: Mapping[str, tuple[ReportsUsage, Key]], span: Span) -> dict[str, Usage | ProviderFailed]:
        """What each bill says. One that is late holds up nobody: its thread ends by itself, and is not waited for."""
        until = min(self.clock(), span.end)
        pool = ThreadPoolExecutor(AT_ONCE)
        asked = {bill: pool.submit(provider.spent, key, span.start, until) for bill, (provider, key) in bills.items()}
        in_time = wait(asked.values(), self.patience).done
        pool.shutdown(wait=False, cancel_futures=True)
        late = ProviderFailed(f"no answer within {self.patience:g} s")
        return {bill: _answered(bill, one) if one in in_time else late for bill, one in asked.items()}

    def _bills(self, keys: Iterable[Key]) -> dict[str, tuple[ReportsUsage, Key]]:
        found: dict[str, tuple[ReportsUsage, Key]] = {}
        for key in keys:
            provider = self.providers[key.kind]
            if isinstance(provider, ReportsUsage):
                found.setdefault(provider.bill(key), (provider, key))
        return found


def _answered(bill: str, asked: Future[Usage]) -> Usage | ProviderFailed:
    try:
        return answer_of(asked, f"usage of {bill}")
    except ProviderFailed as error:
        return error


def _is_proxy(key: Key) -> bool:
    """Whether others bill what is spent with a key."""
    return KINDS[key.kind].biller == "litellm"


def _paths(usage: Usage) -> Mapping[str, float]:
    return usage.by_path or {"": usage.dollars}

"""Reads what budgets have spent, and keeps their breakers by it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from functions.core.memory import Memory, Note
from functions.core.types import Scope
from functions.llm_keys import breaker, overriding
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.breaker import Breaker
from functions.llm_keys.budgets import Budget, SourceKind
from functions.llm_keys.crew import Crew
from functions.llm_keys.facts import BudgetFacts
from functions.llm_keys.periods import Span, period_at
from functions.llm_keys.providers.provider import ProviderFailed
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.blind import blind
from functions.llm_keys.sources.reading import Level, Reading, ReadsSpend

Sources = Mapping[SourceKind, ReadsSpend]


@dataclass(frozen=True, slots=True)
class Judging:
    """Judges budgets in an account. What it concludes is noted by condition, whoever else judges at the same time."""

    sources: Sources
    scope: Scope
    settings: LlmKeysSettings
    clock: Callable[[], datetime]
    memory: Memory

    def begin(self, budgets: Iterable[Budget], crew: Crew) -> list[Callable[[], BudgetFacts]]:
        """Begins to read all sources of some budgets at once; each answer waits for its readings, and judges."""
        now = self.clock()
        begun: list[Callable[[], BudgetFacts]] = []
        for budget in budgets:
            span = period_at(budget.period, now)
            readings = [
                crew.submit(f"source {one.kind}", self.sources[one.kind].read, budget, span) for one in budget.sources
            ]
            begun.append(partial(self._judged, budget, span, readings, now, crew))
        return begun

    def holds(self, budgets: Iterable[Budget], judged: Mapping[str, Breaker]) -> dict[str, str]:
        """Which of some budgets are open, by name, with why: as judged just now, or else as last noted."""
        some = list(budgets)
        notes = self.memory.notes([budget_arn(self.scope, one) for one in some if one.name not in judged])
        now = self.clock()
        open_now = {}
        for one in some:
            note = notes.get(budget_arn(self.scope, one), {})
            known = judged.get(one.name) or _present(note, one, now)
            if known.state == "open":
                open_now[one.name] = known.why
        return open_now

    def _judged(
        self, budget: Budget, span: Span, readings: Sequence[Future[Reading]], read_at: datetime, crew: Crew
    ) -> BudgetFacts:
        level = Level(
            tuple(_reading(one.kind, asked, crew) for one, asked in zip(budget.sources, readings, strict=True))
        )
        arn = budget_arn(self.scope, budget)
        judge = partial(
            breaker.judge, budget=budget, span=span, level=level, now=read_at, leak_dollars=self.settings.leak_dollars
        )
        note = self.memory.notes([arn]).get(arn, {})
        after = judge(breaker.from_note(note))

        def change(note: Note) -> Note:
            nonlocal after
            after = judge(breaker.from_note(note))
            return {**note, **breaker.to_note(after)}

        self.memory.note(arn, change, read_at + overriding.KEPT)
        wish = overriding.wish_in(self.memory, note) if after.state == "open" else None
        waits = wish is not None and overriding.waits(self.memory, wish)
        billers = {self.settings.key(name).spends_on for name in budget.keys}
        unseen = blind(budget, level, read_at - span.start, billers)
        return BudgetFacts(arn, read_at, budget, span, level, after, wish, waits, blind=unseen)


def _reading(kind: SourceKind, asked: Future[Reading], crew: Crew) -> Reading:
    try:
        return crew.answer(asked, f"source {kind}")
    except ProviderFailed as error:
        return Reading(kind, None, f"{kind}: {error}")


def _present(note: Note, budget: Budget, now: datetime) -> Breaker:
    return breaker.present(breaker.from_note(note), budget, period_at(budget.period, now), now)

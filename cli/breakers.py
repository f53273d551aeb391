"""A budget's breaker as the table holds it, and whether a person's wish to close it makes sense."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from cli import moments
from functions.core import requests, state
from functions.core.commands import Commands
from functions.core.memory import Memory
from functions.core.notice import dollars
from functions.core.types import Refused, Scope, iso
from functions.llm_keys import breaker, overriding
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.budgets import Budget
from functions.llm_keys.facts import BudgetFacts
from functions.llm_keys.overriding import Wish
from functions.llm_keys.periods import period_at
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.reading import Level

LONGEST = timedelta(days=31)
"""How long an override lasts at most: after that somebody looks again."""


@dataclass(frozen=True, slots=True)
class Terms:
    """On what an open breaker is to be closed: a new ceiling in US dollars, an end, or both."""

    ceiling: float | None
    until: datetime | None
    reason: str

    @property
    def words(self) -> str:
        """The terms in a few words."""
        said = [f"a ceiling of {dollars(self.ceiling)}"] if self.ceiling is not None else ["no limit"]
        said += [f"until {self.until:%Y-%m-%d %H:%M} UTC"] if self.until else ["until its period ends"]
        return " ".join(said)

    def wish(self, by: str, now: datetime, request: str) -> Wish:
        """The same as the budget's note keeps it."""
        return Wish(self.ceiling, iso(self.until) if self.until else "", by, self.reason, iso(now), request)


def terms(ceiling: float | None, until: str, reason: str, now: datetime) -> Terms:
    """What the command line asks for; Refused where it is no override."""
    if ceiling is None and not until.strip():
        raise Refused("an override needs a new ceiling, an end, or both: --ceiling or --until missing")
    if not reason.strip():
        raise Refused("an override needs a reason: --reason missing")
    if ceiling is not None and not 0 < ceiling < math.inf:
        raise Refused(f"--ceiling {ceiling:g}: an amount of US dollars, more than zero")
    moment = moments.until(until, now) if until.strip() else None
    if moment is not None and moment - now > LONGEST:
        raise Refused(f"--until {until}: at most {LONGEST.days} days from now")
    return Terms(ceiling, moment, reason.strip())


def budget_of(settings: LlmKeysSettings, wanted: str, scope: Scope, source: str) -> Budget:
    """The budget that a name or an ARN means; Refused with those that the policy has."""
    for one in settings.budgets:
        if wanted in (one.name, budget_arn(scope, one)):
            return one
    there = ", ".join(repr(one.name) for one in settings.budgets) or "none"
    raise Refused(f"there is no budget {wanted!r:.80} in {source}; there are: {there}")


def noted(memory: Memory, budget: Budget, scope: Scope, now: datetime) -> BudgetFacts:
    """A budget with its breaker as last judged; no source is read for it. Refused where none is known yet."""
    arn, span = budget_arn(scope, budget), period_at(budget.period, now)
    known = breaker.from_note(memory.notes([arn]).get(arn, {}))
    if known is None:
        raise Refused(f"nothing is known of budget {budget.name!r} yet: the first sweep of llm_keys judges it")
    return BudgetFacts(arn, now, budget, span, Level(()), breaker.present(known, budget, span, now))


def check(memory: Memory, facts: BudgetFacts, wanted: Terms, commands: Commands) -> None:
    """Refused where the breaker is not open, the ceiling is spent already, or the question is open already."""
    now, name = facts.breaker, facts.budget.name
    spent = "an unknown amount" if now.spent is None else dollars(now.spent)
    as_of = f"{spent} spent by {now.at[:16].replace('T', ' ')} UTC" if now.at else f"{spent} spent"
    if now.state != "open":
        raise Refused(f"the breaker of budget {name!r} is {now.state} ({as_of}): there is nothing to override")
    if wanted.ceiling is not None and now.spent is not None and wanted.ceiling <= now.spent:
        raise Refused(
            f"--ceiling {wanted.ceiling:g}: {as_of}, so the breaker of budget {name!r} would open again at once; "
            "give more than that"
        )
    kept = overriding.wish_in(memory, memory.notes([facts.arn])[facts.arn])
    asked = requests.read(memory.table, kept.request) if kept is not None else None
    if asked is not None:
        raise Refused(
            f"request {asked.id} asks already to close the breaker of budget {name!r} ({asked.status}): "
            f"{commands.approve(asked.id)}, or reject it and ask anew"
        )


def check_guardrail(memory: Memory, settings: LlmKeysSettings) -> None:
    """Refused where nothing would come of a question: the guardrail only observes, or a person has paused it."""
    if settings.mode == "observe":
        raise Refused("llm_keys is in observe mode: it stops no key, so there is nothing to override")
    paused = state.paused(memory.table, memory.guardrail)
    if paused and not state.paused_by_itself(memory.table, memory.guardrail):
        raise Refused(f"{paused}: an override changes nothing until `fusebox resume`")

"""What was seen of a key and of a budget, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from functions.core.types import Json, Refused, ResourceGone
from functions.llm_keys.breaker import Breaker
from functions.llm_keys.budgets import Budget
from functions.llm_keys.keys import Key
from functions.llm_keys.kinds import KINDS
from functions.llm_keys.overriding import Wish, terms_of
from functions.llm_keys.periods import Span
from functions.llm_keys.providers.provider import Values
from functions.llm_keys.sources.reading import Level
from functions.llm_keys.stops import Stop

NO_TAGS: Mapping[str, str] = {}
OVERRIDE = "override"
"""The kind of action on a budget."""


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A key at its provider. `values` is None where they could not be read, for the reason in `trouble`.

    `stopped` has the same values once it is stopped. `holds` are the budgets whose breaker is open, each with why.
    `noted` says that Fusebox has stopped it, or was about to, and has not given it back; `stop` are those stops as the
    ledger has them. `probe` is what trying it showed while it was stopped.
    """

    arn: str
    read_at: datetime
    key: Key
    values: Values | None
    stopped: Values | None = None
    trouble: str = ""
    missing: bool = False
    holds: Mapping[str, str] = field(default_factory=dict)
    noted: bool = False
    stop: Stop | None = None
    probe: str = ""

    @property
    def tags(self) -> Mapping[str, str]:
        return NO_TAGS

    @property
    def identity(self) -> str:
        """What tells it from another key of its name."""
        return f"{self.key.kind} {self.key.id}"

    @property
    def is_stopped(self) -> bool:
        """Whether it is seen to be stopped, whoever did it."""
        return self.values is not None and self.values == self.stopped

    @property
    def stopped_here(self) -> bool:
        """Whether it is stopped, wholly or in part, by Fusebox."""
        return bool(self.before)

    @property
    def before(self) -> dict[str, Json]:
        """What was before Fusebox stopped it, of the values that are still as it left them."""
        return {} if self.stop is None or self.values is None else self.stop.before(self.values)


@dataclass(frozen=True, slots=True)
class BudgetFacts:
    """A budget with what its sources say and its breaker as judged by that.

    `wish` is what a person wants to close the breaker with; it `waits` once its question was put and until somebody
    has answered. `stopped` names the keys that Fusebox stopped, as far as they were looked at, `working` those that
    were seen to work; `going_on` what a stop does not end. `blind` says that its AWS budget sees nothing though it
    should, "" if it sees.
    """

    arn: str
    read_at: datetime
    budget: Budget
    span: Span
    level: Level
    breaker: Breaker
    wish: Wish | None = None
    waits: bool = False
    stopped: tuple[str, ...] = ()
    working: tuple[str, ...] = ()
    going_on: tuple[str, ...] = ()
    blind: str = ""

    @property
    def tags(self) -> Mapping[str, str]:
        return NO_TAGS

    @property
    def trouble(self) -> list[str]:
        """What its sources could not tell."""
        untold = [f"budget {self.budget.name}: {text}" for text in self.level.trouble]
        return [*untold, self.blind] if self.blind else untold


Subject = KeyFacts | BudgetFacts


def shows(facts: Subject) -> Mapping[str, Json]:
    """Present values under the keys that actions use.

    Raises ResourceGone where there is no such key, Refused where it could not be read.
    """
    if isinstance(facts, BudgetFacts):
        return terms_of(facts.breaker)
    if facts.missing:
        raise ResourceGone
    if facts.values is None:
        raise Refused(f"key {facts.key.name} could not be read: {facts.trouble}")
    return facts.values


def keeps(facts: Subject) -> str:
    """Why a key stays stopped whoever asks for an undo, or ""."""
    if isinstance(facts, BudgetFacts):
        return ""
    if KINDS[facts.key.kind].irreversible and facts.is_stopped:
        return f"is gone for good: {KINDS[facts.key.kind].irreversible}"
    if not facts.holds:
        return ""
    names = ", ".join(f"{name!r}" for name in sorted(facts.holds))
    return f"is held by budget {names}: close the breaker with `fusebox override`, and the key comes back"

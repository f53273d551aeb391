"""LLM budgets, their sources and keys as values, and what among them is not as it should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source of a budget: what it says was spent, or why not, and how far it is behind."""

    kind: str
    spent: float | None
    trouble: str
    lag: str


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """A budget in US dollars with its breaker: "closed", "warned", "open" or "unknown"; `ceiling` None is no limit."""

    name: str
    period: str
    amount: float
    spent: float | None
    state: str
    since: str
    why: str
    ceiling: float | None
    until: str
    keys: tuple[str, ...]
    sources: tuple[SourceRow, ...]
    leaks: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key: "active", "stopped", "missing" or "unknown". `probe` is what trying it showed, "" where nobody did."""

    name: str
    kind: str
    id: str
    provider: str
    state: str
    held_by: tuple[str, ...]
    budgets: tuple[str, ...]
    same_key: bool
    caveat: str
    probe: str
    trouble: str


@dataclass(frozen=True, slots=True)
class CredentialRow:
    """A credential that no budget covers."""

    kind: str
    id: str
    name: str
    note: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """All of it. `going_on` bills on after a stop, `unstoppable` is out of the policy's reach.

    `missing` says why nothing but the policy is known, "" where the deployed function has answered.
    """

    budgets: Sequence[BudgetRow]
    keys: Sequence[KeyRow]
    uncovered: Sequence[CredentialRow]
    going_on: Sequence[str] = ()
    trouble: Sequence[str] = ()
    unstoppable: Sequence[str] = ()
    missing: str = ""

    @property
    def problems(self) -> list[str]:
        """What is not as it should be, or not known: a line for each."""
        return list(dict.fromkeys([self.missing] if self.missing else self._problems()))

    def _problems(self) -> Iterator[str]:
        keys = {one.name: one for one in self.keys}
        for budget in self.budgets:
            if budget.state == UNKNOWN or budget.spent is None:
                yield f"budget {budget.name!r}: what is spent is not known"
            for name in budget.keys if budget.state == "open" else ():
                state = keys[name].state if name in keys else UNKNOWN
                if state != "stopped":
                    yield f"budget {budget.name!r} is open, and its key {name} is {state}"
            for path, amount in budget.leaks.items():
                yield f"budget {budget.name!r} is open, and ${amount:,.2f} went on through {path}"
        for key in self.keys:
            if key.state not in ("active", "stopped"):
                yield f"key {key.name} is {key.state}: {key.trouble or 'its provider did not say'}"
            if key.state == "stopped" and key.probe == "works":
                yield f"key {key.name} is shown as stopped, and is still taken"
        yield from self.trouble

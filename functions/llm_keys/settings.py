"""What the policy may say about llm_keys, and what makes no sense together."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from functions.core.spec import Cap, GuardrailSettings
from functions.llm_keys.budgets import SEES, Budget
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.kinds import KINDS


@dataclass(frozen=True, kw_only=True)
class LlmKeysSettings(GuardrailSettings):
    """Settings of llm_keys."""

    cap: Cap = field(
        default_factory=lambda: Cap(actions_per_hour=500, dollars_per_hour=1000.0),
        metadata={"doc": "most `actions_per_hour`: keys stopped; past it the guardrail pauses itself and asks"},
    )
    providers: tuple[ProviderAccount, ...] = field(
        default=(),
        metadata={
            "doc": "accounts at providers: `name`, `kind` (anthropic, openai, openrouter, litellm) and, where it is "
            "not the usual one, `url`; each has a secret for its admin credential"
        },
    )
    keys: tuple[Key, ...] = field(
        default=(),
        metadata={"doc": "what can be stopped: `name`, `kind`, `id` (never the key itself) and what the kind needs"},
    )
    budgets: tuple[Budget, ...] = field(
        default=(),
        metadata={
            "doc": "`name`, `amount`, `period`, `keys` and `sources`; `warn_percent`, `stop_percent`, `per_hour`, "
            "`per_day`, `closes` and `owner`"
        },
    )
    leak_dollars: float = field(
        default=0.5,
        metadata={"doc": "spend after a stop from which on the alarm is raised again, naming where it flows"},
    )

    def __post_init__(self) -> None:
        GuardrailSettings.__post_init__(self)
        _once("providers", [one.name for one in self.providers])
        _once("keys", [one.name for one in self.keys])
        _once("keys", [f"{one.kind} {one.id}" for one in self.keys])
        _once("budgets", [one.name for one in self.budgets])
        if not 0 <= self.leak_dollars < math.inf:
            raise ValueError("leak_dollars is zero or more")
        accounts = {one.name: one.kind for one in self.providers}
        for key in self.keys:
            wanted = KINDS[key.kind].provider
            if wanted and accounts.get(key.provider) != wanted:
                raise ValueError(f"key {key.name}: no {wanted} account {key.provider!r:.60} among `providers`")
        for budget in self.budgets:
            self._check(budget)

    def _check(self, budget: Budget) -> None:
        """Refuses a key that is not there, and one that none of the budget's sources can see."""
        known = {one.name: one for one in self.keys}
        for name in budget.keys:
            if name not in known:
                raise ValueError(f"budget {budget.name!r}: there is no key {name!r:.60} among `keys`")
            biller = known[name].spends_on
            if not any(biller in SEES[one.kind] for one in budget.sources):
                seeing = ", ".join(kind for kind, bills in SEES.items() if biller in bills)
                raise ValueError(
                    f"budget {budget.name!r}: none of its sources sees what key {name} spends; one of {seeing} would"
                )

    @property
    def is_idle(self) -> bool:
        """Whether there is nothing to watch: a key without a budget may still have to be given back."""
        return not (self.budgets or self.keys)

    @property
    def stopping(self) -> tuple[Key, ...]:
        """The keys that some budget covers."""
        covered = {name for one in self.budgets for name in one.keys}
        return tuple(one for one in self.keys if one.name in covered)

    def key(self, name: str) -> Key:
        """The key of a name that the policy holds."""
        return next(one for one in self.keys if one.name == name)

    def covering(self, key: Key) -> tuple[Budget, ...]:
        """The budgets that a key stops for."""
        return tuple(one for one in self.budgets if key.name in one.keys)

    def account(self, key: Key) -> ProviderAccount:
        """The provider account of a key whose kind needs one."""
        return next(one for one in self.providers if one.name == key.provider)


def _once(what: str, names: list[str]) -> None:
    twice = sorted({one for one in names if names.count(one) > 1})
    if twice:
        raise ValueError(f"{what}: {', '.join(twice):.120} stands twice")

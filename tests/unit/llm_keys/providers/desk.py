"""Everything a test of the providers works with: fakes on loopback, their keys as in the policy, and a clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.kinds import KeyKind, ProviderKind
from functions.llm_keys.prices import Price
from functions.llm_keys.providers.accounts import api_for
from functions.llm_keys.providers.anthropic import Anthropic
from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.litellm import LiteLlm
from functions.llm_keys.providers.openai_key import OpenAiKey
from functions.llm_keys.providers.openai_project import OpenAiProject
from functions.llm_keys.providers.openrouter import OpenRouter
from functions.llm_keys.providers.tries import Limits
from local.llm_providers import FakeProvider

NOW = datetime(2026, 3, 11, 14, 30, 20, tzinfo=UTC)
"""A Wednesday."""
ACCOUNT = "acme"


def price_of(provider: str, model: str) -> Price | None:
    """The prices of all Claude models but one that is too new."""
    return Price(3.0, 15.0, 0.3, 3.75, 6.0) if provider == "anthropic" and model.startswith("claude") else None


@dataclass
class Desk:
    """One account at a fake provider. Waiting takes no time, but is written down in `waits`."""

    fake: FakeProvider
    limits: Limits = field(default_factory=Limits)
    waits: list[float] = field(default_factory=list)
    credentials: list[str] = field(default_factory=list)
    """The values that the secret takes, one after each `forget`; the last one stays."""
    now: float = 1000.0

    def __post_init__(self) -> None:
        self.credentials = self.credentials or [self.fake.admin_key]
        kind: ProviderKind = self.fake.name  # type: ignore[assignment]
        self.api = api_for(
            ProviderAccount(name=ACCOUNT, kind=kind, url=self.fake.url),
            credential=lambda: self.credentials[0],
            forget=self._forget,
            sleep=self._sleep,
            clock=lambda: self.now,
            limits=self.limits,
        )

    def api_of(self, account: str) -> Api:
        """The API of the one account there is."""
        assert account == ACCOUNT
        return self.api

    def _forget(self) -> None:
        if len(self.credentials) > 1:
            self.credentials.pop(0)

    def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


SWITCHES: dict[KeyKind, Callable[[Desk], Any]] = {
    "anthropic": lambda desk: Anthropic(desk.api_of, price_of),
    "openai_project": lambda desk: OpenAiProject(desk.api_of),
    "openai_key": lambda desk: OpenAiKey(desk.api_of),
    "openrouter": lambda desk: OpenRouter(desk.api_of),
    "litellm": lambda desk: LiteLlm(desk.api_of),
}


def key(kind: KeyKind, id: str, **more: Any) -> Key:
    """A key as it stands in the policy."""
    return Key(name="batch-key", kind=kind, id=id, provider=ACCOUNT, **more)

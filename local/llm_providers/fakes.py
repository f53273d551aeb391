"""All four providers at once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from local.llm_providers.anthropic import FakeAnthropic
from local.llm_providers.exchanges import Exchange
from local.llm_providers.litellm import FakeLiteLlm
from local.llm_providers.openai import FakeOpenAi
from local.llm_providers.openrouter import FakeOpenRouter
from local.llm_providers.provider import FakeProvider


class FakeProviders:
    """A context manager of four providers, each with an address and an admin key of its own.

    `latency` is how many seconds every answer takes, and `clock` the time that usage is recorded at, in UTC.
    """

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), latency: float = 0.0) -> None:
        self.anthropic = FakeAnthropic(clock=clock, latency=latency)
        self.openai = FakeOpenAi(clock=clock, latency=latency)
        self.openrouter = FakeOpenRouter(clock=clock, latency=latency)
        self.litellm = FakeLiteLlm(clock=clock, latency=latency)
        self._open = ExitStack()

    def __enter__(self) -> Self:
        for one in self.all:
            self._open.enter_context(one)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def all(self) -> tuple[FakeProvider, ...]:
        """The four of them."""
        return (self.anthropic, self.openai, self.openrouter, self.litellm)

    @property
    def requests(self) -> list[Exchange]:
        """What arrived at any of them, in the order in which it did."""
        return sorted((one for fake in self.all for one in fake.requests), key=lambda one: one.at)

    @property
    def secrets(self) -> list[str]:
        """Every key there is, the admins' and the programs': none of them may be in anything that a person sees."""
        return [secret for fake in self.all for secret in (fake.admin_key, *(one.secret for one in fake.keys.values()))]

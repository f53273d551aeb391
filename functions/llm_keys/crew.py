"""Threads that are waited for until a deadline, for each provider account by itself.

So one provider that hangs holds up nobody else. The times of a look and what follows fit into the function's 120 s, and
into the 150 s after which a claim counts as left by a crash: 30 s to read (an HTTP operation takes 20 s at most, a call
of AWS 21 s), 60 s to switch (a write, then reading it back for 30 s and one operation more), and the rest for the table
and for telling.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import TypeVar

from functions.llm_keys.unforeseen import answer_of

AT_ONCE = 24
"""Threads of an account: each waits for a provider or for AWS nearly all of its time."""
LOOK_SECONDS, SWITCH_SECONDS = 30.0, 60.0
T = TypeVar("T")


class Crew:
    """Pools by account, whose answers are all waited for until the same moment. What is late then goes on unheard."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic, at_once: int = AT_ONCE) -> None:
        self._clock = clock
        self._until = clock() + seconds
        self._at_once = at_once
        self._pools: dict[str, ThreadPoolExecutor] = {}

    def __enter__(self) -> Crew:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, account: str, what: Callable[..., T], *of: object) -> Future[T]:
        """Has the threads of an account ("" for AWS) do something."""
        if account not in self._pools:
            self._pools[account] = ThreadPoolExecutor(self._at_once)
        return self._pools[account].submit(what, *of)

    def answer(self, asked: Future[T], what: str) -> T:
        """The answer; ProviderFailed where there is none in time, and as `answer_of` has it."""
        return answer_of(asked, what, max(0.0, self._until - self._clock()))

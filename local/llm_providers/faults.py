"""What may go wrong between a caller and a provider."""

from __future__ import annotations

from dataclasses import dataclass

from local.llm_providers.exchanges import Reply


@dataclass(frozen=True)
class Fault:
    """`reply` is what is answered instead. With `applies` the request is carried out all the same, before it.

    `hangs` never answers, and `dies` closes the connection. `seconds` pass before anything else.
    """

    reply: Reply | None = None
    applies: bool = False
    hangs: bool = False
    dies: bool = False
    seconds: float = 0.0


HANGS = Fault(hangs=True)
"""Never answers, and does nothing."""
HANGS_AFTERWARDS = Fault(hangs=True, applies=True)
"""Does what it is asked for, and never says so."""
DIES = Fault(dies=True)
"""Closes the connection without an answer."""
DIES_AFTERWARDS = Fault(dies=True, applies=True)
"""Does what it is asked for, and closes the connection without an answer."""
GARBLED = Fault(reply=Reply(200, "<html>It works!</html>", {"content-type": "text/html"}), applies=True)
"""Does what it is asked for, and answers with a page instead of JSON."""
EMPTY = Fault(reply=Reply(200, {}), applies=True)
"""Does what it is asked for, and answers with JSON that has nothing of what is documented in it."""


def fails(status: int = 500, applies: bool = False) -> Fault:
    """An error of the provider's own, with the change made or not."""
    return Fault(reply=Reply(status, {"error": {"type": "api_error", "message": "something broke"}}), applies=applies)


def limits(retry_after: int | None = None) -> Fault:
    """Too many requests; with or without a word of when to come back."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    return Fault(reply=Reply(429, {"error": {"type": "rate_limit_error", "message": "too many"}}, headers))


def redirects(to: str) -> Fault:
    """Sends the caller somewhere else."""
    return Fault(reply=Reply(307, "", {"location": to}))


def slow(seconds: float) -> Fault:
    """Answers as ever, but only after so many seconds."""
    return Fault(seconds=seconds)

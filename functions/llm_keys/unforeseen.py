"""What was asked of a provider or a source in another thread, where an error that nobody foresaw is its own failure.

A stop must not wait for somebody to repair the reader of another provider's answer: whatever one of them raises, the
keys of the others are looked at and stopped. What such an error says is shown nowhere, for it may quote an answer.
"""

from __future__ import annotations

import logging
import traceback
from concurrent.futures import Future
from typing import TypeVar

from functions.llm_keys.providers.provider import ProviderFailed

log = logging.getLogger("fusebox")
T = TypeVar("T")


def answer_of(asked: Future[T], what: str, seconds: float | None = None) -> T:
    """The answer once it is there. Raises ProviderFailed, also for an error that nobody foresaw, and after `seconds`.

    Of that only its kind and the lines of code that led to it are logged, with `what` was asked. What ends the whole
    function is raised as it is.
    """
    try:
        error = asked.exception(seconds)
    except TimeoutError:
        raise ProviderFailed("no answer in time", certain=False) from None
    if error is None:
        return asked.result()
    if isinstance(error, ProviderFailed) or not isinstance(error, Exception):
        raise error
    name = type(error).__name__
    log.error("%s: %s, which nobody foresaw\n%s", what, name, "".join(traceback.format_tb(error.__traceback__)))
    raise ProviderFailed(f"an error nobody foresaw, {name}", certain=False) from None

"""The API of each provider account: where it is, and how its requests are signed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from functions.llm_keys.keys import ProviderAccount
from functions.llm_keys.kinds import ProviderKind
from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.tries import Limits

ANTHROPIC_VERSION = "2023-06-01"
ApiOf = Callable[[str], Api]
"""Gives the API of a provider account by its name in the policy."""


def bearer(secret: str) -> Mapping[str, str]:
    """How OpenAI, OpenRouter and LiteLLM take a key, the admin's or another."""
    return {"authorization": f"Bearer {secret}"}


def x_api_key(secret: str) -> Mapping[str, str]:
    """How Anthropic takes a key. Source: https://platform.claude.com/docs/en/api/overview"""
    return {"x-api-key": secret, "anthropic-version": ANTHROPIC_VERSION}


SIGNS: dict[ProviderKind, Callable[[str], Mapping[str, str]]] = {
    "anthropic": x_api_key,
    "openai": bearer,
    "openrouter": bearer,
    "litellm": bearer,
}


def api_for(
    account: ProviderAccount,
    *,
    credential: Callable[[], str],
    forget: Callable[[], None],
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
    limits: Limits | None = None,
) -> Api:
    """The API of an account. `clock` counts seconds from anywhere; `credential` and `forget` are as Api has them."""
    return Api(
        account=account.name,
        url=account.address,
        sign=SIGNS[account.kind],
        credential=credential,
        forget=forget,
        sleep=sleep,
        clock=clock,
        limits=limits,
    )

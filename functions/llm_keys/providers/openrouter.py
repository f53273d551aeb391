"""OpenRouter API keys: disabled and enabled again, with the same secret.

Source: https://openrouter.ai/docs/api/api-reference/api-keys/update-keys, …/get-key, …/list and OpenRouter's OpenAPI
description (github.com/OpenRouterTeam/python-sdk, .speakeasy/out.openapi.yaml, commit 00d71ec). The admin credential is
a management key. A disabled key is answered 401: https://openrouter.ai/docs/api-reference/errors. Unverified: how many
seconds a disabled key is still taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from urllib.parse import quote

from functions.llm_keys.keys import Key
from functions.llm_keys.providers import openrouter_usage
from functions.llm_keys.providers.accounts import ApiOf
from functions.llm_keys.providers.answers import Shown
from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.provider import Credential, ProviderFailed, Usage, Values

KEYS, WORKSPACES = "/api/v1/keys", "/api/v1/workspaces"


class OpenRouter:
    """The switch, the usage and the list of OpenRouter API keys."""

    def __init__(self, api_of: ApiOf) -> None:
        self._api_of = api_of

    def read(self, key: Key) -> Values:
        """Whether it is disabled."""
        return {"disabled": self._api_of(key.provider).get(_path(key)).part("data").flag("disabled")}

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002
        """Disabled."""
        return values if values["disabled"] else {"disabled": True}

    def write(self, key: Key, values: Values) -> None:
        """Disables it, or enables it."""
        wanted = bool(values["disabled"])
        answer = self._api_of(key.provider).send("PATCH", _path(key), {"disabled": wanted})
        if answer.part("data").flag("disabled") != wanted:
            raise ProviderFailed(f"{key.name}: OpenRouter left the key {'enabled' if wanted else 'disabled'}")

    def bill(self, key: Key) -> str:
        """Each key has a bill of its own."""
        return f"openrouter/{key.provider}/{key.id}"

    def spent(self, key: Key, since: datetime, until: datetime) -> Usage:
        """The credits it used, in whole days."""
        api = self._api_of(key.provider)
        return openrouter_usage.spent(api, api.get(_path(key)).part("data"), since, until)

    def credentials(self, account: str) -> list[Credential]:
        """The enabled keys of all workspaces; the list of keys alone would show only those of the default one."""
        api = self._api_of(account)
        until, found = api.ends(), list[Credential]()
        for workspace in _pages(api, WORKSPACES, [], until):
            query = [("include_disabled", "false"), ("workspace_id", workspace.text("id"))]
            for one in _pages(api, KEYS, query, until):
                note = f"workspace {workspace.text('name')}"
                found.append(Credential("openrouter", one.text("hash"), one.text("name"), note))
        return found

    def works(self, key: Key, secret: str) -> bool:
        """Asks what the key itself is, which costs nothing; the list of models is open to everybody."""
        return self._api_of(key.provider).takes("/api/v1/key", secret)


def _pages(api: Api, path: str, query: list[tuple[str, str]], until: float) -> Iterator[Shown]:
    """All of a list, which ends with an empty page: OpenRouter tells neither a total of keys nor the size of a page."""
    offset = 0
    while True:
        some = api.get(path, [*query, ("offset", str(offset))], until).items("data")
        if not some:
            return
        yield from some
        offset += len(some)


def _path(key: Key) -> str:
    return f"{KEYS}/{quote(key.id, safe='')}"

"""Anthropic API keys: inactive and active again, with the same secret.

Sources: https://platform.claude.com/docs/en/api/admin/api_keys/retrieve, …/update and …/list, and anthropic 2.14.0 on
PyPI (`organization.api_keys`); Anthropic publishes no OpenAPI description of them. A key that is not taken is answered
401: https://platform.claude.com/docs/en/api/errors. Unverified: how many seconds an inactive key is still taken.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from functions.llm_keys.keys import Key
from functions.llm_keys.providers.accounts import ApiOf
from functions.llm_keys.providers.anthropic_usage import PriceOf, spent
from functions.llm_keys.providers.provider import Credential, ProviderFailed, Usage, Values

KEYS = "/v1/organizations/api_keys"
OUT_OF_USE = ("inactive", "archived", "expired")
"""Statuses with which a key is not taken; `archived` and `expired` are for good."""
SETTABLE = ("active", "inactive")
"""What Fusebox sets; the API would take `archived` too, from which there is no way back."""


class Anthropic:
    """The switch, the usage and the list of API keys of Anthropic organizations."""

    def __init__(self, api_of: ApiOf, price: PriceOf) -> None:
        self._api_of = api_of
        self._price = price

    def read(self, key: Key) -> Values:
        """Its status: active, inactive, archived or expired."""
        return {"status": self._api_of(key.provider).get(_path(key)).text("status")}

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002
        """Inactive, unless it is out of use already."""
        return values if values["status"] in OUT_OF_USE else {"status": "inactive"}

    def write(self, key: Key, values: Values) -> None:
        """Makes it active or inactive."""
        status = values["status"]
        if status not in SETTABLE:
            raise ProviderFailed(f"{key.name}: Fusebox sets no key {status!r:.40}; {' and '.join(SETTABLE)} it does")
        self._api_of(key.provider).send("POST", _path(key), {"status": status})

    def bill(self, key: Key) -> str:
        """Each key has a bill of its own."""
        return f"anthropic/{key.provider}/{key.id}"

    def spent(self, key: Key, since: datetime, until: datetime) -> Usage:
        """Tokens at list prices, to the minute and about five minutes late."""
        return spent(self._api_of(key.provider), key.id, since, until, self._price)

    def credentials(self, account: str) -> list[Credential]:
        """The organization's active API keys."""
        api = self._api_of(account)
        until, after, found = api.ends(), "", list[Credential]()
        while True:
            cursor = [("after_id", after)] if after else []
            page = api.get(KEYS, [("status", "active"), ("limit", "1000"), *cursor], until)
            # Its hint holds a part of the key itself, so it is left out.
            found += [Credential("anthropic", one.text("id"), one.text("name")) for one in page.items("data")]
            if not page.flag("has_more"):
                return found
            after = page.text("last_id")

    def works(self, key: Key, secret: str) -> bool:
        """Lists the models with it, which costs nothing."""
        return self._api_of(key.provider).takes("/v1/models", secret)


def _path(key: Key) -> str:
    return f"{KEYS}/{quote(key.id, safe='')}"

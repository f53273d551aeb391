"""Virtual keys of a LiteLLM proxy: blocked and unblocked, known by the hash of their token.

Source: https://docs.litellm.ai/docs/proxy/virtual_keys and the API that the proxy describes itself (litellm 1.110.2,
proxy/management_endpoints/key_management_endpoints.py). The admin credential is the master key or one of an admin. A
proxy that hashed the hash again once blocked nothing and said so nowhere (BerriAI/litellm#13136; field report F25): so
an answer that does not name the key is a NoSuchKey. A blocked key is answered 401. Other pods may serve it from their
cache for a while (field report F24); unverified: for how long.
"""

from __future__ import annotations

from datetime import UTC, datetime

from functions.llm_keys.keys import Key
from functions.llm_keys.providers.accounts import ApiOf
from functions.llm_keys.providers.answers import Shown
from functions.llm_keys.providers.provider import Credential, NoSuchKey, ProviderFailed, Usage, Values

INFO, LIST, ACTIVITY = "/key/info", "/key/list", "/user/daily/activity"
PAGE = 100


class LiteLlm:
    """The switch, the usage and the list of virtual keys of LiteLLM proxies."""

    def __init__(self, api_of: ApiOf) -> None:
        self._api_of = api_of

    def read(self, key: Key) -> Values:
        """Whether it is blocked."""
        info = self._api_of(key.provider).get(INFO, [("key", key.id)]).part("info")
        if info.has("deleted_at"):
            # Later proxies still tell of deleted keys.
            raise NoSuchKey(f"{key.name}: the proxy says the key is deleted")
        return {"blocked": _blocked(info)}

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002
        """Blocked."""
        return values if values["blocked"] else {"blocked": True}

    def write(self, key: Key, values: Values) -> None:
        """Blocks it, or unblocks it."""
        wanted = bool(values["blocked"])
        answer = self._api_of(key.provider).send("POST", "/key/block" if wanted else "/key/unblock", {"key": key.id})
        if not answer.has("token") or answer.text("token") != key.id:
            raise NoSuchKey(f"{key.name}: the proxy does not say that it found the key", certain=False)
        if _blocked(answer) != wanted:
            raise ProviderFailed(f"{key.name}: the proxy left the key {'unblocked' if wanted else 'blocked'}")

    def bill(self, key: Key) -> str:
        """Each key has a bill of its own."""
        return f"litellm/{key.provider}/{key.id}"

    def spent(self, key: Key, since: datetime, until: datetime) -> Usage:
        """What the proxy reckons that the key spent, in whole days (UTC): no reset of a budget lessens it.

        The day that `since` lies in counts from its midnight. Unverified: how late the proxy writes its daily sums.
        """
        api = self._api_of(key.provider)
        days = [("start_date", _day(since)), ("end_date", _day(until)), ("api_key", key.id), ("page_size", "1000")]
        ends, number_of_page, total, by_path = api.ends(), 1, 0.0, dict[str, float]()
        while True:
            page = api.get(ACTIVITY, [*days, ("page", str(number_of_page))], ends)
            for day in page.items("results"):
                total += day.part("metrics").number("spend")
                models = day.part("breakdown").part("models")
                for model in day.part("breakdown").names("models"):
                    dollars = models.part(model).part("metrics").number("spend")
                    by_path[model] = by_path.get(model, 0.0) + dollars
            if not page.part("metadata").flag("has_more"):
                return Usage(total, by_path=by_path)
            number_of_page += 1

    def credentials(self, account: str) -> list[Credential]:
        """The virtual keys that are not blocked."""
        api = self._api_of(account)
        until, number_of_page, found = api.ends(), 1, list[Credential]()
        while True:
            query = [("return_full_object", "true"), ("size", str(PAGE)), ("page", str(number_of_page))]
            page = api.get(LIST, query, until)
            for one in page.items("keys"):
                if not _blocked(one):
                    name = one.text_or("key_alias", "")
                    found.append(Credential("litellm", one.text("token"), name))
            if number_of_page >= page.number("total_pages"):
                return found
            number_of_page += 1

    def works(self, key: Key, secret: str) -> bool:
        """Lists the models with it, which costs nothing."""
        return self._api_of(key.provider).takes("/v1/models", secret)


def _blocked(row: Shown) -> bool:
    """Whether a key is blocked; null where it never was."""
    return row.has("blocked") and row.flag("blocked")


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"

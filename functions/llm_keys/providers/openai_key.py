"""API keys of an OpenAI project: deleted, which cannot be turned back.

Source: https://developers.openai.com/api/reference/resources/admin (project API keys) and OpenAI's OpenAPI description
(github.com/openai/openai-openapi, commit f85dbe2). A key of a service account is refused with an error. Unverified: how
many seconds a deleted key is still taken.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import quote

from functions.llm_keys.keys import Key
from functions.llm_keys.providers import openai_costs, openai_projects
from functions.llm_keys.providers.accounts import ApiOf
from functions.llm_keys.providers.provider import Credential, NoSuchKey, ProviderFailed, Usage, Values

EXISTS = "exists"


class OpenAiKey:
    """The switch, the usage and the list of the keys of OpenAI projects.

    That a key does not exist is a state here, as it is what a stop ends in; that its project does not is a NoSuchKey.
    """

    def __init__(self, api_of: ApiOf) -> None:
        self._api_of = api_of

    def read(self, key: Key) -> Values:
        """Whether it exists."""
        api = self._api_of(key.provider)
        try:
            api.get(_path(key)).text("id")
        except NoSuchKey:
            openai_projects.must_exist(api, key.project)
            return {EXISTS: False}
        return {EXISTS: True}

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002
        """Gone."""
        return {EXISTS: False} if values[EXISTS] else values

    def write(self, key: Key, values: Values) -> None:
        """Deletes it. What a stop deleted, nothing brings back: that is refused."""
        if values[EXISTS]:
            if self.read(key)[EXISTS]:
                return
            raise ProviderFailed(f"{key.name}: a deleted key does not come back; make a new one and hand it out")
        api = self._api_of(key.provider)
        try:
            answer = api.send("DELETE", _path(key))
        except NoSuchKey:
            # Deleted already, by an earlier try perhaps; unless the whole project is gone.
            openai_projects.must_exist(api, key.project)
            return
        if not answer.flag("deleted"):
            raise ProviderFailed(f"{key.name}: OpenAI says it did not delete the key")

    def bill(self, key: Key) -> str:
        """Its own, which is part of its project's."""
        return f"openai/{key.provider}/{key.project}/{key.id}"

    def spent(self, key: Key, since: datetime, until: datetime) -> Usage:
        """The key's costs, in whole days."""
        return openai_costs.spent(self._api_of(key.provider), key.project, key.id, since, until)

    def credentials(self, account: str) -> list[Credential]:
        """The API keys of all projects of an organization."""
        return openai_projects.keys_of_all(self._api_of(account))

    def works(self, key: Key, secret: str) -> bool:
        """Lists the models with it, which costs nothing."""
        return self._api_of(key.provider).takes("/v1/models", secret)


def _path(key: Key) -> str:
    return f"{openai_projects.project_path(key.project)}/api_keys/{quote(key.id, safe='')}"

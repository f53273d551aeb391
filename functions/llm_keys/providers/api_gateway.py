"""The switch of an API Gateway API key, where a REST API of one's own stands before the models.

A disabled key is answered with 403 by methods that require one, after some seconds; enabled, the same key works again.
The value of a key is never asked for. Source:
https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateApiKey.html and
https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateApiKey-Patch
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.aws_errors import code_of, not_read, not_written
from functions.llm_keys.providers.provider import Credential, NoSuchKey, Values

ABSENT = "NotFoundException"
PAGE = 500
"""Keys an answer may hold (API Gateway API reference, GetApiKeys)."""


class ApiGatewayKey:
    """Values: `enabled`."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, key: Key) -> Values:
        """Whether the key is enabled. Raises NoSuchKey, ProviderFailed."""
        try:
            answer = self._clients.get("apigateway").get_api_key(apiKey=key.id, includeValue=False)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise self._no_such(key) from None
            raise not_read(error, f"API key {key.name}") from error
        return {"enabled": bool(answer["enabled"])}

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002 - Provider has it
        """Disabled."""
        return {"enabled": False} if values["enabled"] else values

    def write(self, key: Key, values: Values) -> None:
        """Enables or disables the key. Raises NoSuchKey, ProviderFailed."""
        patch = {"op": "replace", "path": "/enabled", "value": "true" if values["enabled"] else "false"}
        try:
            self._clients.get("apigateway").update_api_key(apiKey=key.id, patchOperations=[patch])
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise self._no_such(key) from None
            raise not_written(error, f"API key {key.name}") from error

    def credentials(self, account: str) -> list[Credential]:  # noqa: ARG002 - AWS has one
        """The enabled API keys of this account and Region. Raises ProviderFailed."""
        try:
            return [
                Credential(kind="api_gateway", id=one["id"], name=one.get("name") or one["id"])
                for one in self._listed()
                if one.get("enabled")
            ]
        except (ClientError, BotoCoreError) as error:
            raise not_read(error, "the API keys of API Gateway") from error

    def _listed(self) -> Iterator[Mapping[str, Any]]:
        more: dict[str, str] = {}
        while True:
            answer = self._clients.get("apigateway").get_api_keys(includeValues=False, limit=PAGE, **more)
            yield from answer.get("items", ())
            if not answer.get("position"):
                return
            more = {"position": answer["position"]}

    def _no_such(self, key: Key) -> NoSuchKey:
        return NoSuchKey(f"API key {key.name}: API Gateway has no API key {key.id} in {self._clients.region}")

"""The switch of an access key of an IAM user: inactive, then active again with the same secret.

Everything that signs with the key stops, Bedrock or not. Source:
https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccessKey.html
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.aws_errors import code_of, not_read, not_written
from functions.llm_keys.providers.provider import NoSuchKey, Values

ACTIVE, INACTIVE, EXPIRED = "Active", "Inactive", "Expired"
ABSENT = "NoSuchEntity"


class IamAccessKey:
    """Values: `status`, as IAM has it."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, key: Key) -> Values:
        """Whether the key is active. Raises NoSuchKey, ProviderFailed."""
        try:
            status = self._status(key)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise NoSuchKey(f"access key {key.name}: there is no IAM user {key.user}") from None
            raise not_read(error, f"access key {key.name}") from error
        if not status:
            raise _no_such(key)
        return {"status": status}

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002 - Provider has it
        """Inactive; what is so, or has expired, stays as it is."""
        return values if values["status"] in (INACTIVE, EXPIRED) else {"status": INACTIVE}

    def write(self, key: Key, values: Values) -> None:
        """Makes the key active or inactive. Raises NoSuchKey, ProviderFailed."""
        if values["status"] == EXPIRED:
            return
        try:
            self._clients.get("iam").update_access_key(UserName=key.user, AccessKeyId=key.id, Status=values["status"])
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise _no_such(key) from None
            raise not_written(error, f"access key {key.name}") from error

    def _status(self, key: Key) -> str:
        """The key's status, or "" where the user has no such key."""
        more: dict[str, Any] = {}
        while True:
            answer = self._clients.get("iam").list_access_keys(UserName=key.user, **more)
            for one in answer["AccessKeyMetadata"]:
                if one["AccessKeyId"] == key.id:
                    return str(one["Status"])
            if not answer.get("IsTruncated"):
                return ""
            more = {"Marker": answer["Marker"]}


def _no_such(key: Key) -> NoSuchKey:
    return NoSuchKey(f"access key {key.name}: IAM user {key.user} has no access key {key.id}")

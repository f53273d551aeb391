"""The switch of a long-term Amazon Bedrock API key, which IAM keeps as a service-specific credential of a user.

Inactive it is refused, active again the same key works. One that has expired counts as stopped and is never set.
Short-term keys are no credentials of IAM: they stop with the principal that made them.
Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateServiceSpecificCredential.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.llm_keys.keys import Key
from functions.llm_keys.providers import bedrock_probe, bedrock_residual
from functions.llm_keys.providers.aws_errors import code_of, not_read, not_written
from functions.llm_keys.providers.provider import Credential, NoSuchKey, Values

SERVICE = "bedrock.amazonaws.com"
ACTIVE, INACTIVE, EXPIRED = "Active", "Inactive", "Expired"
ABSENT = "NoSuchEntity"


class BedrockKey:
    """Values: `status`, as IAM has it."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, key: Key) -> Values:
        """Whether the key is active. Raises NoSuchKey, ProviderFailed."""
        try:
            for one in self._listed(UserName=key.user):
                if one["ServiceSpecificCredentialId"] == key.id:
                    return {"status": one["Status"]}
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise NoSuchKey(f"Bedrock key {key.name}: there is no IAM user {key.user}") from None
            raise not_read(error, f"Bedrock key {key.name}") from error
        raise NoSuchKey(f"Bedrock key {key.name}: IAM user {key.user} has no Bedrock key {key.id}")

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002 - Provider has it
        """Inactive; what is so, or has expired, stays as it is."""
        return values if values["status"] in (INACTIVE, EXPIRED) else {"status": INACTIVE}

    def write(self, key: Key, values: Values) -> None:
        """Makes the key active or inactive. Raises NoSuchKey, ProviderFailed."""
        if values["status"] == EXPIRED:
            return
        try:
            self._clients.get("iam").update_service_specific_credential(
                UserName=key.user, ServiceSpecificCredentialId=key.id, Status=values["status"]
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise NoSuchKey(f"Bedrock key {key.name}: IAM user {key.user} has no Bedrock key {key.id}") from None
            raise not_written(error, f"Bedrock key {key.name}") from error

    def credentials(self, account: str) -> list[Credential]:  # noqa: ARG002 - AWS has one
        """The active Bedrock keys of all users of the account. Raises ProviderFailed."""
        try:
            return [_credential(one) for one in self._listed(AllUsers=True) if one["Status"] == ACTIVE]
        except (ClientError, BotoCoreError) as error:
            raise not_read(error, "the Bedrock keys of all users") from error

    def works(self, key: Key, secret: str) -> bool:  # noqa: ARG002 - any secret can be tried
        """Whether Bedrock still takes a key: asks for its list of models, at no cost. Raises ProviderFailed."""
        return bedrock_probe.works(self._clients.get("bedrock").meta.endpoint_url, secret)

    def going_on(self) -> list[str]:
        """What Bedrock goes on billing. Raises ProviderFailed."""
        return bedrock_residual.going_on(self._clients)

    def _listed(self, **whose: Any) -> Iterator[Mapping[str, Any]]:
        iam = self._clients.get("iam")
        more: dict[str, str] = {}
        while True:
            answer = iam.list_service_specific_credentials(ServiceName=SERVICE, **whose, **more)
            yield from answer["ServiceSpecificCredentials"]
            if not answer.get("IsTruncated"):
                return
            more = {"Marker": answer["Marker"]}


def _credential(one: Mapping[str, Any]) -> Credential:
    until = one.get("ExpirationDate")
    return Credential(
        kind="bedrock_key",
        id=one["ServiceSpecificCredentialId"],
        name=one.get("ServiceCredentialAlias") or one["UserName"],
        note=f"of IAM user {one['UserName']}, " + (f"expires {until:%Y-%m-%d}" if until else "never expires"),
    )

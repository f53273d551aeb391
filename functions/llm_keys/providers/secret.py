"""The second line of defence: readers of a secret get a version without a key in it, until they get the old one again.

The owner makes that version beforehand (an empty key, say) and gives it the staging label names.STOPPED_STAGE. The stop
moves AWSCURRENT to it, and Secrets Manager moves AWSPREVIOUS to the version before; the restore moves AWSCURRENT back.
The key itself goes on working for whoever has it. The value of a secret is never read here. Source:
https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.llm_keys import names
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.aws_errors import code_of, not_read, not_written
from functions.llm_keys.providers.provider import NoSuchKey, ProviderFailed, Values

CURRENT = "AWSCURRENT"
ABSENT = "ResourceNotFoundException"
Stages = Mapping[str, Sequence[str]]


class SecretKey:
    """Values: `current`, the id of the version that readers get, or names.STOPPED_STAGE where it is the stopped one."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def read(self, key: Key) -> Values:
        """Which version readers get. Raises NoSuchKey also where there is no version to switch to, ProviderFailed."""
        stages = self._stages(key)
        current, stopped = _current(key, stages), _stopped(key, stages)
        return {"current": names.STOPPED_STAGE if current == stopped else current}

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002 - Provider has it
        """The version that carries the label, whichever it is by then."""
        return values if values["current"] == names.STOPPED_STAGE else {"current": names.STOPPED_STAGE}

    def write(self, key: Key, values: Values) -> None:
        """Moves AWSCURRENT. Raises NoSuchKey, ProviderFailed."""
        stages = self._stages(key)
        current = _current(key, stages)
        wanted = _stopped(key, stages) if values["current"] == names.STOPPED_STAGE else str(values["current"])
        if wanted == current:
            return
        try:
            self._clients.get("secretsmanager").update_secret_version_stage(
                SecretId=key.id, VersionStage=CURRENT, MoveToVersionId=wanted, RemoveFromVersionId=current
            )
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise NoSuchKey(f"secret {key.name}: version {wanted} of {key.id} is gone") from None
            raise not_written(error, f"secret {key.name}") from error

    def _stages(self, key: Key) -> Stages:
        """The labels of each version that has any."""
        try:
            answer = self._clients.get("secretsmanager").describe_secret(SecretId=key.id)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise NoSuchKey(f"secret {key.name}: there is no secret {key.id}") from None
            raise not_read(error, f"secret {key.name}") from error
        if answer.get("DeletedDate"):
            raise NoSuchKey(f"secret {key.name}: {key.id} is about to be deleted")
        found: Stages = answer.get("VersionIdsToStages") or {}
        return found


def _current(key: Key, stages: Stages) -> str:
    found = next((version for version, labels in stages.items() if CURRENT in labels), None)
    if found is None:
        raise ProviderFailed(f"secret {key.name}: no version of {key.id} carries {CURRENT}: it has no value yet")
    return found


def _stopped(key: Key, stages: Stages) -> str:
    found = next((version for version, labels in stages.items() if names.STOPPED_STAGE in labels), None)
    if found is None:
        raise NoSuchKey(
            f"secret {key.name}: no version of {key.id} carries the label {names.STOPPED_STAGE}: put a version without "
            f"a key with `aws secretsmanager put-secret-value --version-stages {names.STOPPED_STAGE}`"
        )
    return found

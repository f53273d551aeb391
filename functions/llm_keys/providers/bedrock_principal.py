"""The switch of a role or user that calls Amazon Bedrock with SigV4: the one managed policy of the stack that denies.

An explicit deny wins over every allow and holds for sessions that are under way, so it stops short-term keys of the
principal as well. Nothing else is ever attached. Source:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-permissions.html
"""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.llm_keys.keys import Key
from functions.llm_keys.providers import bedrock_residual
from functions.llm_keys.providers.aws_errors import code_of, not_read, not_written
from functions.llm_keys.providers.provider import NoSuchKey, Values

ABSENT = "NoSuchEntity"


class BedrockPrincipal:
    """Values: `denied`, whether the policy is attached. `policy_arn` is names.stop_policy_arn."""

    def __init__(self, clients: Clients, policy_arn: str) -> None:
        self._clients = clients
        self._policy = policy_arn

    def read(self, key: Key) -> Values:
        """Whether the policy that denies is attached. Raises NoSuchKey, ProviderFailed."""
        kind, who = _principal(key.id)
        try:
            return {"denied": self._attached(kind, who)}
        except (ClientError, BotoCoreError) as error:
            if code_of(error) == ABSENT:
                raise NoSuchKey(f"principal {key.name}: there is no {key.id}") from None
            raise not_read(error, f"principal {key.name}") from error

    def stopped(self, key: Key, values: Values) -> Values:  # noqa: ARG002 - Provider has it
        """Denied."""
        return values if values["denied"] else {"denied": True}

    def write(self, key: Key, values: Values) -> None:
        """Attaches the policy that denies, or detaches it. Raises NoSuchKey, ProviderFailed."""
        kind, who = _principal(key.id)
        change = "attach" if values["denied"] else "detach"
        call = getattr(self._clients.get("iam"), f"{change}_{kind}_policy")
        try:
            call(**who, PolicyArn=self._policy)
        except (ClientError, BotoCoreError) as error:
            if code_of(error) != ABSENT:
                raise not_written(error, f"principal {key.name}") from error
            # A detached policy cannot be detached: that is no failure unless the principal is gone, which a read says.
            if change == "detach" and not self.read(key)["denied"]:
                return
            raise NoSuchKey(f"principal {key.name}: {key.id} or {self._policy} does not exist") from None

    def going_on(self) -> list[str]:
        """What Bedrock goes on billing. Raises ProviderFailed."""
        return bedrock_residual.going_on(self._clients)

    def _attached(self, kind: str, who: dict[str, str]) -> bool:
        call = getattr(self._clients.get("iam"), f"list_attached_{kind}_policies")
        more: dict[str, Any] = {}
        while True:
            answer = call(**who, **more)
            if any(one["PolicyArn"] == self._policy for one in answer["AttachedPolicies"]):
                return True
            if not answer.get("IsTruncated"):
                return False
            more = {"Marker": answer["Marker"]}


def _principal(arn: str) -> tuple[str, dict[str, str]]:
    """Kind and name as IAM's calls take them. A name is unique in its account, whatever the path before it."""
    kind, path = arn.split(":", 5)[5].split("/", 1)
    name = path.rsplit("/", 1)[-1]
    return kind, {f"{kind.capitalize()}Name": name}

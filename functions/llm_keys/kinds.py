"""The kinds of key that can be stopped: whose bill each runs up, what its id is, and what a stop cannot bring back.

Source of what each switch does: the providers' API references, cited in functions/llm_keys/providers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

KeyKind = Literal[
    "anthropic",
    "openai_project",
    "openai_key",
    "openrouter",
    "litellm",
    "bedrock_key",
    "bedrock_principal",
    "api_gateway",
    "iam_access_key",
    "secret",
]
ProviderKind = Literal["anthropic", "openai", "openrouter", "litellm"]
Biller = Literal["aws", "anthropic", "openai", "openrouter", "litellm", "anyone"]
"""Who bills what is spent with a key; "anyone" where that is not known from the key."""
ADDRESSES: dict[ProviderKind, str] = {
    "anthropic": "https://api.anthropic.com",
    "openai": "https://api.openai.com",
    "openrouter": "https://openrouter.ai",
    "litellm": "",
}
"""Where each provider's API is by default; a LiteLLM proxy is the owner's own."""


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What is known of a kind of key.

    `provider` is the kind of provider account it needs, "" for what AWS itself switches. `needs` names further fields
    of a key that must be set. `irreversible` says what a stop cannot bring back, "" where the same key works again.
    `caveat` is what a stop leaves open, in words for people. `can_be_tried` says that a request with the key shows
    whether it is taken, and costs nothing.
    """

    biller: Biller
    id_is: str
    provider: ProviderKind | Literal[""] = ""
    needs: tuple[str, ...] = ()
    irreversible: str = ""
    caveat: str = ""
    can_be_tried: bool = False


KINDS: dict[KeyKind, Kind] = {
    "anthropic": Kind(
        biller="anthropic",
        provider="anthropic",
        id_is="the API key's id, apikey_…",
        can_be_tried=True,
    ),
    "openai_project": Kind(
        biller="openai",
        provider="openai",
        id_is="the project's id, proj_…",
        caveat="all keys of the project stop together, and not at once",
    ),
    "openai_key": Kind(
        biller="openai",
        provider="openai",
        needs=("project",),
        id_is="the API key's id, key_…, with its `project`",
        irreversible="the key is deleted: a new one has to be made and handed out",
        can_be_tried=True,
    ),
    "openrouter": Kind(
        biller="openrouter",
        provider="openrouter",
        id_is="the key's hash",
        can_be_tried=True,
    ),
    "litellm": Kind(
        biller="litellm",
        provider="litellm",
        id_is="the hashed token of the virtual key",
        caveat="other pods of the proxy may serve it from their cache for a while",
        can_be_tried=True,
    ),
    "bedrock_key": Kind(
        biller="aws",
        needs=("user",),
        id_is="the service-specific credential's id, ACCA…, with its IAM `user`",
        caveat="running batch jobs and provisioned throughput go on",
        can_be_tried=True,
    ),
    "bedrock_principal": Kind(
        biller="aws",
        id_is="the ARN of an IAM role or user",
        caveat="running batch jobs and provisioned throughput go on",
    ),
    "api_gateway": Kind(
        biller="anyone",
        id_is="the id of an API Gateway API key",
        caveat="takes about ten seconds",
    ),
    "iam_access_key": Kind(
        biller="aws",
        needs=("user",),
        id_is="the access key's id, AKIA…, with its IAM `user`",
        caveat="everything that uses the access key stops",
    ),
    "secret": Kind(
        biller="anyone",
        id_is="the ARN of a secret that holds a key",
        caveat="does not revoke the key: whoever has read it goes on, and readers keep it for up to an hour",
    ),
}

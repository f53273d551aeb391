"""Keys that can be stopped, and the accounts at providers that they belong to, as the policy names them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from functions.core.spec import STRICT
from functions.llm_keys.key_ids import wrong_id
from functions.llm_keys.kinds import ADDRESSES, KINDS, KeyKind, ProviderKind

NAME = re.compile(r"[a-z][a-z0-9-]{0,29}")
USER = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)
SECRET_ARN = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]{1,512}", re.ASCII)
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, kw_only=True)
class ProviderAccount:
    """An account at a provider: its admin credential is in a secret that the stack makes and `fusebox secret` fills."""

    __pydantic_config__ = STRICT
    name: str
    kind: ProviderKind
    url: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"provider name {self.name!r:.60}: 1 to 30 of a-z, 0-9 and -, a letter first")
        if not self.address:
            raise ValueError(f"provider {self.name}: {self.kind} needs its `url`")
        parts = urlsplit(self.address)
        plain = parts.scheme == "http" and parts.hostname in LOOPBACK
        odd = "@" in parts.netloc or parts.query or parts.fragment or not _has_port(parts)
        if not (parts.scheme == "https" or plain) or not parts.hostname or odd:
            raise ValueError(f"provider {self.name}: url is an https address without user, query and fragment")

    @property
    def address(self) -> str:
        """Where its API is, without a slash at the end."""
        return (self.url or ADDRESSES[self.kind]).rstrip("/")


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key that can be stopped. It is known by `kind` and `id`; `name` is what people call it.

    `provider` names an entry of `providers`, for the kinds that need one. `user` is the IAM user of a Bedrock key or
    an access key, `project` the OpenAI project of a key. `switch` picks between the two switches of an OpenAI project.
    `probe` is the ARN of a secret that holds the key itself, to show that it is refused after a stop.
    """

    __pydantic_config__ = STRICT
    name: str
    kind: KeyKind
    id: str
    provider: str = ""
    user: str = ""
    project: str = ""
    switch: Literal["spend_limit", "rate_limits"] = "rate_limits"
    owner: str = ""
    probe: str = ""

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise ValueError(f"key name {self.name!r:.60}: 1 to 30 of a-z, 0-9 and -, a letter first")
        wrong = wrong_id(self.kind, self.id)
        if wrong:
            raise ValueError(f"key {self.name}: id {wrong}; it is {KINDS[self.kind].id_is}")
        needed = (*KINDS[self.kind].needs, *(("provider",) if KINDS[self.kind].provider else ()))
        for one in ("user", "project", "provider"):
            if bool(getattr(self, one)) != (one in needed):
                what = "needs its" if one in needed else "takes no"
                raise ValueError(f"key {self.name}: {self.kind} {what} `{one}`")
        if self.user and not USER.fullmatch(self.user):
            raise ValueError(f"key {self.name}: user {self.user!r:.80} is the name of an IAM user, no ARN and no path")
        if self.probe and not SECRET_ARN.fullmatch(self.probe):
            raise ValueError(f"key {self.name}: probe is the ARN of a secret that holds the key")
        if self.probe and not KINDS[self.kind].can_be_tried:
            raise ValueError(f"key {self.name}: {self.kind} takes no `probe`: it cannot be tried without spending")

    @property
    def spends_on(self) -> str:
        """Whose bill it runs up."""
        return KINDS[self.kind].biller


def _has_port(parts: SplitResult) -> bool:
    """Whether the port is one, or is not given."""
    try:
        return parts.port != 0
    except ValueError:
        return False

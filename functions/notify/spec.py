"""The policy's `slack` section: whether Slack is told, and whom it mentions."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from functions.core.spec import STRICT

SLACK_ID = re.compile(r"[UWS][A-Z0-9]{6,20}")
"""A member (U…, W…) or a user group (S…), as Slack's own profile pages show it."""
LONGEST_TAG_KEY = 128


@dataclass(frozen=True, kw_only=True)
class Mention:
    """Whom Slack mentions for a resource whose owner tag has the value `owner`."""

    __pydantic_config__ = STRICT
    owner: str
    slack: str

    def __post_init__(self) -> None:
        if not self.owner.strip():
            raise ValueError("mentions.owner is empty: the value of the owner tag, as resources carry it")
        if not SLACK_ID.fullmatch(self.slack):
            raise ValueError(
                f"mentions.slack {self.slack!r:.40}: a member id such as U012AB3CD or a user group id such as "
                "S012AB3CD, no name"
            )


@dataclass(frozen=True, kw_only=True)
class SlackSettings:
    """Settings of the messages in Slack."""

    __pydantic_config__ = STRICT
    webhook: bool = field(
        default=False,
        metadata={"doc": "messages go to Slack through an incoming webhook: `fusebox secret set slack-webhook`"},
    )
    app: bool = field(
        default=False,
        metadata={"doc": "the webhook belongs to a Slack app whose buttons this Fusebox answers"},
    )
    owner_tag: str = field(default="owner", metadata={"doc": "the resource tag that names an owner"})
    mentions: tuple[Mention, ...] = field(
        default=(),
        metadata={"doc": "whom to mention for an `owner`, the tag's value: `slack`, a member or user group id"},
    )

    def __post_init__(self) -> None:
        if self.app and not self.webhook:
            raise ValueError("app: true needs webhook: true, because buttons come with the webhook's messages")
        if not 1 <= len(self.owner_tag) <= LONGEST_TAG_KEY:
            raise ValueError(f"owner_tag {self.owner_tag!r:.40}: a tag's key, 1 to {LONGEST_TAG_KEY} characters")
        owners = [one.owner for one in self.mentions]
        twice = sorted({one for one in owners if owners.count(one) > 1})
        if twice:
            raise ValueError(f"mentions names {twice[0]!r:.40} twice; a user group mentions several people at once")

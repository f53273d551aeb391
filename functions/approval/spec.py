"""The policy's `approval` section: who may decide, by which ways, and how long they have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from functions.core.spec import STRICT

PRINCIPAL = re.compile(
    r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/[\w+=,.@/-]+"
    r"|arn:aws[a-z-]*:sts::\d{12}:assumed-role/[\w+=,.@-]+/[\w+=,.@-]+",
    re.ASCII,
)
SLACK_USER = re.compile(r"[UW][A-Z0-9]{6,20}")
LONGEST_HOURS = 24 * 30


@dataclass(frozen=True, kw_only=True)
class Approvers:
    """Who may decide: IAM principals through the `fusebox` command, people through Slack's buttons."""

    __pydantic_config__ = STRICT
    iam: tuple[str, ...] = ()
    slack: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for arn in self.iam:
            if not PRINCIPAL.fullmatch(arn):
                raise ValueError(
                    f"approvers.iam {arn!r:.120}: the ARN of a role (arn:aws:iam::ACCOUNT:role/NAME), a user "
                    "(…:user/NAME) or one session of a role (arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION)"
                )
        for user in self.slack:
            if not SLACK_USER.fullmatch(user):
                raise ValueError(f"approvers.slack {user!r:.40}: a Slack member id such as U012AB3CD, no name")


@dataclass(frozen=True, kw_only=True)
class ApprovalSettings:
    """Settings of the approval workflow."""

    __pydantic_config__ = STRICT
    approvers: Approvers = field(
        default_factory=Approvers,
        metadata={"doc": "who may decide: `iam` (ARNs of roles, users or role sessions) and `slack` (member ids)"},
    )
    page: Literal["none", "function_url"] = field(
        default="none",
        metadata={"doc": "`function_url` puts signed links to an approval page into the messages"},
    )
    links_may: Literal["reversible", "anything"] = field(
        default="reversible",
        metadata={"doc": "what whoever holds a link may approve: only what can be undone, or `anything`"},
    )
    deadline_hours: int = field(
        default=72,
        metadata={"doc": f"hours until a question runs out and nothing is done, 1 to {LONGEST_HOURS}"},
    )
    reject_days: int = field(
        default=30,
        metadata={"doc": "days for which a rejected resource is exempt, unless the person says otherwise"},
    )

    def __post_init__(self) -> None:
        if not 1 <= self.deadline_hours <= LONGEST_HOURS:
            raise ValueError(f"deadline_hours is 1 to {LONGEST_HOURS}, not {self.deadline_hours}")
        if not 1 <= self.reject_days <= 3650:
            raise ValueError(f"reject_days is 1 to 3650, not {self.reject_days}")

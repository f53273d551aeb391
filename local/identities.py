"""Who an access key belongs to: the account's owner, or a session of a role.

Sources: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html and
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.api import Answer

OWNER_KEY = "testing"
OWNER_SECRET = "testing"  # noqa: S105 - the key is as public as this file
OWNER_NAME = "owner"


@dataclass(frozen=True)
class Identity:
    """A caller and the key it signs with. `role_arn` is None for the owner, `token` too."""

    account_id: str
    arn: str
    user_id: str
    access_key: str
    secret: str
    token: str | None = None
    role_arn: str | None = None

    @property
    def credentials(self) -> dict[str, str]:
        """The key as STS answers it: AccessKeyId, SecretAccessKey and, for a role, SessionToken."""
        pair = {"AccessKeyId": self.access_key, "SecretAccessKey": self.secret}
        return pair if self.token is None else {**pair, "SessionToken": self.token}


def owner(account_id: str) -> Identity:
    """The account's owner: an IAM user who may do everything."""
    return user(account_id, OWNER_NAME, OWNER_KEY)


def user(account_id: str, name: str, access_key: str = "") -> Identity:
    """An IAM user who may do as much as the owner, and whom CloudTrail tells apart."""
    arn = f"arn:aws:iam::{account_id}:user/{name}"
    return Identity(account_id, arn, f"AIDA{_unique(arn)}", access_key or f"AKIA{_unique(arn)}", OWNER_SECRET)


def session(account_id: str, role_arn: str, name: str, credentials: Mapping[str, Any]) -> Identity:
    """A session of a role. Its ARN leaves out the role's path, as on AWS."""
    arn = f"arn:aws:sts::{account_id}:assumed-role/{role_arn.rsplit('/', 1)[-1]}/{name}"
    return Identity(
        account_id,
        arn,
        f"AROA{_unique(role_arn)}:{name}",
        credentials["AccessKeyId"],
        credentials["SecretAccessKey"],
        credentials["SessionToken"],
        role_arn,
    )


def caller_identity(identity: Identity) -> Answer:
    """The answer of GetCallerIdentity."""
    text = (
        '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
        f"<Arn>{identity.arn}</Arn><UserId>{identity.user_id}</UserId><Account>{identity.account_id}</Account>"
        "</GetCallerIdentityResult><ResponseMetadata><RequestId>local</RequestId></ResponseMetadata>"
        "</GetCallerIdentityResponse>"
    )
    return Answer(200, {"Content-Type": "text/xml"}, text.encode())


def _unique(arn: str) -> str:
    """What follows the prefix of an IAM unique id; the same on every run."""
    return hashlib.sha256(arn.encode()).hexdigest()[:17].upper()

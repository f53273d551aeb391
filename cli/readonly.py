"""Keeps the plan's clients from changing anything, whatever the code above them does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cli import trouble
from functions.core.clients import Clients
from functions.core.iam_actions import action_of, reads
from functions.core.spec import Permission
from functions.core.types import Refused

OWN_READS = frozenset(
    {
        "sts.GetCallerIdentity",
        "ssm.GetParameter",
        "cloudtrail.DescribeTrails",
        "cloudtrail.GetTrailStatus",
        "dynamodb.BatchGetItem",
        "dynamodb.Query",
        "secretsmanager.DescribeSecret",
    }
)
"""What the command itself reads."""
SIGNING_IN = frozenset(
    {
        "sts.AssumeRole",
        "sts.AssumeRoleWithSAML",
        "sts.AssumeRoleWithWebIdentity",
        "sso.GetRoleCredentials",
        "sso-oidc.CreateToken",
        "signin.CreateOAuth2Token",
    }
)
"""What the SDK calls to get credentials for a profile; these change nothing in the account."""


def declared_reads(granted: Iterable[Permission]) -> frozenset[str]:
    """The IAM actions by which guardrails read, of all that they are granted."""
    return frozenset(action for grant in granted for action in grant.actions if reads(action))


class ReadOnly:
    """A watch over every client made after it: lets reads through, notes what AWS refused, stops all else.

    `answered` and `denied` hold the IAM actions of calls that AWS answered or did not allow.
    """

    def __init__(self, clients: Clients, granted: Iterable[Permission]) -> None:
        self._reads = declared_reads(granted)
        self.answered: set[str] = set()
        self.denied: set[str] = set()
        # Clients copy the session's handlers when they are made, so this must come before the first.
        clients.session.register("before-call", self._check)
        clients.session.register("after-call", self._note)

    def _check(self, model: Any, **_: Any) -> None:
        call = f"{model.service_model.service_name}.{model.name}"
        if call not in OWN_READS and call not in SIGNING_IN and _action(model) not in self._reads:
            raise Refused(f"a plan only reads, and {call} is not one of its reads; nothing was sent")

    def _note(self, model: Any, parsed: Mapping[str, Any], **_: Any) -> None:
        code = parsed.get("Error", {}).get("Code", "")
        if code in trouble.DENIED:
            self.denied.add(_action(model))
        elif not code:
            self.answered.add(_action(model))


def _action(model: Any) -> str:
    return action_of(model.service_model.service_name, model.name)

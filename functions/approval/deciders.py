"""Pure: who may decide a request, and what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from functions.approval.spec import ApprovalSettings
from functions.core.requests import How, Item, Request

LINK_HOLDER = "link holder"


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody who answers: a caller's ARN, a Slack user's id, or whoever holds a link."""

    by: str
    how: How


def refusal(who: Decider, settings: ApprovalSettings, request: Request) -> str:
    """Why they may not answer the request at all, or ""."""
    if who.how == "link":
        return ""
    if who.how == "slack":
        return "" if who.by in settings.approvers.slack else f"{who.by} is not among approvers.slack of the policy"
    if request.requester and who.by == request.requester:
        return f"{who.by} started the run that asks; somebody else has to decide"
    if any(covers(approver, who.by) for approver in settings.approvers.iam):
        return ""
    return f"{who.by} is not among approvers.iam of the policy"


def too_much(who: Decider, settings: ApprovalSettings, items: Iterable[Item]) -> str:
    """What of the items they may not approve, or "": a link may approve only what can be undone, by default."""
    if who.how != "link" or settings.links_may == "anything":
        return ""
    lasting = [one.name for one in items if one.irreversible]
    if not lasting:
        return ""
    return f"a link may not approve what cannot be undone ({len(lasting)} of the chosen actions)"


def covers(approver: str, caller: str) -> bool:
    """Whether an approver of the policy is the caller, whose ARN names a session where it is a role.

    A session's ARN lacks the role's path, so a role is compared by account and name.
    Source: IAM user guide, "IAM identifiers".
    """
    if approver == caller:
        return True
    kind, account, role = _role(approver)
    called, caller_account, caller_role = _role(caller)
    return kind == "role" and called == "session" and (account, role) == (caller_account, caller_role)


def _role(arn: str) -> tuple[str, str, str]:
    parts = arn.split(":", 5)
    if len(parts) < 6:
        return "", "", ""
    account, resource = parts[4], parts[5]
    if resource.startswith("role/"):
        return "role", account, resource.rsplit("/", 1)[-1]
    if resource.startswith("assumed-role/") and resource.count("/") >= 2:
        return "session", account, resource.split("/")[1]
    return "", account, ""

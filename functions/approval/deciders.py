"""Pure: who may decide a request, and what."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from functions.approval.spec import ApprovalSettings
from functions.core.items import Item
from functions.core.requests import How, Request

LINK_HOLDER = "link holder"


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody who answers: a caller's ARN, a Slack user's id, or whoever holds a link."""

    by: str
    how: How


def refusal(who: Decider, settings: ApprovalSettings, request: Request, what: str = "approve") -> str:
    """Why they may not approve, reject or undo it ("approve", "reject", "undo"), or ""."""
    if what == "approve" and request.requester:
        mine = _own_run(who, settings, request.requester)
        if mine:
            return mine
    if who.how == "link":
        return ""
    if who.how == "slack":
        return "" if who.by in settings.approvers.slack else f"{who.by} is not among approvers.slack of the policy"
    if any(covers(approver, who.by) for approver in settings.approvers.iam):
        return ""
    return f"{who.by} is not among approvers.iam of the policy"


def _own_run(who: Decider, settings: ApprovalSettings, requester: str) -> str:
    """Why they may not approve what a person's run asks: it might be their own.

    A session's name is often the caller's choice, so sessions of one role are the same person, unless the policy
    names this very session. Links and Slack say nothing about the IAM principal behind them.
    """
    if who.how in ("link", "slack"):
        return f"{requester} started the run that asks: approve it by command, where it is known who does"
    same_role = _role(who.by)[0] == "session" and _role(who.by) == _role(requester)
    if who.by == requester or (same_role and who.by not in settings.approvers.iam):
        return f"{requester} started the run that asks; somebody else has to approve"
    return ""


def too_much(who: Decider, settings: ApprovalSettings, items: Iterable[Item]) -> str:
    """What of the items they may not approve, or "".

    By default a link may approve only what can be undone, and nothing beyond the guardrail's cap. What takes a person
    known by name it may never approve, whatever the policy says.
    """
    if who.how != "link":
        return ""
    some = list(items)
    named = sum(one.named for one in some)
    if named:
        return f"a link identifies nobody: approve it by command or in Slack ({named} of the chosen changes)"
    if settings.links_may == "anything":
        return ""
    lasting = sum(bool(one.irreversible) for one in some)
    if lasting:
        return f"a link may not approve what cannot be undone ({lasting} of the chosen changes)"
    beyond = sum(one.beyond_cap for one in some)
    return f"a link may not approve what is beyond the cap ({beyond} of the chosen changes)" if beyond else ""


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

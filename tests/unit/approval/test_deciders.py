"""Who may decide."""

from __future__ import annotations

from dataclasses import replace

import pytest

from functions.approval.deciders import LINK_HOLDER, Decider, covers, refusal, too_much
from functions.approval.spec import ApprovalSettings, Approvers
from functions.core.gates import CAP_USED_UP
from functions.core.items import Item
from functions.core.requests import Request
from functions.core.types import Json

ROLE = "arn:aws:iam::123456789012:role/platform"
SSO = "arn:aws:iam::123456789012:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0a1b2c3d"
ADA = "arn:aws:sts::123456789012:assumed-role/platform/ada@example.com"
BOB = "arn:aws:sts::123456789012:assumed-role/platform/bob@example.com"
USER = "arn:aws:iam::123456789012:user/eve"
SETTINGS = ApprovalSettings(approvers=Approvers(iam=(ROLE,), slack=("U012AB3CD",)))


def request(requester: str = "") -> Request:
    return Request("id", "lamps", "approve", "asked", "", 72, "", requester=requester)


def item(irreversible: str) -> Item:
    action: dict[str, Json] = {"kind": "switch", "parameters": {}, "prior": {}, "irreversible": irreversible}
    return Item("1", "id", {"name": "hall", "resource": "hall", "saving": 0.0, "plan": "", "action": action}, "")


@pytest.mark.parametrize(
    ("approver", "caller", "is_covered"),
    [
        (ROLE, ADA, True),
        (SSO, "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0a1b2c3d/ada", True),
        (ADA, ADA, True),
        (ADA, BOB, False),
        (USER, USER, True),
        (ROLE, "arn:aws:sts::210987654321:assumed-role/platform/ada", False),
        (ROLE, "arn:aws:sts::123456789012:assumed-role/platform-2/ada", False),
        (ROLE, "arn:aws:sts::123456789012:federated-user/platform", False),
        (ROLE, "arn:aws:iam::123456789012:user/platform", False),
        (ROLE, "", False),
    ],
)
def test_an_approver_is_a_role_a_session_or_a_user(approver: str, caller: str, is_covered: bool) -> None:
    assert covers(approver, caller) is is_covered


def test_nobody_may_approve_his_own_run() -> None:
    assert refusal(Decider(ADA, "iam"), SETTINGS, request()) == ""
    assert "somebody else has to approve" in refusal(Decider(ADA, "iam"), SETTINGS, request(requester=ADA))
    assert refusal(Decider(ADA, "iam"), SETTINGS, request(requester=ADA), "reject") == ""
    assert refusal(Decider(ADA, "iam"), SETTINGS, request(requester=USER)) == ""


def test_another_session_of_the_same_role_is_the_same_person_unless_the_policy_names_it() -> None:
    anything = ADA.replace("ada@example.com", "anything")
    assert "somebody else" in refusal(Decider(anything, "iam"), SETTINGS, request(requester=ADA))
    named = ApprovalSettings(approvers=Approvers(iam=(ROLE, BOB)))
    assert refusal(Decider(BOB, "iam"), named, request(requester=ADA)) == ""


@pytest.mark.parametrize("who", [Decider(LINK_HOLDER, "link"), Decider("U012AB3CD", "slack")])
def test_what_names_no_principal_approves_nobodys_run_but_may_reject_it(who: Decider) -> None:
    assert "by command" in refusal(who, SETTINGS, request(requester=ADA))
    assert refusal(who, SETTINGS, request(requester=ADA), "reject") == ""


def test_who_is_no_approver_may_not_decide() -> None:
    assert "not among approvers.iam" in refusal(Decider(USER, "iam"), SETTINGS, request())
    assert "not among approvers.slack" in refusal(Decider("U999", "slack"), SETTINGS, request())
    assert refusal(Decider("U012AB3CD", "slack"), SETTINGS, request()) == ""
    assert "not among" in refusal(Decider(ADA, "iam"), ApprovalSettings(), request())


def test_a_link_approves_by_default_only_what_can_be_undone() -> None:
    holder = Decider(LINK_HOLDER, "link")
    lasting, back = item("it is gone"), item("")
    assert too_much(holder, SETTINGS, [back]) == ""
    assert "cannot be undone" in too_much(holder, SETTINGS, [back, lasting])
    assert "beyond the cap" in too_much(holder, SETTINGS, [replace(back, why=CAP_USED_UP)])
    assert too_much(holder, ApprovalSettings(links_may="anything"), [lasting]) == ""
    assert too_much(Decider(ADA, "iam"), SETTINGS, [lasting]) == ""


@pytest.mark.parametrize("settings", [SETTINGS, ApprovalSettings(links_may="anything")], ids=["reversible", "anything"])
def test_a_link_approves_nothing_that_takes_a_person_known_by_name(settings: ApprovalSettings) -> None:
    back = item("")
    named = replace(back, entry={**back.entry, "named": True})
    assert too_much(Decider(LINK_HOLDER, "link"), settings, [back, named]) == (
        "a link identifies nobody: approve it by command or in Slack (1 of the chosen changes)"
    )
    assert too_much(Decider(LINK_HOLDER, "link"), settings, [back]) == ""
    for who in (Decider(ADA, "iam"), Decider("U012AB3CD", "slack")):
        assert too_much(who, settings, [named]) == ""


@pytest.mark.parametrize("arn", ["platform", "*", "arn:aws:iam::123456789012:role/*", "arn:aws:iam::*:role/platform"])
def test_an_approver_that_is_no_exact_principal_is_refused(arn: str) -> None:
    with pytest.raises(ValueError, match=r"approvers\.iam .*the ARN of a role"):
        Approvers(iam=(arn,))


@pytest.mark.parametrize("user", ["@ada", "ada", "u012ab3cd", "C012AB3CD"])
def test_a_slack_approver_is_a_member_id(user: str) -> None:
    with pytest.raises(ValueError, match="a Slack member id"):
        Approvers(slack=(user,))

"""Everyone sees what a person overrides: pause, resume, exempt, undo and wrong on the alerts topic."""

from __future__ import annotations

import pytest

from tests.cli.conftest import CALLER, Fusebox
from tests.contract.worlds import make_group, retentions

GROUP = "/aws/lambda/young"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{GROUP}"
OF = ("--guardrail", "log_retention")
WHY = ("--owner", "ann@example.com", "--reason", "legal hold")
SWITCHES = {
    "pause": (("pause", "--reason", "incident"), "incident", "fusebox resume --stack Fusebox"),
    "exempt": (
        ("exempt", GROUP, *OF, "--until", "30d", *WHY),
        "legal hold",
        f"fusebox exempt {ARN} --end --stack Fusebox",
    ),
}


@pytest.fixture
def deployed(fusebox: Fusebox) -> Fusebox:
    fusebox.deploy()
    return fusebox


@pytest.mark.parametrize("name", SWITCHES)
def test_a_switch_is_told_with_who_why_and_how_to_reverse_it(deployed: Fusebox, name: str) -> None:
    command, why, reverse = SWITCHES[name]
    assert deployed(*command).code == 0
    assert deployed(*command).code == 0
    first, second = deployed.notices
    assert (first["kind"], first["account"], first["region"]) == ("switch", "123456789012", "us-east-1")
    assert f"By {CALLER}." in first["notes"]
    assert f"Reason: {why}" in first["notes"]
    assert first["steps"][0]["command"] == reverse
    assert first["key"] != second["key"], "each act is a message of its own"


def test_a_resumption_is_told_where_there_was_a_pause(deployed: Fusebox) -> None:
    assert deployed("resume", "log_retention").code == 0
    assert deployed.notices == []
    deployed("pause", "log_retention")
    deployed("pause")
    deployed("resume", "log-retention", "--reason", "all clear")
    told = deployed.notices[-1]
    still = "log_retention, idle_gpu, asg_clamp, tag_check, llm_keys"
    assert told["title"] == f"log_retention: resumed, but still paused: {still}"
    assert told["steps"][0]["command"] == "fusebox pause log_retention --stack Fusebox"
    assert "Reason: all clear" in told["notes"]


def test_an_exemption_that_is_ended_is_told(deployed: Fusebox) -> None:
    deployed("exempt", GROUP, *OF, "--until", "30d", *WHY)
    assert deployed("exempt", GROUP, *OF, "--end").code == 0
    told = deployed.notices[-1]
    assert (told["mode"], told["title"]) == ("not exempt", f"log_retention: {ARN} is no longer exempt")


def test_an_undo_and_a_mark_are_told(deployed: Fusebox) -> None:
    make_group(GROUP)
    deployed.policy(mode="enforce")
    deployed("run", "log_retention", "--stack", "Fusebox")
    action = deployed.action_ids()[GROUP]
    assert deployed("undo", action, "--yes", "--reason", "kept for the audit").code == 0
    undone = deployed.notices[-1]
    assert (undone["kind"], undone["title"]) == ("undo", "log_retention: 1 turned back")
    assert f"Asked for by {CALLER}." in undone["notes"]
    (example,) = undone["groups"][0]["examples"]
    assert "kept for the audit" in example["reason"]
    assert undone["steps"][-1]["command"] == f"fusebox exempt {ARN} --end --stack Fusebox"
    assert deployed("wrong", action, "--reason", "a forensic group").code == 0
    marked = deployed.notices[-1]
    assert (marked["kind"], marked["mode"]) == ("switch", "enforce")
    assert f"marked as a false positive: {GROUP}" in marked["title"]
    before = len(deployed.notices)
    deployed("wrong", action, "--reason", "again")
    assert len(deployed.notices) == before, "nothing new was marked"


@pytest.mark.parametrize("name", SWITCHES)
def test_a_topic_that_cannot_be_reached_stops_no_switch(deployed: Fusebox, name: str) -> None:
    deployed.deny("Publish")
    ran = deployed(*SWITCHES[name][0])
    assert ran.code == 0
    assert "Nobody was told of it: the alerts topic was not reached (not allowed to call Publish" in ran.err


def test_an_undo_stands_though_nobody_can_be_told(deployed: Fusebox) -> None:
    make_group(GROUP)
    deployed.policy(mode="enforce")
    deployed("run", "log_retention", "--stack", "Fusebox")
    action = deployed.action_ids()[GROUP]
    deployed.deny("Publish")
    ran = deployed("undo", action, "--yes")
    assert ran.code == 0
    assert "Nobody was told of it" in ran.err
    assert retentions() == {GROUP: None}


def test_nobody_is_told_of_a_local_ledger(fusebox: Fusebox) -> None:
    fusebox("pause")
    assert "sns.Publish" not in fusebox.calls

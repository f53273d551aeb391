"""fusebox undo: one action turned back, and nothing else touched."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from functions.log_retention.aws import LogGroups
from tests.cli.conftest import Fusebox, Ran
from tests.contract.worlds import make_group, retentions

GROUP = "/aws/lambda/young"


def set_by_fusebox(fusebox: Fusebox, **settings: Any) -> str:
    """A run that changed the group; returns the id of its action."""
    fusebox.policy(mode="enforce", **settings)
    assert fusebox("run", "log_retention").code == 0
    return fusebox.action_ids()[GROUP]


def results(ran: Ran) -> list[tuple[str, str]]:
    return [(entry["kind"], entry.get("result", "")) for entry in ran.json["entries"]]


def test_what_was_set_is_taken_back_and_stays_so(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    ran = fusebox("undo", action, "--yes", "--reason", "kept for the audit")
    assert ran.code == 0
    assert retentions() == {GROUP: None}
    assert f"{GROUP}: days 30 → none" in ran.err
    assert "log data that expired meanwhile does not come back" in ran.err
    again = fusebox("run", "log_retention", "--json")
    assert again.json["counts"] == {"exempt": 1}
    assert retentions() == {GROUP: None}


def test_the_ledger_tells_the_whole_story(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    fusebox("undo", action, "--yes", "--reason", "kept for the audit")
    ran = fusebox("ledger", "show", action, "--json")
    assert results(ran) == [("intent", ""), ("outcome", "done"), ("undo", ""), ("outcome", "done")]
    undo = ran.json["entries"][2]
    assert undo["undoes"] == action
    assert undo["mode"] == "undo"
    assert undo["evidence"]["by"] == "arn:aws:sts::123456789012:user/moto"
    assert "kept for the audit" in undo["reason"]
    assert undo["action"]["parameters"] == {"days": None}


def test_it_asks_first_and_no_means_no(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    for answer in ("n\n", ""):
        ran = fusebox("undo", action, answer=answer)
        assert ran.code == 2
        assert "nothing was changed" in ran.err
    assert retentions() == {GROUP: 30}
    assert fusebox("undo", action, answer="y\n").code == 0
    assert retentions() == {GROUP: None}


def test_an_action_is_undone_once(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    fusebox("undo", action, "--yes")
    ran = fusebox("undo", action, "--yes")
    assert ran.code == 2
    assert f"{action} was already undone by" in ran.complaint
    undo = fusebox("ledger", "show", action, "--json").json["entries"][2]["action_id"]
    assert "is itself an undo" in fusebox("undo", undo, "--yes").complaint


def test_a_later_change_is_never_overwritten(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    boto3.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=400)
    ran = fusebox("undo", action, "--yes")
    assert ran.code == 2
    assert "was changed since" in ran.complaint
    assert "{'days': 400}" in ran.complaint
    assert retentions() == {GROUP: 400}
    assert fusebox("exemptions", "--json").json["exemptions"] == []


def test_a_change_while_the_question_stands_is_seen_too(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)

    def answer(*_: Any, **__: Any) -> bool:
        boto3.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=400)
        return True

    monkeypatch.setattr("typer.confirm", answer)
    assert "was changed since" in fusebox("undo", action).complaint
    assert retentions() == {GROUP: 400}


def test_what_was_never_done_cannot_be_undone(fusebox: Fusebox) -> None:
    make_group(GROUP)
    fusebox.policy(mode="enforce")
    fusebox.deny("PutRetentionPolicy")
    fusebox("run", "log_retention")
    fusebox.denied.clear()
    ran = fusebox("undo", fusebox.action_ids()[GROUP], "--yes")
    assert ran.code == 2
    assert "changed nothing (failed: " in ran.complaint


def test_a_group_that_is_gone_cannot_be_restored(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    boto3.client("logs").delete_log_group(logGroupName=GROUP)
    assert "no longer exists" in fusebox("undo", action, "--yes").complaint


def test_an_undo_that_shortens_can_itself_delete_data(fusebox: Fusebox) -> None:
    make_group(GROUP, days=7)
    action = set_by_fusebox(fusebox, existing="lengthen")
    assert retentions() == {GROUP: 30}
    ran = fusebox("undo", action, "--yes")
    assert ran.code == 2
    assert "taking days back from 30 to 7 deletes" in ran.complaint
    assert fusebox("undo", action, answer="y\nn\n").code == 2
    assert retentions() == {GROUP: 30}
    assert fusebox("undo", action, "--yes", "--irreversible").code == 0
    assert retentions() == {GROUP: 7}


def test_the_undo_of_a_shortening_asks_no_second_time(fusebox: Fusebox) -> None:
    make_group(GROUP, days=90)
    action = set_by_fusebox(fusebox, existing="set", allow_irreversible=True)
    assert fusebox("undo", action, answer="y\n").code == 0
    assert retentions() == {GROUP: 90}


def test_an_undo_that_fails_says_so_and_may_be_tried_again(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    fusebox.deny("DeleteRetentionPolicy")
    ran = fusebox("undo", action, "--yes", "--json")
    assert ran.code == 1
    assert ran.json["result"] == "failed"
    fusebox.denied.clear()
    assert fusebox("undo", action, "--yes").code == 0
    assert retentions() == {GROUP: None}


def test_an_undo_works_while_everything_is_paused(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    fusebox("pause", "--reason", "incident")
    assert fusebox("undo", action, "--yes").code == 0
    assert retentions() == {GROUP: None}


def test_a_longer_exemption_is_kept(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    given = ("--guardrail", "log_retention", "--owner", "ann@example.com", "--reason", "legal hold")
    fusebox("exempt", GROUP, "--until", "2999-01-01", *given)
    fusebox("undo", action, "--yes", "--exempt-days", "1")
    (one,) = fusebox("exemptions", "--json").json["exemptions"]
    assert (one["owner"], one["until"]) == ("ann@example.com", "2999-01-02T00:00:00+00:00")


def test_the_beginning_of_an_id_is_enough_where_it_names_one_action(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    assert fusebox("undo", action.partition(".")[0], "--yes").code == 0


def test_ids_that_name_no_action_or_several_are_refused(fusebox: Fusebox) -> None:
    make_group(GROUP)
    make_group("/aws/lambda/second")
    action = set_by_fusebox(fusebox)
    assert "names 2 actions" in fusebox("undo", action.partition(".")[0], "--yes").complaint
    assert "holds no action" in fusebox("undo", f"{action}0", "--yes").complaint
    assert "is no ledger id" in fusebox("undo", "yesterday", "--yes").complaint


def test_beside_a_deployed_fusebox_an_undo_looks_into_its_table_unless_another_is_named(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    fusebox.deploy()
    ran = fusebox("undo", action, "--yes")
    assert "holds no action" in ran.complaint
    assert "Working on stack Fusebox (table fusebox), which is deployed here" in ran.err
    file = fusebox.folder / "state" / "fusebox" / "123456789012-us-east-1.sqlite3"
    assert fusebox("undo", action, "--yes", "--ledger", str(file)).code == 0
    assert retentions() == {GROUP: None}


def test_an_undo_in_the_table_of_a_stack(fusebox: Fusebox) -> None:
    fusebox.deploy()
    make_group(GROUP)
    fusebox.policy(mode="enforce")
    fusebox("run", "log_retention", "--stack", "Fusebox")
    action = fusebox.action_ids("--stack", "Fusebox")[GROUP]
    assert fusebox("undo", action, "--yes").code == 0
    assert retentions() == {GROUP: None}
    assert fusebox("run", "log_retention", "--stack", "Fusebox", "--json").json["counts"] == {"exempt": 1}


def both(fusebox: Fusebox) -> list[str]:
    """The ids of the actions on the group, the first first."""
    entries = fusebox("ledger", "--last", "0", "--json").json["entries"]
    return [entry["action_id"] for entry in entries if entry["kind"] == "intent"]


@pytest.fixture
def acted_twice(fusebox: Fusebox) -> tuple[Fusebox, str, str]:
    """A person's change between two actions that set the same value."""
    make_group(GROUP)
    set_by_fusebox(fusebox)
    boto3.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=14)
    fusebox.policy(mode="enforce", existing="lengthen")
    fusebox("run", "log_retention")
    first, second = both(fusebox)
    return fusebox, first, second


def test_an_older_action_is_not_undone_over_a_later_one(acted_twice: tuple[Fusebox, str, str]) -> None:
    fusebox, first, second = acted_twice
    ran = fusebox("undo", first, "--yes", "--irreversible")
    assert ran.code == 2
    assert f"a later action {second} changed it" in ran.complaint
    assert retentions() == {GROUP: 30}
    assert fusebox("undo", second, "--yes", "--irreversible").code == 0
    assert retentions() == {GROUP: 14}


def test_the_undo_of_a_later_action_stands_in_the_way_too(acted_twice: tuple[Fusebox, str, str]) -> None:
    fusebox, first, second = acted_twice
    fusebox("undo", second, "--yes", "--irreversible")
    boto3.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=30)
    assert "a later action" in fusebox("undo", first, "--yes", "--irreversible").complaint
    assert retentions() == {GROUP: 30}


def test_a_later_action_that_is_under_way_stands_in_the_way(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    boto3.client("logs").delete_retention_policy(logGroupName=GROUP)

    def crash(account: LogGroups, facts: Any, change: Any) -> None:
        boto3.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=30)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LogGroups, "act", crash)
        fusebox("run", "log_retention")
    ran = fusebox("undo", action, "--yes")
    assert ran.code == 2
    assert "which has no outcome yet" in ran.complaint
    assert retentions() == {GROUP: 30}


def test_a_later_action_that_changed_nothing_does_not_count(fusebox: Fusebox) -> None:
    make_group(GROUP)
    action = set_by_fusebox(fusebox)
    logs = boto3.client("logs")
    logs.delete_retention_policy(logGroupName=GROUP)
    fusebox.deny("PutRetentionPolicy")
    fusebox("run", "log_retention")
    fusebox.denied.clear()
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=30)
    assert fusebox("undo", action, "--yes").code == 0


def test_a_successor_of_the_same_name_is_left_alone(fusebox: Fusebox) -> None:
    make_group(GROUP, age_days=1)
    action = set_by_fusebox(fusebox)
    boto3.client("logs").delete_log_group(logGroupName=GROUP)
    make_group(GROUP, days=30)
    ran = fusebox("undo", action, "--yes")
    assert ran.code == 2
    assert "was deleted and made anew since" in ran.complaint
    assert retentions() == {GROUP: 30}


def test_whose_change_a_crash_left_is_not_certain(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    make_group(GROUP)
    fusebox.policy(mode="enforce")
    act = LogGroups.act

    def crash(account: LogGroups, facts: Any, change: Any) -> None:
        act(account, facts, change)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(LogGroups, "act", crash)
        fusebox("run", "log_retention")
    monkeypatch.setattr("cli.session.now", lambda: datetime.now(UTC) + timedelta(minutes=30))
    fusebox("run", "log_retention")
    (action,) = both(fusebox)
    ran = fusebox("undo", action, "--yes")
    assert ran.code == 2
    assert "not certain who made the change" in ran.complaint
    assert "add --uncertain" in ran.complaint
    assert fusebox("undo", action, answer="y\nn\n").code == 2
    assert retentions() == {GROUP: 30}
    assert fusebox("undo", action, "--yes", "--uncertain").code == 0
    assert retentions() == {GROUP: None}

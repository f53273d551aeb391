"""fusebox run: the engine from a shell, with nothing deployed."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from functions.log_retention.aws import LogGroups
from tests.cli.conftest import Fusebox
from tests.contract.worlds import make_group, retentions


def test_observing_reports_and_changes_nothing(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy()
    ran = fusebox("run", "log_retention")
    assert ran.code == 0
    assert "Mode:      observe\nAccount:   123456789012\nRegion:    us-east-1\n" in ran.out
    assert "1 would be changed (observe mode)" in ran.out
    assert fusebox.writes == []
    assert retentions() == {"/aws/lambda/young": None}
    assert fusebox.files == ["123456789012-us-east-1.sqlite3"]


def test_enforcing_sets_young_groups_and_asks_about_old_ones_with_data(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young", stored_bytes=10**9)
    make_group("/old/and/empty", age_days=900)
    make_group("/old/with/data", age_days=1100, stored_bytes=5 * 10**9)
    fusebox.policy(mode="enforce")
    ran = fusebox("run", "log_retention")
    assert ran.code == 0
    assert retentions() == {"/aws/lambda/young": 30, "/old/and/empty": 30, "/old/with/data": None}
    assert "2 done" in ran.out
    assert "1 waiting for approval" in ran.out
    assert "it is 1100 days old and holds 5.0 GB" in ran.out


def test_a_second_run_has_nothing_to_do(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy(mode="enforce")
    fusebox("run", "log_retention")
    ran = fusebox("run", "log_retention", "--json")
    assert ran.code == 0
    assert ran.json["counts"] == {"left": 1}
    assert fusebox.writes == []


def test_the_mode_on_the_command_line_takes_the_place_of_the_policys(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy(mode="enforce")
    ran = fusebox("run", "log-retention", "--mode", "approve", "--json")
    assert (ran.json["mode"], ran.json["account"], ran.json["region"]) == ("approve", "123456789012", "us-east-1")
    assert ran.json["counts"] == {"needs_approval": 1}
    assert retentions() == {"/aws/lambda/young": None}


def test_one_group_that_fails_stops_no_other_and_the_run_says_partial(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy(mode="enforce")
    fusebox.deny("PutRetentionPolicy")
    ran = fusebox("run", "log_retention")
    assert ran.code == 1
    assert "1 FAILED" in ran.out
    assert "AccessDeniedException" in ran.out


def test_without_permission_to_list_nothing_is_done(fusebox: Fusebox) -> None:
    fusebox.policy(mode="enforce")
    fusebox.deny("DescribeLogGroups")
    ran = fusebox("run", "log_retention")
    assert ran.code == 2
    assert "not allowed to call DescribeLogGroups" in ran.complaint
    fusebox.denied.clear()
    assert fusebox("run", "log_retention").code == 0, "the failed run gave its lease back"


def test_it_refuses_to_act_beside_a_deployed_fusebox(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy(mode="enforce")
    fusebox.lease()
    ran = fusebox("run", "log_retention")
    assert ran.code == 2
    assert "name it with --stack Fusebox" in ran.complaint
    assert fusebox("run", "log_retention", "--ledger", "mine.sqlite3").code == 2
    assert fusebox("run", "log_retention", "--mode", "observe").code == 0
    assert retentions() == {"/aws/lambda/young": None}


@pytest.mark.parametrize("trouble", ["denied", "nonsense"])
def test_it_refuses_to_act_where_it_cannot_tell_whether_a_fusebox_is_deployed(fusebox: Fusebox, trouble: str) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy(mode="enforce")
    if trouble == "denied":
        fusebox.deny("GetParameter")
    else:
        fusebox.lease("[]")
    ran = fusebox("run", "log_retention")
    assert ran.code == 2
    assert ran.complaint
    assert retentions() == {"/aws/lambda/young": None}


def test_with_a_stack_it_works_on_the_deployed_table_and_tells_the_alerts_topic(fusebox: Fusebox) -> None:
    fusebox.deploy()
    make_group("/aws/lambda/young")
    make_group("/aws/lambda/fusebox-us-east-1-log-retention")
    fusebox.policy(mode="enforce")
    ran = fusebox("run", "log_retention", "--stack", "Fusebox", "--json")
    assert ran.code == 0
    assert ran.json["counts"] == {"done": 1, "reported": 1}
    assert "sns.Publish" in fusebox.calls
    assert fusebox.files == []
    assert boto3.client("dynamodb").scan(TableName="fusebox")["Count"] > 0
    assert "/aws/lambda/young" in fusebox.action_ids("--stack", "Fusebox")


def test_beside_a_deployed_fusebox_it_does_not_act_by_defaults(fusebox: Fusebox) -> None:
    fusebox.deploy()
    make_group("/aws/lambda/young")
    for mode in ("approve", "enforce"):
        ran = fusebox("run", "log_retention", "--mode", mode, "--stack", "Fusebox")
        assert ran.code == 2
        assert "--policy FILE" in ran.complaint
        assert fusebox.calls == []
    assert fusebox("run", "log_retention", "--stack", "Fusebox").code == 0
    assert retentions() == {"/aws/lambda/young": None}


def test_an_alerts_topic_that_cannot_be_told_makes_the_run_partial(fusebox: Fusebox) -> None:
    fusebox.deploy()
    make_group("/aws/lambda/young")
    fusebox.policy(mode="enforce")
    fusebox.deny("Publish")
    ran = fusebox("run", "log_retention", "--stack", "Fusebox")
    assert ran.code == 1
    assert "the alerts topic was not told: not allowed to call Publish" in ran.out


def test_the_ledger_may_be_any_file(fusebox: Fusebox) -> None:
    make_group("/aws/lambda/young")
    fusebox.policy(mode="enforce")
    fusebox("run", "log_retention", "--ledger", "here/mine.sqlite3")
    assert (fusebox.folder / "here" / "mine.sqlite3").exists()
    assert fusebox.files == []
    assert list(fusebox.action_ids("--ledger", "here/mine.sqlite3")) == ["/aws/lambda/young"]


def before_each_page_but_the_first(monkeypatch: pytest.MonkeyPatch, happening: Callable[[], None]) -> None:
    """Lets something happen once the first page has been worked on."""
    pages = LogGroups.pages

    def interrupted(self: LogGroups, cursor: str) -> Iterator[Any]:
        for number, page in enumerate(pages(self, cursor)):
            if number:
                happening()
            yield page

    monkeypatch.setattr(LogGroups, "pages", interrupted)


def test_trouble_halfway_keeps_what_was_done_and_says_so(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        make_group(f"/aws/lambda/{number:03}")
    fusebox.policy(mode="enforce")

    def fail() -> None:
        raise EndpointConnectionError(endpoint_url="http://logs.example.com")

    with monkeypatch.context() as patched:
        before_each_page_but_the_first(patched, fail)
        ran = fusebox("run", "log_retention")
    assert ran.code == 1
    assert "50 done" in ran.out
    assert "stopped by trouble after 50 resources" in ran.out
    assert fusebox("run", "log_retention", "--json").json["counts"] == {"left": 50, "done": 10}


def test_asked_to_stop_it_finishes_the_action_and_gives_its_lease_back(
    fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(120):
        make_group(f"/aws/lambda/{number:03}")
    fusebox.policy(mode="enforce")
    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patched:
        before_each_page_but_the_first(patched, lambda: signal.raise_signal(signal.SIGINT))
        ran = fusebox("run", "log_retention")
    assert ran.code == 1
    assert "stopped on request after 51 resources" in ran.out
    assert signal.getsignal(signal.SIGINT) is before
    assert fusebox("run", "log_retention", "--json").json["counts"] == {"left": 51, "done": 69}

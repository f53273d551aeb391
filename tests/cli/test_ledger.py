"""fusebox ledger: what was found, done and asked."""

from __future__ import annotations

import gc

import pytest

from functions.core.sqlite_table import SqliteTable
from tests.cli.conftest import Fusebox
from tests.contract.worlds import make_group


@pytest.fixture
def enforced(fusebox: Fusebox) -> Fusebox:
    """After a run that set one group and asked about another."""
    make_group("/aws/lambda/young")
    make_group("/legacy/orders", age_days=1100, stored_bytes=5 * 10**9)
    fusebox.policy(mode="enforce")
    fusebox("run", "log_retention")
    return fusebox


def test_an_action_is_one_row_with_its_result(enforced: Fusebox) -> None:
    ran = enforced("ledger")
    rows = [line.split() for line in ran.out.splitlines() if "log_retention" in line]
    assert len(rows) == 3
    assert any("done" in row and "/aws/lambda/young" in row for row in rows)
    assert any("needs_approval" in row and "/legacy/orders" in row for row in rows)
    assert any("asks about 1, 1 for good" in " ".join(row) and "asked" in row for row in rows)
    assert "days none → 30" in ran.out
    assert "account 123456789012 · Region us-east-1" in ran.err


@pytest.mark.parametrize("name", ["/legacy/orders", "arn:aws:logs:us-east-1:123456789012:log-group:/legacy/orders"])
def test_the_history_of_one_resource(enforced: Fusebox, name: str) -> None:
    entries = enforced("ledger", "--resource", name, "--json").json["entries"]
    assert [(entry["name"], entry["result"]) for entry in entries] == [("/legacy/orders", "needs_approval")]


def test_the_entries_of_one_run(enforced: Fusebox) -> None:
    run = next(iter(enforced.action_ids().values())).partition(".")[0]
    ran = enforced("ledger", "--run", run, "--json")
    assert [entry["kind"] for entry in ran.json["entries"]] == ["finding", "intent", "outcome", "question"]
    assert "No entries." in enforced("ledger", "--run", "20260101T000000-abcdef").out


def test_an_action_in_full(enforced: Fusebox) -> None:
    ran = enforced("ledger", "show", enforced.action_ids()["/aws/lambda/young"])
    assert "intent at" in ran.out
    assert '"prior": {"days": null}' in ran.out
    assert "outcome at" in ran.out


def test_a_finding_in_full(enforced: Fusebox) -> None:
    findings = [one for one in enforced("ledger", "--json").json["entries"] if one["kind"] == "finding"]
    identity = findings[0]["finding_id"]
    assert identity in enforced("ledger").out
    ran = enforced("ledger", "show", identity)
    assert "finding at" in ran.out
    assert "never_expires" in ran.out
    assert enforced("ledger", "show", identity, "--json").json["entries"] == findings


def test_a_request_in_full(enforced: Fusebox) -> None:
    (request,) = enforced.requests()
    ran = enforced("ledger", "show", request)
    assert f"Request {request}: log_retention (enforce mode) asks for 1 change" in ran.out
    assert "it is 1100 days old and holds 5.0 GB" in ran.out
    assert "question at" in ran.out
    found = enforced("ledger", "show", request, "--json").json
    assert (found["request"]["status"], found["items"][0]["name"]) == ("asked", "/legacy/orders")
    assert {"token", "nonce"} & set(found["request"]) == set()


def test_one_entry_is_seen_with_show(enforced: Fusebox) -> None:
    action = enforced.action_ids()["/aws/lambda/young"]
    ran = enforced("ledger", action)
    assert ran.code == 2
    assert f"to see one: fusebox ledger show {action}" in ran.complaint
    assert "options come after the subcommand" in enforced("ledger", "--json", "show", action).complaint
    (request,) = enforced.requests()
    assert f"Request {request}" in enforced("ledger", "show", action[:8]).out
    enforced("reject", request, "--reason", "audit", "--yes")
    assert "names 2 entries, for example" in enforced("ledger", "show", action[:8]).complaint


def test_answers_can_be_chosen_by_their_result(enforced: Fusebox) -> None:
    (request,) = enforced.requests()
    enforced("reject", request, "--reason", "audit", "--yes")
    (entry,) = enforced("ledger", "--result", "rejected", "--json").json["entries"]
    assert (entry["kind"], entry["reason"]) == ("answer", "audit")
    assert "answer by user/moto, local" in enforced("ledger").out
    assert "allowed are left" in enforced("ledger", "--result", "odd").complaint


def test_beside_a_deployed_fusebox_its_table_is_read(enforced: Fusebox) -> None:
    enforced.deploy()
    ran = enforced("ledger")
    assert "No entries." in ran.out
    assert "Working on stack Fusebox (table fusebox), which is deployed here" in ran.err
    file = str(enforced.folder / "state" / "fusebox" / "123456789012-us-east-1.sqlite3")
    assert "/aws/lambda/young" in enforced("ledger", "--ledger", file).out
    enforced.deny("GetParameter")
    ran = enforced("ledger")
    assert "Cannot tell whether a Fusebox is deployed here, so the local ledger is read" in ran.err
    assert "/aws/lambda/young" in ran.out


def test_only_the_newest_are_shown_unless_all_are_wanted(enforced: Fusebox) -> None:
    assert "the newest 1 of 3; --last 0 shows all" in enforced("ledger", "--last", "1").err
    assert enforced("ledger", "--last", "1", "--json").json["left_out"] == 3
    assert enforced("ledger", "--last", "0", "--json").json["left_out"] == 0


@pytest.mark.parametrize(("since", "count"), [("24h", 4), ("7d", 4), ("2020-01-01", 4)])
def test_since(enforced: Fusebox, since: str, count: int) -> None:
    assert len(enforced("ledger", "--since", since, "--json").json["entries"]) == count


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--since", "soon"], "is no time: write 24h, 7d"),
        (["--since", "2999-01-01"], "is in the future"),
        (["--since", "0001-01-01T00:00+10:00"], "that is out of range"),
        (["--run", "x", "--resource", "y"], "give one of them"),
        (["--stack", "x", "--ledger", "y"], "give one of them"),
        (["--ledger", "nowhere.sqlite3"], "there is no ledger nowhere.sqlite3"),
        (["--resource", "arn:aws:iam::123456789012:role/x"], "is nothing Fusebox watches here"),
    ],
)
def test_questions_it_cannot_answer(enforced: Fusebox, arguments: list[str], said: str) -> None:
    ran = enforced("ledger", *arguments)
    assert ran.code == 2
    assert said in ran.complaint


def test_a_ledger_belongs_to_one_account_and_region(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    file = ("--ledger", "mine.sqlite3")
    fusebox.policy()
    assert fusebox("run", "log_retention", *file).code == 0
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    for command in (("ledger",), ("exemptions",), ("pause",), ("run", "log_retention"), ("undo", "20260101", "--yes")):
        ran = fusebox(*command, *file)
        assert ran.code == 2
        assert "mine.sqlite3 is the ledger of account 123456789012, Region us-east-1" in ran.complaint
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert fusebox("ledger", *file).code == 0


def test_reading_leaves_the_folder_as_it_was(enforced: Fusebox) -> None:
    folder = enforced.folder / "state" / "fusebox"
    enforced.only_instances()
    gc.collect()
    before = sorted(folder.iterdir())
    for command in (("plan",), ("ledger",), ("exemptions",)):
        assert enforced(*command).code == 0
        assert sorted(folder.iterdir()) == before
    SqliteTable(before[0])  # at work, or left so by a crash: the newest entries are beside the file
    assert "/aws/lambda/young" in enforced("ledger").out


def test_reading_makes_no_file(fusebox: Fusebox) -> None:
    assert "there is no ledger" in fusebox("ledger").complaint
    assert "there is no ledger" in fusebox("exemptions").complaint
    assert fusebox.files == []

"""fusebox approve, reject and requests with nothing deployed: a person's answer, carried out here."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError

from cli import session
from functions.core import approved
from functions.log_retention.aws import LogGroups
from tests.cli.conftest import CALLER, Fusebox
from tests.contract.worlds import make_group, retentions

YOUNG, OTHER, OLD = "/aws/lambda/young", "/aws/lambda/zebra", "/legacy/orders"
ANN = "arn:aws:sts::123456789012:assumed-role/FinOps/ann"
FINOPS = "arn:aws:iam::123456789012:role/FinOps"


def ask(fusebox: Fusebox, *names: str, **settings: Any) -> str:
    """A run in approve mode that asks about groups; returns the request's id."""
    for name in names:
        make_group(name)
    fusebox.policy(mode="approve", **settings)
    assert fusebox("run", "log_retention").code == 0
    (request,) = fusebox.requests()
    return request


@pytest.fixture
def asked(fusebox: Fusebox) -> str:
    """A request about two groups that are set for good by nobody."""
    return ask(fusebox, YOUNG, OTHER)


@pytest.fixture
def grave(fusebox: Fusebox) -> str:
    """A request of which one item deletes data."""
    make_group(OLD, age_days=1100, stored_bytes=5 * 10**9)
    return ask(fusebox, YOUNG)


def items(fusebox: Fusebox, request: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in fusebox("ledger", "show", request, "--json").json["items"]}


def after(monkeypatch: pytest.MonkeyPatch, span: timedelta) -> None:
    monkeypatch.setattr("cli.session.now", lambda: datetime.now(UTC) + span)


def as_somebody_else(monkeypatch: pytest.MonkeyPatch, arn: str) -> None:
    here = session.locate
    monkeypatch.setattr("cli.session.locate", lambda *given: replace(here(*given), caller=arn))


def test_a_run_says_what_it_asks_and_how_to_answer(fusebox: Fusebox) -> None:
    make_group(YOUNG)
    fusebox.policy(mode="approve")
    ran = fusebox("run", "log_retention", "--ledger", "mine.sqlite3")
    (request,) = fusebox.requests("--ledger", "mine.sqlite3")
    assert f"Request {request}: 1 change waits for an answer" in ran.out
    assert f"fusebox approve {request} --ledger mine.sqlite3" in ran.out
    assert f'fusebox reject {request} --reason "…" --ledger mine.sqlite3' in ran.out
    again = fusebox("run", "log_retention", "--ledger", "mine.sqlite3", "--json")
    assert [one["id"] for one in again.json["questions"]] == [request], "the same question stands"
    assert fusebox("approve", request, "--yes", "--ledger", "mine.sqlite3").code == 0
    assert retentions() == {YOUNG: 30}


def test_what_is_approved_is_done_and_everyone_can_see_by_whom(fusebox: Fusebox, asked: str) -> None:
    ran = fusebox("approve", asked, "--yes", "--reason", "agreed on Monday")
    assert ran.code == 0
    assert retentions() == {YOUNG: 30, OTHER: 30}
    assert f"Request {asked}: approved and done (answered by {CALLER}" in ran.out
    assert fusebox.requests() == {}
    found = fusebox("ledger", "show", asked, "--json").json
    assert [entry["kind"] for entry in found["entries"]] == ["question", "answer"]
    assert (found["entries"][1]["by"], found["entries"][1]["how"]) == (CALLER, "local")
    assert found["request"]["counts"] == {"done": 2}
    action = found["items"][0]["action_id"]
    intent = fusebox("ledger", "show", action, "--json").json["entries"][0]
    assert intent["warrant"] == {"request": asked, "approved_by": CALLER, "how": "local"}
    assert fusebox("undo", action, "--yes").code == 0
    assert sorted(one["result"] for one in items(fusebox, asked).values()) == ["done", "undone"]


def test_it_shows_what_is_asked_before_it_asks(fusebox: Fusebox, grave: str) -> None:
    ran = fusebox("approve", grave, answer="n\n")
    assert ran.code == 2
    assert f"Request {grave}: log_retention (approve mode) asks for 2 changes" in ran.out
    assert "1 of them cannot be undone" in ran.out
    assert ran.out.index(OLD) < ran.out.index(YOUNG), "what cannot be undone comes first"
    assert "days none → 30" in ran.out
    assert "approve · account 123456789012 · Region us-east-1" in ran.err
    assert "nothing was changed" in ran.err
    assert retentions() == {YOUNG: None, OLD: None}


def test_what_cannot_be_undone_is_a_question_of_its_own(fusebox: Fusebox, grave: str) -> None:
    assert "add --irreversible" in fusebox("approve", grave, "--yes").complaint
    ran = fusebox("approve", grave, answer="y\nn\n")
    assert "1 of these changes cannot be undone. Really?" in ran.err
    assert ran.code == 2
    assert fusebox("approve", grave, answer="").code == 2
    assert retentions() == {YOUNG: None, OLD: None}
    assert fusebox("approve", grave, "--yes", "--irreversible").code == 0
    assert retentions() == {YOUNG: 30, OLD: 30}


def test_some_items_are_approved_and_the_rest_is_left_alone(fusebox: Fusebox, grave: str) -> None:
    wanted = items(fusebox, grave)[YOUNG]["id"]
    ran = fusebox("approve", grave, "--only", wanted[:4], "--owner", "ann", "--days", "7", answer="y\n")
    assert ran.code == 0, "without the old group there is no second question"
    assert "Approve 1 change, and exempt the other 1?" in ran.err
    assert retentions() == {YOUNG: 30, OLD: None}
    (exemption,) = fusebox("exemptions", "--json").json["exemptions"]
    assert exemption["owner"] == "ann"
    assert datetime.fromisoformat(exemption["until"]) - datetime.now(UTC) == pytest.approx(
        timedelta(days=7), abs=timedelta(minutes=1)
    )
    assert items(fusebox, grave)[OLD]["result"] == ""


@pytest.mark.parametrize(
    ("only", "said"),
    [(["nothing"], "'nothing' is no item of request"), (["a,"], "is no item of request"), ([""], "is no item of")],
)
def test_items_that_are_none_of_it(fusebox: Fusebox, asked: str, only: list[str], said: str) -> None:
    ran = fusebox("approve", asked, "--yes", *[word for one in only for word in ("--only", one)])
    assert (ran.code, said in ran.complaint) == (2, True)
    assert retentions() == {YOUNG: None, OTHER: None}


def test_several_items_in_either_spelling(fusebox: Fusebox, asked: str) -> None:
    ids = [one["id"] for one in items(fusebox, asked).values()]
    assert fusebox("approve", asked, "--yes", "--only", ",".join(ids)).code == 0
    assert retentions() == {YOUNG: 30, OTHER: 30}


def test_a_rejection_leaves_the_resources_alone_until_the_named_end(fusebox: Fusebox, asked: str) -> None:
    assert "--reason missing" in fusebox("reject", asked, "--yes").complaint
    why = ("--reason", "audit", "--owner", "ann@example.com")
    assert "nobody answered" in fusebox("reject", asked, *why).complaint
    ran = fusebox("reject", asked, *why, "--until", "2999-12-31", answer="y\n")
    assert ran.code == 0
    assert f"Request {asked}: rejected (answered by {CALLER}" in ran.out
    rows = fusebox("exemptions", "--json").json["exemptions"]
    assert [(one["owner"], one["until"][:10]) for one in rows] == [("ann@example.com", "3000-01-01")] * 2
    assert fusebox("run", "log_retention", "--json").json["counts"] == {"exempt": 2}
    assert "takes no answer any more: rejected" in fusebox("approve", asked, "--yes").complaint
    assert retentions() == {YOUNG: None, OTHER: None}


def test_a_rejection_lasts_as_long_as_the_policy_says(fusebox: Fusebox) -> None:
    request = ask(fusebox, YOUNG, approval={"reject_days": 5})
    assert fusebox("reject", request[:12], "--reason", "audit", "--yes").code == 0
    (exemption,) = fusebox("exemptions", "--json").json["exemptions"]
    assert datetime.fromisoformat(exemption["until"]) < datetime.now(UTC) + timedelta(days=6)
    assert exemption["owner"] == CALLER


def test_ids_that_name_no_request_or_several(fusebox: Fusebox, asked: str) -> None:
    assert "there is no request 'x'; `fusebox requests` lists" in fusebox("approve", "x", "--yes").complaint
    assert "there is no request ''" in fusebox("approve", "", "--yes").complaint
    make_group("/third")
    fusebox("run", "log_retention")
    assert "names 2 open requests" in fusebox("approve", asked[:4], "--yes").complaint
    assert fusebox("approve", asked, "--yes").code == 0


def test_who_may_answer_where_the_policy_names_approvers(fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch) -> None:
    request = ask(fusebox, YOUNG, approval={"approvers": {"iam": [FINOPS]}})
    assert "started the run that asks; somebody else has to approve" in fusebox("approve", request, "--yes").complaint
    as_somebody_else(monkeypatch, "arn:aws:sts::123456789012:assumed-role/Dev/bob")
    for command in (("approve", request), ("reject", request, "--reason", "no")):
        assert "bob is not among approvers.iam of the policy" in fusebox(*command, "--yes").complaint
    as_somebody_else(monkeypatch, ANN)
    assert fusebox("approve", request, "--yes").code == 0
    assert retentions() == {YOUNG: 30}


def test_a_change_that_fails_is_told_with_exit_code_1(fusebox: Fusebox, asked: str) -> None:
    fusebox.deny("PutRetentionPolicy")
    ran = fusebox("approve", asked, "--yes")
    assert ran.code == 1
    assert "AccessDeniedException" in ran.out
    assert f"Request {asked}: failed" in ran.out


def test_what_has_changed_since_is_not_touched_but_asked_anew(fusebox: Fusebox) -> None:
    request = ask(fusebox, YOUNG)
    fusebox.policy(mode="approve", default_days=60)
    ran = fusebox("approve", request, "--yes")
    assert ran.code == 0
    assert "superseded" in ran.out
    assert f"Changed since, so asked anew: fusebox approve {request}-again1" in ran.out
    assert retentions() == {YOUNG: None}
    assert fusebox("approve", f"{request}-again1", "--yes").code == 0
    assert retentions() == {YOUNG: 60}


def test_the_command_lines_mode_holds_for_the_answer_too(fusebox: Fusebox) -> None:
    make_group(YOUNG)
    fusebox.policy(mode="observe")
    fusebox("run", "log_retention", "--mode", "approve")
    (request,) = fusebox.requests()
    assert fusebox("approve", request, "--yes").code == 0
    assert retentions() == {YOUNG: 30}


def test_an_answer_that_was_cut_off_is_gone_on_with(
    fusebox: Fusebox, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut_off(*_: Any, **__: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://logs.example.com")

    with monkeypatch.context() as patched:
        patched.setattr(approved, "act_on", cut_off)
        ran = fusebox("approve", asked, "--yes")
    assert ran.code == 2
    assert f"The answer is recorded. To go on: fusebox approve {asked}" in ran.err
    ran = fusebox("approve", asked)
    assert ran.code == 0, "it was answered already, so nothing is asked"
    assert retentions() == {YOUNG: 30, OTHER: 30}


def test_the_next_run_goes_on_with_it_as_well(fusebox: Fusebox, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    act = LogGroups.act

    def crash(account: LogGroups, facts: Any, change: Any) -> None:
        if facts.arn.endswith(OTHER):
            raise KeyboardInterrupt
        act(account, facts, change)

    with monkeypatch.context() as patched:
        patched.setattr(LogGroups, "act", crash)
        fusebox("approve", asked, "--yes")
    assert retentions() == {YOUNG: 30, OTHER: None}
    assert list(fusebox.requests()) == [asked]
    after(monkeypatch, timedelta(minutes=30))
    ran = fusebox("run", "log_retention", "--json")
    assert [(one["id"], one["status"]) for one in ran.json["earlier"]] == [(asked, "failed")]
    assert ran.code == 1, "an action under way elsewhere is not done by us"


def test_what_nobody_answers_in_time_ends(fusebox: Fusebox, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    after(monkeypatch, timedelta(hours=73))
    assert fusebox.requests() == {}
    assert fusebox.requests("--all")[asked]["status"] == "timed_out"
    assert "nobody answered in time, so nothing was done" in fusebox("approve", asked, "--yes").complaint
    assert retentions() == {YOUNG: None, OTHER: None}


def test_silence_approves_only_what_can_be_undone_and_only_where_the_policy_says_so(
    fusebox: Fusebox, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_group(OLD, age_days=1100, stored_bytes=5 * 10**9)
    request = ask(fusebox, YOUNG, on_timeout="act")
    after(monkeypatch, timedelta(hours=73))
    assert fusebox.requests()[request]["status"] == "approved"
    assert fusebox("run", "log_retention", "--mode", "observe").code == 0
    assert retentions() == {YOUNG: None, OLD: None}, "whoever only looks ends nothing"
    ran = fusebox("run", "log_retention")
    assert f"Request {request}: approved and done (answered by nobody answered in time" in ran.out
    assert retentions() == {YOUNG: 30, OLD: None}


def test_an_approval_does_not_act_beside_a_deployed_fusebox(fusebox: Fusebox, asked: str) -> None:
    fusebox.deploy()
    file = str(fusebox.folder / "state" / "fusebox" / "123456789012-us-east-1.sqlite3")
    assert "name it with --stack Fusebox" in fusebox("approve", asked, "--yes", "--ledger", file).complaint
    assert "there is no request" in fusebox("approve", asked, "--yes").complaint
    assert fusebox("reject", asked, "--yes", "--reason", "deployed now", "--ledger", file).code == 0
    assert retentions() == {YOUNG: None, OTHER: None}


def test_a_long_question_is_shown_in_part_and_answered_as_a_whole(fusebox: Fusebox) -> None:
    request = ask(fusebox, *(f"/aws/lambda/{number:02}" for number in range(23)))
    ran = fusebox("approve", request, answer="y\n")
    assert "… and 3 more" in ran.out
    assert set(retentions().values()) == {30}


def test_a_resource_that_is_gone_is_no_failure(fusebox: Fusebox, asked: str) -> None:
    boto3.client("logs").delete_log_group(logGroupName=OTHER)
    ran = fusebox("approve", asked, "--yes", "--json")
    assert ran.code == 0
    assert {one["name"]: one["result"] for one in ran.json["items"]} == {YOUNG: "done", OTHER: "gone"}


def test_requests_are_listed_with_what_matters(fusebox: Fusebox, grave: str) -> None:
    ran = fusebox("requests")
    (row,) = [line for line in ran.out.splitlines() if line.startswith(grave)]
    assert row.split()[:6] == [grave, "log_retention", "approve", "asked", "2", "1"]
    assert row.endswith(CALLER)
    one = fusebox.requests()[grave]
    assert (one["count"], one["irreversible"], one["requester"]) == (2, 1, CALLER)
    fusebox("reject", grave, "--reason", "no", "--yes")
    assert "No requests." in fusebox("requests").out
    assert "rejected" in fusebox("requests", "--all").out


def test_listing_requests_leaves_the_folder_as_it_was(fusebox: Fusebox, asked: str) -> None:
    import gc

    gc.collect()
    folder = fusebox.folder / "state" / "fusebox"
    before = sorted(folder.iterdir())
    assert fusebox("requests").code == 0
    assert fusebox("ledger", "show", asked).code == 0
    assert sorted(folder.iterdir()) == before

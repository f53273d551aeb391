"""Questions and answers along the template's own wiring: every way in, every end."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local import LocalAccount, LogGroupSeed
from local.demo.browser import FORM, form, send
from tests.e2e.asking import approve, command, ends, links, reject, undo
from tests.e2e.conftest import SAMPLES, START, alerts, old_with_data, only_logs, puts, retention, sweep, young

Asking = Callable[..., Path]
GROUP = "/ecs/web"


@pytest.fixture
def account(asking: Asking) -> Iterator[LocalAccount]:
    """In approve mode, with one young group that waits for an answer."""
    with LocalAccount(asking(), start=START) as account:
        only_logs(account).seed_log_groups([young(GROUP)])
        sweep(account)
        yield account


def request(account: LocalAccount) -> str:
    """The id of the newest question."""
    notices = [json.loads(one.body("sqs")) for one in account.messages(account.outputs["AlertsTopicArn"])]
    return str([one["run"] for one in notices if one["kind"] == "question"][-1])


def test_the_question_says_all_that_a_person_needs(account: LocalAccount) -> None:
    (text,) = alerts(account)
    for words in (
        GROUP,
        "Mode:      approve",
        "123456789012",
        "us-east-1",
        "days",
        "Undo",
        "fusebox approve",
        "/approve?",
    ):
        assert words in text, text
    assert puts(account) == 0


def test_approved_through_the_page_it_is_done_and_then_undone(account: LocalAccount) -> None:
    assert approve(links(account)["approve"]).status == 303
    account.settle()
    assert retention(account, GROUP) == 30
    assert ends(account) == ["SUCCEEDED: ApprovedAndDone"]
    assert "approved and done" in alerts(account)[-1]
    link = links(account)["undo"]
    assert undo(link).status == 303
    account.settle()
    assert retention(account, GROUP) is None
    assert "1 turned back" in alerts(account)[-1]
    assert "turned back by link holder" in send("GET", link).body
    account.advance(timedelta(days=2))
    assert retention(account, GROUP) is None  # exempt, so that no sweep does it again
    assert account.losses == []


def test_approved_by_command_the_ledger_holds_the_caller(account: LocalAccount) -> None:
    answer = command(account, request(account))
    assert answer.status == 200, answer.body
    account.settle()
    assert retention(account, GROUP) == 30
    assert "arn:aws:iam::123456789012:user/owner" in alerts(account)[-1]


def test_a_caller_without_iams_leave_does_not_reach_the_door(account: LocalAccount) -> None:
    body = json.dumps({"request": request(account), "decision": "approve"}).encode()
    answer = send("POST", account.outputs["DecideUrl"], body, {"content-type": "application/json"})
    assert answer.status == 403
    account.advance(timedelta(hours=1))
    assert retention(account, GROUP) is None


def test_some_are_approved_and_the_rest_is_left_alone(asking: Asking) -> None:
    with LocalAccount(asking(), start=START) as account:
        only_logs(account).seed_log_groups([young(f"/ecs/task-{number}") for number in range(5)])
        sweep(account)
        link = links(account)["approve"]
        boxes = form(link, "approve").boxes
        assert len(boxes) == 5
        assert approve(link, *boxes[:2]).status == 303
        account.settle()
        assert puts(account) == 2
        assert ends(account) == ["SUCCEEDED: ApprovedAndDone"]
        assert "3 not approved" in alerts(account)[-1]
        account.advance(timedelta(days=3))
        assert puts(account) == 2
        assert len(alerts(account)) == 2  # neither asked nor told again


def test_rejected_it_is_exempt_with_owner_reason_and_end(account: LocalAccount, fusebox: Callable[..., Any]) -> None:
    sent = reject(links(account)["reject"], reason="logs of the lawsuit", owner="ada@example.com", days="90")
    assert sent.status == 303
    account.settle()
    assert ends(account) == ["SUCCEEDED: Rejected"]
    exempt = json.loads(fusebox("exemptions", "--stack", "Fusebox", "--json").stdout)["exemptions"]
    (one,) = exempt
    assert (one["owner"], one["until"][:10]) == (
        "link holder, who says: ada@example.com",
        f"{START + timedelta(days=90):%Y-%m-%d}",
    )
    assert "logs of the lawsuit" in one["reason"]
    account.advance(timedelta(days=5))
    assert (puts(account), len(alerts(account))) == (0, 2)


def test_nobody_answers_and_nothing_happens(account: LocalAccount) -> None:
    late = links(account)["approve"]
    account.advance(timedelta(hours=73))
    assert ends(account) == ["SUCCEEDED: TimedOut"]
    assert "nobody answered in time; nothing was done" in alerts(account)[-1]
    assert send("GET", late).status == 410
    assert command(account, request(account)).status == 409
    account.advance(timedelta(days=3))
    assert puts(account) == 0


def test_silence_acts_where_the_policy_says_so_but_not_on_what_cannot_be_undone(asking: Asking) -> None:
    with LocalAccount(asking(guardrail="on_timeout: act"), start=START) as account:
        only_logs(account).seed_log_groups([young(GROUP), old_with_data()])
        sweep(account)
        account.advance(timedelta(hours=73))
        assert retention(account, GROUP) == 30
        assert retention(account, "/legacy/orders") is None
        assert ends(account) == ["SUCCEEDED: ApprovedAndDone"]


def test_what_changed_meanwhile_is_superseded(account: LocalAccount) -> None:
    account.client("logs").put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    assert command(account, request(account)).status == 200
    account.settle()
    assert (retention(account, GROUP), puts(account)) == (7, 0)
    assert ends(account) == ["SUCCEEDED: Superseded"]


def test_a_pause_at_the_moment_of_acting_holds_it_back(account: LocalAccount, fusebox: Callable[..., Any]) -> None:
    assert fusebox("pause", "--stack", "Fusebox", "--reason", "wait").exit_code == 0
    assert command(account, request(account)).status == 200
    account.settle()
    assert puts(account) == 0
    assert ends(account) == ["SUCCEEDED: HeldBack"]


def test_what_could_not_be_done_fails_the_workflow_and_is_told(account: LocalAccount) -> None:
    account.fail("logs:PutRetentionPolicy", code="InvalidOperationException", times=9)
    assert command(account, request(account)).status == 200
    account.settle()
    assert ends(account) == ["FAILED: NotAllDone"]
    assert "NOT everything could be done" in alerts(account)[-1]
    alarms = account.client("cloudwatch").describe_alarms()["MetricAlarms"]
    (alarm,) = [one for one in alarms if one["AlarmName"].endswith("-approvals")]
    watched = {one["MetricStat"]["Metric"]["MetricName"] for one in alarm["Metrics"] if "MetricStat" in one}
    assert "ExecutionsFailed" in watched
    assert alarm["AlarmActions"] == [account.outputs["OperationsTopicArn"]]


def test_a_function_that_cannot_act_fails_the_workflow_and_is_told(account: LocalAccount) -> None:
    assert command(account, request(account)).status == 200
    account.fail("dynamodb:BatchGetItem", code="AccessDeniedException", times=1)
    account.settle()
    assert ends(account) == ["FAILED: Failed"]
    assert puts(account) == 0
    assert "NOT everything could be done" in alerts(account)[-1]


def test_of_two_posts_at_once_exactly_one_wins(account: LocalAccount) -> None:
    found = links(account)
    yes, no = form(found["approve"], "approve"), form(found["reject"], "reject")
    sending = [
        lambda: yes.send(*yes.boxes, scope="all"),
        lambda: no.send(reason="no", owner="ada@example.com", days="7"),
    ]
    with ThreadPoolExecutor(2) as pool:
        statuses = [one.status for one in pool.map(lambda send: send(), sending)]
    account.settle()
    assert sorted(statuses) == [303, 409]
    (end,) = ends(account)
    assert (retention(account, GROUP) == 30) is (end == "SUCCEEDED: ApprovedAndDone")


def test_opening_links_over_and_over_decides_nothing(account: LocalAccount) -> None:
    for link in links(account).values():
        for method in ("GET", "HEAD", "GET", "OPTIONS", "PUT", "DELETE"):
            send(method, link)
        send("POST", link, b"", {"content-type": FORM})
        send("POST", link, b"x" * 1_000_000, {"content-type": FORM})
    account.advance(timedelta(hours=1))
    assert (puts(account), ends(account)) == (0, [])


def test_three_thousand_findings_make_one_question(asking: Asking) -> None:
    with LocalAccount(asking(), start=START) as account:
        only_logs(account).seed_log_groups([young(f"/ecs/task-{number:04}") for number in range(3000)])
        sweep(account)
        (text,) = alerts(account)
        assert "3000 changes" in text
        assert len(ends(account)) == 0
        assert len(account.client("stepfunctions").list_executions(stateMachineArn=machine(account))["executions"]) == 1
        page = send("GET", links(account)["approve"])
        assert page.status == 200
        assert len(page.body) < 400_000


def machine(account: LocalAccount) -> str:
    return account.outputs["ApprovalStateMachineArn"]


def test_a_burst_of_new_groups_makes_one_question(asking: Asking) -> None:
    event = json.loads((SAMPLES / "create_by_role.json").read_text())["event"]
    with LocalAccount(asking(), start=START) as account:
        only_logs(account)
        for number in range(12):
            name = f"/aws/lambda/burst-{number}"
            account.seed_log_groups([LogGroupSeed(name, created_at=account.clock.now())])
            event["detail"]["requestParameters"] = {"logGroupName": name}
            event["time"] = f"{account.clock.now():%Y-%m-%dT%H:%M:%SZ}"
            account.put_event(event | {"id": f"{number:08}-0000-4000-8000-000000000000"})
        account.advance(timedelta(minutes=5))
        (text,) = alerts(account)
        assert "12 changes" in text


def test_a_question_that_could_not_be_put_is_put_by_a_later_sweep(asking: Asking) -> None:
    with LocalAccount(asking(), start=START) as account:
        only_logs(account).seed_log_groups([young(GROUP)])
        account.fail("secretsmanager:GetSecretValue", code="AccessDeniedException", times=99)
        sweep(account)
        account.advance(timedelta(hours=2))
        assert (ends(account), alerts(account)) == (["FAILED: Failed"], [])
        account.heal()
        account.advance(timedelta(days=5))
        assert ends(account)[1:] == ["SUCCEEDED: TimedOut"]
        assert "nobody answered in time" in alerts(account)[-1]


def test_an_answer_to_a_question_whose_workflow_died_is_carried_out(asking: Asking) -> None:
    with LocalAccount(asking(), start=START) as account:
        only_logs(account).seed_log_groups([young(GROUP)])
        account.fail("sns:Publish", code="InternalErrorException", times=99)
        sweep(account)
        account.advance(timedelta(hours=1))
        assert ends(account) == ["FAILED: Failed"]
        account.heal()
        (asked,) = account.client("stepfunctions").list_executions(
            stateMachineArn=account.outputs["ApprovalStateMachineArn"]
        )["executions"]
        assert command(account, asked["name"]).status == 200
        account.settle()
        assert retention(account, GROUP) == 30
        assert ends(account)[1:] == ["SUCCEEDED: ApprovedAndDone"]

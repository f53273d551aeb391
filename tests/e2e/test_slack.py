"""Slack along the template's own wiring: what it is told, and that its trouble is nobody else's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from local import LocalAccount
from local.slack import INVALID_TOKEN, OK, SERVER_ERROR, FakeSlack, rate_limited
from tests.e2e.asking import approve, connect, ends, links, press
from tests.e2e.conftest import START, alerts, only_logs, puts, retention, sweep, young

GROUP = "/ecs/web"


@pytest.fixture
def slack() -> Iterator[FakeSlack]:
    with FakeSlack() as slack:
        yield slack


@pytest.fixture
def account(asking: Callable[..., Path], slack: FakeSlack) -> Iterator[LocalAccount]:
    with LocalAccount(asking(), start=START) as account:
        only_logs(account).seed_log_groups([young(GROUP)])
        yield account


def operations(account: LocalAccount) -> list[str]:
    return [one.body("email") for one in account.messages(account.outputs["OperationsTopicArn"])]


def failures(account: LocalAccount) -> list[dict[str, Any]]:
    return account.queue(account.outputs["FailureQueueUrl"])


def test_a_question_and_its_answer_are_one_message_each(account: LocalAccount, slack: FakeSlack) -> None:
    connect(account, slack)
    sweep(account)
    (question,) = slack.messages
    text = json.dumps(question)
    for words in (GROUP, "approve", "123456789012", "us-east-1", "/approve?", '"action_id": "approve"'):
        assert words in text
    assert question["unfurl_links"] is False
    assert approve(links(account)["approve"]).status == 303
    account.settle()
    assert retention(account, GROUP) == 30
    assert "approved and done" in json.dumps(slack.messages[1])
    assert len(slack.posts) == 2
    assert account.losses == []


def test_a_button_in_slack_decides_for_the_person_who_pressed_it(account: LocalAccount, slack: FakeSlack) -> None:
    connect(account, slack)
    sweep(account)
    assert press(account, slack, user="U999ZZ9ZZ").status == 200
    account.settle()
    assert (retention(account, GROUP), ends(account)) == (None, [])
    assert "U999ZZ9ZZ is not among approvers.slack" in slack.posts[-1].message["text"]
    assert press(account, slack).status == 200
    account.settle()
    assert (retention(account, GROUP), ends(account)) == (30, ["SUCCEEDED: ApprovedAndDone"])
    assert "U012AB3CD" in alerts(account)[-1]
    assert account.losses == []


def test_not_configured_is_reported_once_and_is_no_failure(account: LocalAccount, slack: FakeSlack) -> None:
    sweep(account)
    approve(links(account)["approve"])
    account.settle()
    (told,) = operations(account)
    assert "fusebox secret set slack-webhook" in told
    assert (slack.posts, failures(account)) == ([], [])
    assert retention(account, GROUP) == 30


def test_a_rate_limit_delays_the_message_and_no_action(account: LocalAccount, slack: FakeSlack) -> None:
    connect(account, slack)
    slack.then(rate_limited(45))
    sweep(account)
    assert slack.messages == []
    assert approve(links(account)["approve"]).status == 303
    account.settle()
    assert retention(account, GROUP) == 30
    account.advance(timedelta(minutes=30))
    assert len(slack.messages) == 2
    assert puts(account) == 1


@pytest.mark.parametrize("trouble", [SERVER_ERROR, INVALID_TOKEN], ids=["down", "revoked"])
def test_what_slack_does_not_take_for_hours_ends_in_the_failure_queue(
    account: LocalAccount, slack: FakeSlack, trouble: Any
) -> None:
    connect(account, slack)
    slack.always(trouble)
    sweep(account)
    account.advance(timedelta(hours=4))
    assert failures(account) == []  # it still waits
    account.advance(timedelta(hours=6))
    (message,) = failures(account)
    assert json.loads(message["Body"])["kind"] == "question"
    assert puts(account) == 0
    assert slack.messages == []
    (alarm,) = [
        one
        for one in account.client("cloudwatch").describe_alarms()["MetricAlarms"]
        if one["AlarmName"].endswith("-failures")
    ]
    assert alarm["AlarmActions"] == [account.outputs["OperationsTopicArn"]]


def test_what_failed_is_told_after_a_redrive(
    account: LocalAccount, slack: FakeSlack, fusebox: Callable[..., Any]
) -> None:
    connect(account, slack)
    slack.always(SERVER_ERROR)
    sweep(account)
    account.advance(timedelta(hours=10))
    slack.always(OK)
    ran = fusebox("redrive")
    assert ran.exit_code == 0, ran.output
    account.settle()
    assert failures(account) == []
    assert GROUP in json.dumps(slack.messages)


def test_a_repaired_webhook_works_without_a_deployment(account: LocalAccount, slack: FakeSlack) -> None:
    connect(account, slack)
    slack.then(INVALID_TOKEN, INVALID_TOKEN)
    sweep(account)
    assert slack.messages == []
    account.advance(timedelta(hours=1))
    assert len(slack.messages) == 1

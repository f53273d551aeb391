"""fusebox override: a person asks to have an open breaker closed, and a person known by name decides."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from cli import session
from functions.approval import command
from functions.approval.deciders import Decider, too_much
from functions.approval.spec import ApprovalSettings
from functions.approval.web import WebAnswer, WebRequest
from functions.core import answers, requests, state
from functions.core.clients import Clients
from functions.core.dynamodb_table import DynamoDBTable
from functions.core.items import Item, of_request
from functions.core.memory import Memory
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Scope, iso
from functions.llm_keys import breaker, overriding
from functions.llm_keys.arns import budget_arn
from functions.llm_keys.breaker import Breaker
from functions.llm_keys.periods import period_at
from tests.aws_world import REGION
from tests.cli.conftest import CALLER, Fusebox
from tests.cli.test_answering_by_url import ANN, environment

SCOPE = Scope("123456789012", REGION)
BUDGET = "ml team"
ARN = budget_arn(SCOPE, BUDGET)
WHY = ("--reason", "the launch is on Friday")
ABOVE = ("--ceiling", "900")


@pytest.fixture
def deployed(fusebox: Fusebox) -> Fusebox:
    """A deployed Fusebox whose policy has one budget, of which nothing is known yet."""
    fusebox.deploy()
    fusebox.llm_keys()
    return fusebox


@pytest.fixture
def tripped(deployed: Fusebox) -> Fusebox:
    """The same once the budget's breaker is open."""
    stands(now() - timedelta(minutes=3))
    return deployed


def now() -> datetime:
    return datetime.now(UTC)


def memory() -> Memory:
    return Memory(DynamoDBTable(Clients(REGION).get("dynamodb"), "fusebox"), "llm_keys")


def stands(at: datetime, **how: Any) -> None:
    """The budget's breaker as a sweep left it: open at 512 of 500 dollars, unless the story says otherwise."""
    period = period_at("monthly", now()).key
    known: dict[str, Any] = {"state": "open", "since": iso(at), "at": iso(at), "spent": 512.0, "why": "spent"}
    note = breaker.to_note(Breaker(period, **{**known, **how}))
    memory().note(ARN, lambda _: note, now() + timedelta(days=99))


def noted() -> dict[str, Any]:
    return dict(memory().notes([ARN])[ARN])


def asked(fusebox: Fusebox) -> tuple[str, Item]:
    """The one open request, and the one thing that it asks."""
    (request,) = fusebox.requests()
    (item,) = of_request(memory().table, request)
    return request, item


# --- what is asked


def test_it_asks_and_changes_nothing(tripped: Fusebox) -> None:
    ran = tripped("override", BUDGET, *ABOVE, *WHY)
    assert ran.code == 0
    request, item = asked(tripped)
    assert f"Request {request} asks to close the breaker of budget 'ml team', a ceiling of $900.00 until its" in ran.out
    assert f"  fusebox approve {request} --stack Fusebox" in ran.out
    assert f'  fusebox reject {request} --reason "…" --stack Fusebox' in ran.out
    assert "enforce · account 123456789012 · Region us-east-1 · stack Fusebox" in ran.err
    assert noted()["state"] == "open"
    assert (item.resource, item.named, item.by_silence) == (ARN, True, False)
    reason = str(item.entry["reason"])
    assert CALLER in reason
    assert "a ceiling of $900.00: the launch is on Friday" in reason
    assert "secretsmanager.GetSecretValue" not in tripped.calls
    assert not [call for call in tripped.calls if call.startswith(("cloudwatch", "lambda", "budgets"))]


def test_the_workflow_of_the_deployed_fusebox_puts_the_question_at_once(tripped: Fusebox) -> None:
    tripped("override", BUDGET, *ABOVE, *WHY)
    assert "stepfunctions.StartExecution" in tripped.calls
    request, _ = asked(tripped)
    head = requests.existing(memory().table, request)
    assert datetime.fromisoformat(head.gather_until) <= now()
    assert head.guardrail == "llm_keys"


def test_the_wish_is_kept_with_the_budget(tripped: Fusebox) -> None:
    tripped("override", ARN, *ABOVE, "--until", "4h", *WHY)
    request, _ = asked(tripped)
    kept = overriding.wish_in(memory(), noted())
    assert kept is not None
    assert (kept.ceiling, kept.by, kept.reason, kept.request) == (900.0, CALLER, "the launch is on Friday", request)
    left = datetime.fromisoformat(kept.until) - now()
    assert timedelta(hours=3, minutes=59) < left < timedelta(hours=4)


def test_a_program_gets_all_of_it(tripped: Fusebox) -> None:
    ran = tripped("override", BUDGET, "--until", "2d", *WHY, "--json")
    got = ran.json
    request, _ = asked(tripped)
    assert (ran.code, got["budget"], got["spent"], got["ceiling"]) == (0, BUDGET, 512.0, None)
    assert [one["id"] for one in got["questions"]] == [request]
    assert "token" not in got["questions"][0]


def test_an_end_alone_sets_no_limit_and_says_so(tripped: Fusebox) -> None:
    assert "'ml team', no limit until 2" in tripped("override", BUDGET, "--until", "2d", *WHY).out


def test_in_a_new_period_an_open_breaker_is_overridden_though_nothing_is_spent_in_it(deployed: Fusebox) -> None:
    period = period_at("monthly", now() - timedelta(days=32)).key
    note = breaker.to_note(Breaker(period, "open", iso(now()), iso(now()), 512.0))
    memory().note(ARN, lambda _: note, now() + timedelta(days=99))
    assert deployed("override", BUDGET, "--ceiling", "100", *WHY).code == 0


# --- what is refused


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([*WHY], "needs a new ceiling, an end, or both: --ceiling or --until missing"),
        ([*ABOVE], "--reason missing"),
        ([*ABOVE, "--reason", " "], "--reason missing"),
        (["--ceiling", "nan", *WHY], "an amount of US dollars, more than zero"),
        (["--ceiling", "inf", *WHY], "an amount of US dollars, more than zero"),
        (["--ceiling", "0", *WHY], "an amount of US dollars, more than zero"),
        (["--ceiling=-5", *WHY], "an amount of US dollars, more than zero"),
        (["--until", "soon", *WHY], "--until 'soon' is no time: write 30d"),
        (["--until", "2020-01-01", *WHY], "that is in the past"),
        (["--until", "32d", *WHY], "--until 32d: at most 31 days from now"),
        (["--until", "9999-12-31", *WHY], "out of range"),
        (["--ceiling", "512", *WHY], "$512.00 spent by "),
        (
            ["--ceiling", "500", *WHY],
            "so the breaker of budget 'ml team' would open again at once; give more than that",
        ),
    ],
)
def test_what_is_no_override_is_refused_and_leaves_no_wish(tripped: Fusebox, arguments: list[str], said: str) -> None:
    ran = tripped("override", BUDGET, *arguments)
    assert (ran.code, said in ran.complaint) == (2, True)
    assert tripped.requests() == {}
    assert overriding.WISH not in noted()


@pytest.mark.parametrize("state_now", ["closed", "warned"])
def test_a_breaker_that_is_not_open_needs_no_override(deployed: Fusebox, state_now: str) -> None:
    stands(now(), state=state_now, spent=420.0)
    said = deployed("override", BUDGET, *ABOVE, *WHY).complaint
    assert f"the breaker of budget 'ml team' is {state_now} ($420.00 spent by " in said
    assert "there is nothing to override" in said


def test_of_a_budget_that_no_sweep_has_judged_nothing_is_known(deployed: Fusebox) -> None:
    said = deployed("override", BUDGET, *ABOVE, *WHY).complaint
    assert "nothing is known of budget 'ml team' yet: the first sweep of llm_keys judges it" in said


def test_a_budget_that_is_not_in_the_policy_is_refused_with_those_that_are(tripped: Fusebox) -> None:
    said = tripped("override", "ml", *ABOVE, *WHY).complaint
    assert "there is no budget 'ml' in fusebox.yaml; there are: 'ml team'" in said


def test_while_the_guardrail_only_observes_there_is_nothing_to_override(tripped: Fusebox) -> None:
    tripped.llm_keys(mode="observe")
    assert "llm_keys is in observe mode: it stops no key" in tripped("override", BUDGET, *ABOVE, *WHY).complaint
    assert overriding.WISH not in noted()


@pytest.mark.parametrize("scope", ["llm_keys", state.EVERYTHING])
def test_a_persons_pause_comes_first(tripped: Fusebox, scope: str) -> None:
    state.pause(memory().table, scope, by="bob", reason="incident", now=now())
    assert "an override changes nothing until `fusebox resume`" in tripped("override", BUDGET, *ABOVE, *WHY).complaint
    assert overriding.WISH not in noted()


def test_the_guardrails_own_pause_does_not_stand_in_the_way(tripped: Fusebox) -> None:
    state.pause_itself(memory().table, "llm_keys", reason="cap reached", now=now())
    assert tripped("override", BUDGET, *ABOVE, *WHY).code == 0


def test_a_second_wish_waits_for_the_answer_to_the_first(tripped: Fusebox) -> None:
    tripped("override", BUDGET, *ABOVE, *WHY)
    request, _ = asked(tripped)
    said = tripped("override", BUDGET, "--ceiling", "1000", *WHY).complaint
    assert f"request {request} asks already to close the breaker of budget 'ml team' (gathering)" in said
    assert f"fusebox approve {request} --stack Fusebox" in said


def test_it_does_not_ask_by_a_policy_that_is_not_there(deployed: Fusebox) -> None:
    (deployed.folder / "fusebox.yaml").unlink()
    assert "there is no budget" in deployed("override", BUDGET, *ABOVE, *WHY).complaint


def test_a_stack_of_a_version_that_cannot_ask_is_refused(fusebox: Fusebox) -> None:
    fusebox.deploy(decide_url="")
    fusebox.llm_keys()
    stands(now())
    assert "is of an older version" in fusebox("override", BUDGET, *ABOVE, *WHY).complaint
    assert overriding.WISH not in noted()


# --- what goes wrong on the way


def test_a_question_that_cannot_be_put_is_put_by_the_next_sweep(tripped: Fusebox) -> None:
    tripped.deny("StartExecution")
    ran = tripped("override", BUDGET, *ABOVE, *WHY)
    assert ran.code == 1
    assert "is kept, but the question could not be put: not allowed to call StartExecution" in ran.out
    assert "The next sweep of llm_keys puts it." in ran.out
    assert asked(tripped)[1].named


def test_a_wish_whose_question_was_never_asked_does_not_stand_in_the_way(tripped: Fusebox) -> None:
    lost = overriding.Wish(800.0, "", CALLER, "crashed", iso(now()), "20260101T000000-abcdef")
    overriding.wish(memory(), ARN, lost, now())
    assert tripped("override", BUDGET, *ABOVE, *WHY).code == 0
    kept = overriding.wish_in(memory(), noted())
    assert kept is not None
    assert kept.ceiling == 900.0


def test_over_a_local_ledger_the_answer_closes_the_breaker_here(fusebox: Fusebox) -> None:
    fusebox.llm_keys()
    fusebox("pause", "log_retention")  # makes the ledger
    mine = Memory(SqliteTable(fusebox.folder / "state" / "fusebox" / fusebox.files[0]), "llm_keys")
    period = period_at("monthly", now()).key
    note = breaker.to_note(Breaker(period, "open", iso(now()), iso(now()), 512.0))
    mine.note(ARN, lambda _: note, now() + timedelta(days=99))
    assert fusebox("override", BUDGET, *ABOVE, *WHY).code == 0
    (one,) = fusebox.requests().values()
    assert (one["status"], one["requester"]) == ("asked", "")
    ran = fusebox("approve", one["id"], "--yes")
    assert (ran.code, "approved and done" in ran.out) == (0, True)
    after = breaker.from_note(mine.notes([ARN])[ARN])
    assert after is not None
    assert after.override is not None
    assert (after.state, after.override.ceiling) == ("closed", 900.0)
    action = fusebox.action_ids()[BUDGET]
    assert fusebox("undo", action, "--yes", "--reason", "too soon").code == 0
    again = breaker.from_note(mine.notes([ARN])[ARN])
    assert again is not None
    assert again.state == "open"


# --- who may answer


def answer(request: str, caller: str, **said: Any) -> WebAnswer:
    """An answer by command, as the function behind the URL takes it."""
    body = json.dumps({"request": request, "decision": "approve"} | said).encode()
    return command.answer(
        environment(), WebRequest("POST", "/", "", {"content-type": "application/json"}, body, caller)
    )


@pytest.fixture
def put(tripped: Fusebox, monkeypatch: pytest.MonkeyPatch) -> str:
    """An override that Ann, who is an approver, wished for, and that the workflow has put."""
    here = session.locate
    monkeypatch.setattr("cli.session.locate", lambda *given: replace(here(*given), caller=ANN))
    monkeypatch.setattr("functions.core.workflow.wake", lambda *_: True)
    assert tripped("override", BUDGET, *ABOVE, *WHY).code == 0
    request, _ = asked(tripped)
    head = answers.ask(memory().table, requests.existing(memory().table, request), "token", "nonce", now())
    assert head is not None
    return request


def test_an_approver_may_approve_what_he_wished_for_himself(put: str) -> None:
    assert json.loads(answer(put, ANN).body)["status"] == "approved"
    head = requests.existing(memory().table, put)
    assert head.answer is not None
    assert (head.answer.by, head.answer.how, head.requester) == (ANN, "iam", "")


def test_nobody_else_may(put: str) -> None:
    assert answer(put, "arn:aws:sts::123456789012:assumed-role/Intern/eve").status == 403


def test_a_link_never_may_whatever_the_policy_says(put: str) -> None:
    settings = ApprovalSettings(links_may="anything")
    items = of_request(memory().table, put)
    assert "a link identifies nobody" in too_much(Decider("link holder", "link"), settings, items)


def test_it_is_shown_before_it_is_answered(put: str, tripped: Fusebox) -> None:
    ran = tripped("approve", put, answer="n\n")
    assert "Approve 1 change?" in ran.err
    assert "breaker open → closed" in ran.out
    assert "ceiling none → 900.00" in ran.out
    ran = tripped("reject", put, "--reason", "not this month", answer="n\n")
    assert "Reject it? [y/N]" in ran.err


def test_a_rejection_exempts_nothing_and_ends_the_wish(put: str, tripped: Fusebox) -> None:
    assert answer(put, ANN, decision="reject", reason="not this month").status == 200
    table = memory().table
    ended = answers.finish(table, requests.existing(table, put), now())
    assert ended.status == "rejected"
    assert state.exemptions(table, [ARN], now()) == {}
    assert overriding.wish_in(memory(), noted()) is None
    assert tripped("override", BUDGET, "--ceiling", "1000", *WHY).code == 0


def test_the_very_same_wish_may_be_made_again_once_the_first_is_answered(put: str, tripped: Fusebox) -> None:
    answer(put, ANN, decision="reject", reason="not this month")
    table = memory().table
    answers.finish(table, requests.existing(table, put), now())
    assert tripped("override", BUDGET, *ABOVE, *WHY).code == 0
    (again,) = tripped.requests()
    assert again != put


# --- what people call it


def test_the_ledger_shows_a_budget_by_its_name(tripped: Fusebox) -> None:
    tripped("override", BUDGET, *ABOVE, *WHY)
    (entry,) = tripped("ledger", "--resource", BUDGET, "--json").json["entries"]
    assert (entry["resource"], entry["result"], entry["named"]) == (ARN, "needs_approval", True)


def test_a_key_is_exempted_by_the_name_that_the_policy_gives_it(fusebox: Fusebox) -> None:
    fusebox.llm_keys()
    until = ("--until", "30d", "--owner", "ann@example.com", "--reason", "the demo")
    assert fusebox("exempt", "chat", "--guardrail", "llm_keys", *until).code == 0
    rows = fusebox("exemptions", "--json").json["exemptions"]
    key = "arn:aws:fusebox:us-east-1:123456789012:llm-key/anthropic/apikey_00000001"
    assert [one["resource"] for one in rows] == [key]
    assert fusebox("exempt", key, "--end").code == 0
    assert fusebox("exemptions", "--json").json["exemptions"] == []
    assert fusebox("ledger", "--resource", key).code == 0


def test_a_budget_takes_no_exemption(fusebox: Fusebox) -> None:
    fusebox.llm_keys()
    until = ("--until", "30d", "--owner", "ann@example.com", "--reason", "the demo")
    ran = fusebox("exempt", BUDGET, "--guardrail", "llm_keys", *until)
    assert ran.code == 2
    assert f"{ARN} is a budget, which takes no exemption: exempt its keys, or close its breaker" in ran.complaint


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("chats", "'chats' is no ARN, and no name in fusebox.yaml: llm_keys knows many kinds of resource"),
        ("twin", "'twin' names several resources of llm_keys in fusebox.yaml: give one of arn:aws:fusebox:"),
    ],
)
def test_a_name_that_means_nothing_or_two_things_is_refused(fusebox: Fusebox, name: str, said: str) -> None:
    key = {"name": "twin", "kind": "anthropic", "id": "apikey_00000009", "provider": "claude"}
    budget = {"name": "twin", "amount": 5, "keys": ["twin"], "sources": [{"kind": "meter"}]}
    fusebox.llm_keys(keys=[key], budgets=[budget])
    until = ("--until", "30d", "--owner", "ann@example.com", "--reason", "the demo")
    ran = fusebox("exempt", name, "--guardrail", "llm_keys", *until)
    assert (ran.code, said in ran.complaint) == (2, True)

"""fusebox keys: what budgets have spent, and whether their keys are stopped."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from cli import key_inventory, keys_view
from cli.key_rows import CredentialRow
from functions.llm_keys import inventory
from functions.llm_keys.breaker import Breaker
from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.facts import BudgetFacts, KeyFacts, Subject
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.periods import period_at
from functions.llm_keys.providers.provider import Credential
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.reading import Level, Reading
from tests.cli.conftest import NAME, Fusebox
from tests.cli.told_of_keys import told

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
Told = dict[str, Any]


@pytest.fixture
def answering(fusebox: Fusebox) -> Callable[..., list[Any]]:
    """Deploys a Fusebox whose function answers as it is told; returns what it was asked."""
    fusebox.deploy()

    def answers(body: Any, failed: str = "") -> list[Any]:
        asked: list[Any] = []

        def answer(params: dict[str, Any]) -> dict[str, Any]:
            asked.append((params["url_path"], json.loads(params["body"])))
            payload = io.BytesIO(body if isinstance(body, bytes) else json.dumps(body).encode())
            return {"StatusCode": 200, "Payload": payload} | ({"FunctionError": failed} if failed else {})

        fusebox.answers["Invoke"] = answer
        return asked

    return answers


def row(out: str, begins: str) -> list[str]:
    """The cells of the row of a table that begins so."""
    return next(line for line in out.splitlines() if line.startswith(begins)).split()


def test_the_deployed_function_is_asked_and_nothing_is_changed(
    fusebox: Fusebox, answering: Callable[..., list[Any]]
) -> None:
    asked = answering(told())
    ran = fusebox("keys")
    assert ran.code == 0
    assert asked == [(f"/2015-03-31/functions/{NAME}-llm-keys/invocations", {"fusebox": "keys"})]
    assert "fusebox keys · read-only · account 123456789012 · Region us-east-1 · stack Fusebox" in ran.err
    assert [call for call in fusebox.writes if call != "lambda.Invoke"] == []


def test_budgets_are_shown_with_what_is_spent_and_how_their_breakers_stand(
    fusebox: Fusebox, answering: Callable[..., list[Any]]
) -> None:
    answering(told())
    out = fusebox("keys").out
    assert row(out, "Chat")[:7] == ["Chat", "2026-11", "$812.50", "$2,000.00", "41", "closed", "2026-11-01"]
    assert row(out, "Research on")[3:8] == ["2026-11", "$5,120.25", "$5,000.00", "102", "OPEN"]
    assert "Research on Bedrock: $5,120.25 of $5,000.00 spent in 2026-11" in out
    assert (
        "To have it closed: fusebox override 'Research on Bedrock' --ceiling DOLLARS --reason \"…\" --stack Fusebox"
        in out
    )


def test_sources_are_shown_with_what_they_say_and_how_far_they_are_behind(
    fusebox: Fusebox, answering: Callable[..., list[Any]]
) -> None:
    one = told()
    one["budgets"][0]["sources"][0] |= {"spent": None, "trouble": "GET /v1/usage answered 401"}
    answering(one)
    out = fusebox("keys").out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert "Chat provider_usage ? minutes to hours GET /v1/usage answered 401" in lines
    assert "Research on Bedrock aws $4,210.00 up to a day" in lines


def test_keys_are_shown_with_short_ids_and_what_gives_them_back(
    fusebox: Fusebox, answering: Callable[..., list[Any]]
) -> None:
    one = told()
    one["keys"][1] |= {"same_key": False, "caveat": "the key is deleted"}
    answering(one)
    out = fusebox("keys").out
    assert "apikey_01EXAMPLEexample" in out
    assert row(out, "agents")[:4] == ["agents", "bedrock_principal", "role/agents", "stopped"]
    assert "refused" in row(out, "notebooks")
    assert row(out, "chat-gpt")[5:7] == ["Chat", "NO"]


def test_what_no_budget_covers_and_what_bills_on_is_named(
    fusebox: Fusebox, answering: Callable[..., list[Any]]
) -> None:
    answering(told())
    out = fusebox("keys").out
    assert "No budget covers these, so nothing ever stops them:" in out
    assert row(out, "anthropic")[1:] == ["apikey_09EXAMPLEexample", "intern", "active"]
    assert "Goes on billing after a stop: batch job nightly-labels (InProgress)" in out
    assert "Out of reach: old-key" in out


def _active_though_held(one: Told) -> None:
    one["keys"][2]["state"] = "active"


def _no_state(one: Told) -> None:
    one["keys"][0] |= {"state": "unknown", "trouble": "no answer within 8 s"}


def _no_such_key(one: Told) -> None:
    one["keys"][0] |= {"state": "missing", "trouble": "GET answered 404"}


def _still_taken(one: Told) -> None:
    one["keys"][2]["probe"] = "works"


def _spend_not_known(one: Told) -> None:
    one["budgets"][0]["spent"] = None


def _flows_on(one: Told) -> None:
    one["budgets"][1]["leaks"] = {"bedrock_metrics anthropic.claude": 12.5}


def _trouble(one: Told) -> None:
    one["trouble"] = ["provider openai: its admin credential is not set"]


@pytest.mark.parametrize(
    ("happened", "said"),
    [
        (_active_though_held, "budget 'Research on Bedrock' is open, and its key notebooks is active"),
        (_no_state, "key chat-claude is unknown: no answer within 8 s"),
        (_no_such_key, "key chat-claude is missing: GET answered 404"),
        (_still_taken, "key notebooks is shown as stopped, and is still taken"),
        (_spend_not_known, "budget 'Chat': what is spent is not known"),
        (_flows_on, "is open, and $12.50 went on through bedrock_metrics anthropic.claude"),
        (_trouble, "provider openai: its admin credential is not set"),
    ],
)
def test_what_is_not_stopped_or_not_known_is_exit_code_1(
    fusebox: Fusebox, answering: Callable[..., list[Any]], happened: Callable[[Told], None], said: str
) -> None:
    one = told()
    happened(one)
    answering(one)
    ran = fusebox("keys")
    assert (ran.code, said in ran.out) == (1, True)
    assert any(said in problem for problem in fusebox("keys", "--json").json["problems"])


def test_a_program_gets_all_of_it(fusebox: Fusebox, answering: Callable[..., list[Any]]) -> None:
    answering(told())
    ran = fusebox("keys", "--json", "--stack", "Fusebox")
    assert ran.code == 0
    got = ran.json
    assert (got["mode"], got["account"], got["stack"], got["missing"]) == ("read-only", "123456789012", "Fusebox", "")
    assert got["keys"][3]["id"] == "arn:aws:iam::123456789012:role/agents"
    assert got["uncovered"] == told()["uncovered"]
    assert got["budgets"][1]["sources"][0]["lag"] == "up to a day"
    assert got["problems"] == []


def test_where_nothing_is_deployed_the_policy_is_shown_and_what_is_missing_said(fusebox: Fusebox) -> None:
    fusebox.llm_keys()
    ran = fusebox("keys")
    assert ran.code == 1
    assert ran.out.splitlines()[0] == (
        "Nothing but the policy is known: no Fusebox is deployed in account 123456789012, Region us-east-1, "
        "so nobody watches these budgets."
    )
    assert row(ran.out, "ml team")[2:6] == ["monthly", "?", "$500.00", "?"]
    assert row(ran.out, "chat")[:5] == ["chat", "anthropic", "apikey_00000001", "claude", "unknown"]
    assert row(ran.out, "anthropic")[1:] == ["apikey_00000003", "spare", "in", "the", "policy"]
    assert "Not as it should be" not in ran.out
    assert "lambda.Invoke" not in fusebox.calls
    assert fusebox("keys", "--json").json["problems"] == [fusebox("keys", "--json").json["missing"]]


def test_without_budgets_it_says_so(fusebox: Fusebox) -> None:
    assert "There are no budgets: llm_keys stops nothing." in fusebox("keys").out


def test_where_nobody_can_tell_what_is_deployed_the_policy_is_shown(fusebox: Fusebox) -> None:
    fusebox.llm_keys()
    fusebox.deny("GetParameter")
    ran = fusebox("keys")
    assert (ran.code, "it cannot be told whether a Fusebox is deployed here (not allowed" in ran.out) == (1, True)
    assert "ml team" in ran.out


@pytest.mark.parametrize(
    ("body", "failed", "said"),
    [
        (
            b'{"errorType": "Refused", "errorMessage": "no such\\nthing"}',
            "Unhandled",
            "failed: Refused: no such thing.",
        ),
        (b"null", "", "told nothing that this command can read"),
        (b"{}", "", "told nothing that this command can read (KeyError('budgets')): deploy it again."),
        (b"<html>", "", "told nothing that this command can read"),
        (b'{"skipped": "x"}', "", "told nothing that this command can read"),
        (b'"text"', "Unhandled", "told nothing that this command can read"),
    ],
)
def test_a_function_that_fails_is_one_line_and_the_policy_is_shown(
    fusebox: Fusebox, answering: Callable[..., list[Any]], body: bytes, failed: str, said: str
) -> None:
    fusebox.llm_keys()
    answering(body, failed)
    ran = fusebox("keys")
    assert ran.code == 1
    first = ran.out.splitlines()[0]
    assert first.startswith(f"Nothing but the policy is known: {NAME}-llm-keys ")
    assert said in first
    assert "ml team" in ran.out


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("AccessDeniedException", "not allowed to call Invoke"),
        ("ResourceNotFoundException", f"stack Fusebox has no function {NAME}-llm-keys: deploy this version of it"),
    ],
)
def test_a_function_that_cannot_be_asked_is_one_line(fusebox: Fusebox, code: str, said: str) -> None:
    fusebox.deploy()
    fusebox.deny("Invoke", code)
    ran = fusebox("keys")
    assert (ran.code, said in ran.out.splitlines()[0]) == (1, True)


def test_a_stack_that_is_not_there_is_refused(fusebox: Fusebox) -> None:
    assert "there is no stack 'Nobody'" in fusebox("keys", "--stack", "Nobody").complaint


def test_names_of_others_cannot_steer_the_terminal(fusebox: Fusebox, answering: Callable[..., list[Any]]) -> None:
    one = told()
    one["uncovered"][0]["name"] = "\x1b[2Jintern\u202e"
    one["trouble"] = ["\x1b]0;owned\x07"]
    answering(one)
    assert all(line.isprintable() for line in fusebox("keys").out.splitlines())
    assert all(line.isprintable() for line in fusebox("keys", "--json").out.splitlines())


@pytest.mark.parametrize(
    ("id", "short"),
    [
        ("apikey_01EXAMPLEexample", "apikey_01EXAMPLEexample"),
        ("0" * 58 + "abcdef", "000000000000…abcdef"),
        ("arn:aws:iam::123456789012:user/batch/summaries", "user/batch/summaries"),
        ("arn:aws:secretsmanager:us-east-1:123456789012:secret:chat/claude-AbCdEf", "chat/claude-AbCdEf"),
    ],
)
def test_an_id_is_shortened_so_that_both_ends_are_seen(id: str, short: str) -> None:
    assert keys_view.short_id(id) == short


def test_it_reads_what_the_function_writes() -> None:
    key = Key(name="chat", kind="anthropic", id="apikey_00000001", provider="claude")
    budget = Budget(name="ml", amount=500.0, keys=("chat",), sources=(Source(kind="meter"),))
    settings = LlmKeysSettings(
        providers=(ProviderAccount(name="claude", kind="anthropic"),), keys=(key,), budgets=(budget,)
    )
    level = Level((Reading("meter", 512.0),))
    breaker = Breaker("2026-11", "open", "2026-11-22T11:00:00.000000Z", "", 512.0, why="spent")
    facts: list[Subject] = [
        BudgetFacts("arn", NOW, budget, period_at("monthly", NOW), level, breaker, going_on=("a batch job",)),
        KeyFacts("arn", NOW, key, {"status": "inactive"}, {"status": "inactive"}, holds={"ml": "spent"}),
    ]
    loose = [Credential("anthropic", "apikey_00000009", "intern")]
    written = json.loads(json.dumps(inventory.shown(facts, settings, loose, [], {})))
    got = key_inventory.read(written)
    assert got.problems == []
    assert (got.budgets[0].state, got.budgets[0].spent, got.budgets[0].ceiling) == ("open", 512.0, 500.0)
    assert (got.keys[0].state, got.keys[0].held_by, got.keys[0].same_key) == ("stopped", ("ml",), True)
    assert got.uncovered == [CredentialRow("anthropic", "apikey_00000009", "intern", "")]
    assert list(got.going_on) == ["a batch job"]

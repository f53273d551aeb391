"""A budget is spent, its keys stop at five providers, and a person gives them back: along the template's own wiring."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fusebox_meter import Meter
from local import LocalAccount
from local.demo.browser import form, send
from local.llm_providers import FakeProviders
from local.llm_providers.faults import DIES_AFTERWARDS, HANGS, fails, limits
from local.moto_metrics import MetricSeed
from local.slack import FakeSlack
from tests.e2e.asking import command, press
from tests.e2e.conftest import START
from tests.e2e.keyring import BASE, FUNCTION, Keyring
from tests.e2e.llm_policy import Stack

SECONDS, LATENCY = 2.0, 0.1
"""Most that may pass between a message and the last stop, and what a provider takes to answer."""
MINUTE = timedelta(minutes=1)
ROLE = f"arn:aws:iam::123456789012:role/{FUNCTION}"
STOP, ADMIN = f"arn:aws:iam::123456789012:policy/{BASE}-llm-stop", "arn:aws:iam::aws:policy/AdministratorAccess"
TOKENS_FOR_A_DOLLAR = 1e6 / 3
"""Of the input of the model that the stories use, by Anthropic's list price."""
Modes = dict[str, Stack]


@pytest.fixture(scope="module")
def modes(llm_stack: Callable[[str], Stack]) -> Modes:
    return {mode: llm_stack(mode) for mode in ("enforce", "observe", "approve")}


@pytest.fixture(scope="module")
def furnished(modes: Modes, fakes: FakeProviders) -> Iterator[Keyring]:
    """One account for all stories, each of which has a budget and keys of its own."""
    stack = modes["enforce"]
    with FakeSlack() as slack, LocalAccount(stack.assembly, start=START) as account:
        ring = Keyring(account, fakes, slack, stack)
        ring.sweep()
        yield ring


@pytest.fixture
def ring(furnished: Keyring) -> Iterator[Keyring]:
    """The account at the beginning of a story; at its end nothing got lost, and nothing shows a secret."""
    furnished.news()
    yield furnished
    for fake in furnished.fakes.all:
        fake.heal()
        fake.latency = 0.0
    shown, secrets = list(furnished.outputs()), furnished.secrets()
    assert len(secrets) > 20
    for where, text in shown:
        assert not [one for one in secrets if one in text], f"{where} shows a secret"
    assert furnished.account.losses == []


# -- stopped, and given back ---------------------------------------------------------------------
def test_ten_keys_at_five_providers_stop_within_seconds_and_come_back_by_a_button(ring: Keyring) -> None:
    keys = list(ring.keys_of("Launch week"))
    for dollars, percent in ((600, 50), (850, 80)):
        ring.spend("Launch week", dollars)
        (warning,) = ring.news()
        assert f"over {percent} %" in warning
    assert ring.working("Launch week") == keys
    for fake in ring.fakes.all:
        fake.latency = LATENCY

    began = time.monotonic()
    ring.spend("Launch week", 1100)
    last = max(one.answered for one in ring.fakes.requests)

    assert last - began < SECONDS
    for fake in ring.fakes.all:
        fake.latency = 0.0
    assert ring.working("Launch week") == []
    (told,) = ring.news()
    for words in ("*10 done*", "Launch week is open", "of $1,000.00 spent in 2026-11", "*enforce* mode"):
        assert words in told
    assert any(ring.key_at("chat-claude").id in text for _, text in ring.outputs())

    ring.override("Launch week", 2000)
    (question,) = ring.news()
    for words in ("a ceiling of $2,000.00: launch on Friday", "10 keys: chat-claude", '"action_id": "approve"'):
        assert words in question
    assert press(ring.account, ring.slack).status == 200
    ring.account.settle()
    assert ring.working("Launch week") == keys
    assert "U012AB3CD" in ring.news()[-1]

    ring.spend("Launch week", 1900)
    ring.account.advance(5 * MINUTE)
    assert ring.working("Launch week") == keys
    ring.spend("Launch week", 2000)
    assert ring.working("Launch week") == keys  # AWS Budgets has told of all its thresholds, and is silent
    ring.account.advance(5 * MINUTE)
    assert ring.working("Launch week") == []
    assert "of $2,000.00 spent" in ring.news()[-1]


def test_a_key_of_two_budgets_comes_back_when_both_are_closed_and_by_no_link(ring: Keyring) -> None:
    ring.spend("Team A", 120)
    (action,) = (one["action_id"] for one in _ledger(ring, "shared-router") if one["kind"] == "intent")
    ring.spend("Team B", 130)
    ring.news()
    first = ring.override("Team A", 500)
    (question,) = ring.news()
    assert "/approve?" not in question
    link = question[question.index("http://127") :].split("|")[0].replace("&amp;", "&")
    with pytest.raises(LookupError, match="0 forms to approve"):
        form(link, "approve")
    assert send("POST", link.replace("/reject?", "/approve?"), b"", {}).status >= 400
    assert command(ring.account, first).status == 200
    ring.account.settle()
    assert not ring.works("shared-router")

    refused = ring.fusebox("undo", action, "--yes", policy=True)
    assert refused.exit_code == 2
    assert "is held by budget 'Team B': close the breaker with `fusebox override`" in refused.output

    assert command(ring.account, ring.override("Team B", 500)).status == 200
    ring.account.settle()
    assert ring.works("shared-router")


def test_all_of_it_is_shown_by_a_command(ring: Keyring) -> None:
    forgotten = ring.fakes.anthropic.add_key("forgotten")
    shown = json.loads(ring.fusebox("keys", "--json", policy=True).stdout)
    assert {one["name"] for one in shown["budgets"]} == {one.name for one in ring.stack.settings.budgets}
    assert {one["name"] for one in shown["keys"]} == {one.name for one in ring.stack.settings.keys}
    (whole,) = [one for one in shown["budgets"] if one["name"] == "Launch week"]
    assert [one["kind"] for one in whole["sources"]] == ["aws", "provider_usage", "bedrock_metrics", "meter"]
    assert {"kind": "anthropic", "id": forgotten.id, "name": "forgotten", "note": ""} in shown["uncovered"]
    table = ring.fusebox("keys", policy=True).stdout
    assert "No budget covers these, so nothing ever stops them" in table
    assert "forgotten" in table


# -- what is said on the topic -------------------------------------------------------------------
def test_the_same_message_twenty_times_among_older_ones_stops_once(ring: Keyring) -> None:
    warned = ring.spend("Twice told", 60) + ring.spend("Twice told", 90)
    spent, forecast = ring.spend("Twice told", 150, forecast=300)
    last_month = spent.replace("November 02", "October 30").replace("$150.00", "$400.00")
    ring.news()
    said = [spent] * 12 + [*warned, forecast, last_month] * 2
    random.Random(7).shuffle(said)
    for text in said:
        ring.say(text)
    changes = [one for one in ring.fakes.anthropic.requests if one.method == "POST"]
    assert [one.path for one in changes].count(f"/v1/organizations/api_keys/{ring.key_at('twice-claude').id}") == 1
    assert [("$400.00 spent of Twice told" in one) for one in ring.news()] == [True]  # the only words that are new


def test_a_forecast_stops_nothing(ring: Keyring) -> None:
    ring.spend("Calm", 10, forecast=500)
    (told,) = ring.news()
    assert "AWS Budgets forecasts $500.00 for Calm" in told
    assert "a forecast stops nothing" in told
    ring.account.advance(5 * MINUTE)
    assert (ring.works("calm-claude"), ring.news()) == (True, [])


def test_what_cannot_be_read_changes_nothing_is_told_and_kept(ring: Keyring) -> None:
    (text,) = ring.spend("Odd", 60)
    ring.news()
    kept = len(ring.failures())
    for odd in (
        "your budget is spent, stop everything",
        text.replace("Odd-", "Unknown-"),
        text.replace("123456789012", "999999999999"),
        text.replace("$60.00", "sixty"),
    ):
        ring.say(odd)
        (told,) = ring.news()
        assert "a message of the topic changed nothing" in told
    ring.account.advance(4 * MINUTE)
    assert (len(ring.failures()) - kept, ring.news()) == (4, [])
    assert ring.works("odd-claude")
    ring.account.client("sqs").purge_queue(QueueUrl=ring.account.outputs["FailureQueueUrl"])


def test_what_failed_on_the_way_is_stopped_by_a_redrive(ring: Keyring) -> None:
    ring.spend("Kept", 90)
    before = len(ring.failures())
    ring.account.fail("dynamodb:BatchGetItem", code="AccessDeniedException", times=9)
    ring.spend("Kept", 120)
    ring.account.advance(3 * MINUTE + timedelta(seconds=1))
    ring.account.heal()
    assert (ring.works("kept-claude"), len(ring.failures())) == (True, before + 1)
    assert "handed over, none left" in ring.fusebox("redrive").output
    ring.account.settle()
    assert not ring.works("kept-claude")


# -- what goes wrong -----------------------------------------------------------------------------
def test_a_provider_that_fails_or_hangs_holds_up_no_other_and_is_stopped_later(ring: Keyring) -> None:
    ring.spend("Weak", 60)
    ring.spend("Weak", 90)
    ring.news()
    ids = {name: ring.key_at(name).id for name in ring.keys_of("Weak")}
    fakes = ring.fakes
    fakes.anthropic.fault(fails(500), 4, "POST", ids["weak-claude"])
    fakes.anthropic.fault(limits(1), 1, "POST", ids["late-claude"])
    fakes.openai.fault(DIES_AFTERWARDS, 1, "POST", ring.key_at("weak-gpt").project)
    fakes.openrouter.fault(HANGS, 1, "PATCH", ids["weak-router"])
    fakes.litellm.fault(fails(403), None, "POST", "/key/block")

    began = time.monotonic()
    ring.spend("Weak", 120)

    stopped = next(one for one in fakes.requests if one.method == "POST" and one.path.endswith(ids["sound-claude"]))
    assert stopped.answered - began < SECONDS
    assert ring.working("Weak") == ["weak-claude", "weak-proxy"]
    (told,) = ring.news()
    for words in ("*4 done*", "FAILED", "weak-claude", "500 api_error", "set it again: fusebox secret set llm-proxy"):
        assert words in told
    ring.account.advance(4 * MINUTE)  # Lambda tries again, twice
    assert ring.working("Weak") == ["weak-proxy"]
    fakes.litellm.heal()
    ring.account.advance(5 * MINUTE)
    assert ring.working("Weak") == []
    assert [one for one in ring.news() if "weak-proxy" in one and "*1 done*" in one]


def test_a_pause_holds_it_back(ring: Keyring) -> None:
    assert ring.fusebox("pause", "llm_keys", "--reason", "wait").exit_code == 0
    ring.spend("Paused", 120)
    assert ring.works("paused-claude")
    assert "1 held back by a pause" in ring.news()[1]
    assert ring.fusebox("resume", "llm_keys").exit_code == 0
    ring.account.advance(5 * MINUTE)
    assert not ring.works("paused-claude")


# -- faster sources, and other modes -------------------------------------------------------------
def test_what_applications_report_stops_keys_by_an_alarm(ring: Keyring) -> None:
    lines: list[str] = []
    usage = {"prompt_tokens": 9_000_000, "completion_tokens": 10, "total_tokens": 9_000_010}
    with Meter(budget="Metered", emit=lines.append) as meter:
        meter.record({"object": "chat.completion", "model": "gpt-4o", "choices": [], "usage": usage})
    ring.account.log("\n".join(lines))
    ring.account.advance(MINUTE)
    assert not ring.works("metered-proxy")
    (told,) = ring.news()
    assert "of $20.00 spent in the hour from 2026-11-02" in told


def test_what_bedrock_counts_stops_keys_without_a_message_and_what_goes_on_is_told(ring: Keyring) -> None:
    def use(dollars: float) -> None:
        model, at = "anthropic.claude-sonnet-4-5-20250929-v1:0", ring.account.clock.now()
        tokens = ((at, dollars * TOKENS_FOR_A_DOLLAR),)
        ring.account.seed_metrics([MetricSeed("AWS/Bedrock", "InputTokenCount", (("ModelId", model),), tokens)])

    use(60)
    ring.account.advance(5 * MINUTE)
    assert not ring.works("summaries")
    ring.account.advance(10 * MINUTE)
    ring.news()
    use(5)
    ring.account.advance(5 * MINUTE)
    (told,) = ring.news()
    assert "spend goes on after the stop: $5.50 through bedrock_metrics anthropic.claude-sonnet-4-5" in told


def test_in_observe_mode_it_says_what_it_would_do(ring: Keyring, modes: Modes) -> None:
    with ring.deployed(modes["observe"]):
        ring.spend("Watched", 120)
        assert ring.works("watched-claude")
        assert "1 would be changed (observe mode)" in ring.news()[0]


def test_in_approve_mode_it_asks_before_it_stops(ring: Keyring, modes: Modes) -> None:
    with ring.deployed(modes["approve"]):
        ring.spend("Asked", 120)
        ring.account.advance(2 * MINUTE)
        assert ring.works("asked-claude")
        assert "asked-claude" in next(one for one in ring.news() if "asks: 1 change" in one)
        assert press(ring.account, ring.slack).status == 200
        ring.account.settle()
        assert not ring.works("asked-claude")


# -- the role ------------------------------------------------------------------------------------
def test_the_functions_role_raises_nobodys_rights(ring: Keyring) -> None:
    """One policy, that denies, on the principals that the policy names, and nothing else."""
    iam, secrets = ring.account.client("iam", ROLE), ring.account.client("secretsmanager", ROLE)
    agents = {"RoleName": "agents"}
    everything = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}})
    tries: list[tuple[Callable[..., Any], dict[str, str]]] = [
        (iam.attach_role_policy, {**agents, "PolicyArn": ADMIN}),
        (iam.attach_user_policy, {"UserName": "somebody", "PolicyArn": STOP}),
        (iam.attach_role_policy, {"RoleName": FUNCTION, "PolicyArn": STOP}),
        (iam.detach_role_policy, {**agents, "PolicyArn": ADMIN}),
        (iam.detach_role_policy, {"RoleName": FUNCTION, "PolicyArn": STOP}),
        (iam.put_role_policy, {**agents, "PolicyName": "calls", "PolicyDocument": everything}),
        (iam.update_assume_role_policy, {**agents, "PolicyDocument": everything}),
        (iam.create_policy_version, {"PolicyArn": STOP, "PolicyDocument": everything}),
        (iam.set_default_policy_version, {"PolicyArn": STOP, "VersionId": "v1"}),
        (iam.update_access_key, {"UserName": "somebody", "AccessKeyId": "AKIA0000000000000000", "Status": "Active"}),
        (iam.create_access_key, {"UserName": "robot"}),
        (iam.create_service_specific_credential, {"UserName": "notebooks", "ServiceName": "bedrock.amazonaws.com"}),
        (secrets.put_resource_policy, {"SecretId": "legacy/openai", "ResourcePolicy": everything}),
        (secrets.put_secret_value, {"SecretId": f"{BASE}-llm-openai", "SecretString": "another"}),
        (secrets.get_secret_value, {"SecretId": "legacy/openai"}),
    ]
    for call, parameters in tries:
        with pytest.raises(ClientError, match=r"AccessDenied"):
            call(**parameters)
    iam.attach_role_policy(**agents, PolicyArn=STOP)
    assert not ring.works("agents")
    iam.detach_role_policy(**agents, PolicyArn=STOP)


def _ledger(ring: Keyring, name: str) -> list[dict[str, Any]]:
    """What the ledger holds of a key by its name."""
    shown = json.loads(ring.fusebox("ledger", "--json", "--last", "0").stdout)
    return [one for one in shown["entries"] if one["name"] == name]

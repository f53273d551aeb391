"""fusebox secret and rotate-link-key: values go in, and never come out."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from cli import link_keys, secret_values
from functions.approval import links
from functions.core.types import Refused
from tests.cli.conftest import NAME, Fusebox, Ran

WEBHOOK = "https://hooks.slack.com/services/T000/B000/very-secret"
HEX = "8f742231b10e8888abcd99yy".replace("y", "a")
ADMIN = "-".join(("sk", "ant", "admin", "very-secret"))


@pytest.fixture
def deployed(fusebox: Fusebox) -> Fusebox:
    """A deployed Fusebox with both of Slack's secrets and one of a provider, still empty, and a link key."""
    fusebox.deploy()
    secrets = boto3.client("secretsmanager")
    for name in ("slack-webhook", "slack-signing-secret", "llm-anthropic"):
        secrets.create_secret(Name=f"{NAME}-{name}")
    secrets.create_secret(Name=f"{NAME}-link-key", SecretString='{"1": "first"}')
    return fusebox


def value(name: str) -> str:
    return str(boto3.client("secretsmanager").get_secret_value(SecretId=f"{NAME}-{name}")["SecretString"])


def silent(ran: Ran, *values: str) -> bool:
    return not any(one in ran.out + ran.err for one in values)


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("slack-webhook", f"  {WEBHOOK}\n", WEBHOOK),
        ("slack-webhook", "http://127.0.0.1:8123/hook\n", "http://127.0.0.1:8123/hook"),
        ("slack-signing-secret", f"{HEX}\r\n", HEX),
        ("llm-anthropic", f" {ADMIN}\n", ADMIN),
    ],
)
def test_a_value_is_taken_from_standard_input_and_trimmed(deployed: Fusebox, name: str, typed: str, kept: str) -> None:
    ran = deployed("secret", "set", name, answer=typed)
    assert ran.code == 0
    assert ran.out == f"{name} is set. Functions use it within five minutes.\n"
    assert value(name) == kept
    assert silent(ran, kept)
    assert silent(deployed("secret", "set", name, "--json", answer=typed), kept)


def test_a_terminal_is_asked_without_an_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    prompts: list[str] = []

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def ask(prompt: str) -> str:
        prompts.append(prompt)
        return f"{WEBHOOK} "

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("getpass.getpass", ask)
    assert secret_values.typed("slack-webhook") == WEBHOOK
    assert prompts == ["slack-webhook (not shown): "]


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("slack-webhook", "", "nothing came from standard input"),
        ("slack-webhook", " \n", "nothing came from standard input"),
        ("slack-webhook", "hooks.slack.com/services/secret", "an https URL is allowed"),
        ("slack-webhook", "http://hooks.slack.com/services/secret", "an https URL is allowed"),
        ("slack-webhook", "https://user:secret@hooks.slack.com/", "an https URL is allowed"),
        ("slack-webhook", "https://hooks.slack.com/services/secret more", "an https URL is allowed"),
        ("slack-webhook", "https://hooks.slack.com:secret/", "an https URL is allowed"),
        ("slack-webhook", "https://" + "secret" * 400, "an https URL is allowed"),
        ("slack-webhook", "secret" * 1000, "longer than 4,096 characters"),
        ("slack-signing-secret", "xoxb-not-secret-this-one", "16 to 128 characters of 0-9 and a-f are allowed"),
        ("slack-signing-secret", "abc", "16 to 128 characters"),
        ("slack-signing-secret", "a" * 129, "16 to 128 characters"),
        ("llm-anthropic", "\n", "nothing came from standard input"),
        ("llm-anthropic", "secret!", "8 to 512 printable ASCII characters without spaces"),
        ("llm-anthropic", "Bearer not-secret-this-one", "8 to 512 printable"),
        ("llm-anthropic", "not-secret-thïs-one", "8 to 512 printable"),
        ("llm-anthropic", "secret" * 100, "8 to 512 printable"),
    ],
)
def test_what_cannot_be_it_is_refused_without_being_shown(deployed: Fusebox, name: str, typed: str, said: str) -> None:
    ran = deployed("secret", "set", name, answer=typed)
    assert ran.code == 2
    assert said in ran.complaint
    assert silent(ran, "secret@", "services/secret", "not-secret", "secretsecret", "aaaaaaaaaaaaaaaa")
    assert "secretsmanager.PutSecretValue" not in deployed.calls


def test_the_state_of_each_and_no_value(deployed: Fusebox) -> None:
    deployed("secret", "set", "slack-webhook", answer=WEBHOOK)
    boto3.client("secretsmanager").delete_secret(SecretId=f"{NAME}-link-key", ForceDeleteWithoutRecovery=True)
    ran = deployed("secret", "status", "--json")
    states = {one["secret"]: one["state"] for one in ran.json["secrets"]}
    assert states == {
        "slack-webhook": "set",
        "slack-signing-secret": "empty",
        "link-key": "absent",
        "llm-anthropic": "empty",
    }
    shown = deployed("secret", "status")
    assert "fusebox secret set slack-signing-secret" in shown.out
    assert "fusebox secret set llm-anthropic" in shown.out
    assert "approval.page: function_url" in shown.out
    assert silent(shown, WEBHOOK)
    assert "secretsmanager.GetSecretValue" not in deployed.calls


@pytest.mark.parametrize(
    ("command", "typed", "key"),
    [
        (("secret", "set", "slack-webhook"), WEBHOOK, "slack.webhook: true"),
        (("secret", "set", "slack-signing-secret"), HEX, "slack.app: true"),
        (("secret", "set", "llm-openai"), ADMIN, "guardrails.llm_keys.providers, and a budget with one of its keys,"),
        (("rotate-link-key",), "", "approval.page: function_url"),
    ],
)
def test_a_secret_that_the_policy_does_not_ask_for(
    fusebox: Fusebox, command: tuple[str, ...], typed: str, key: str
) -> None:
    fusebox.deploy()
    ran = fusebox(*command, answer=typed)
    assert ran.code == 2
    assert f"set {key} in the policy and deploy" in ran.complaint


def test_secrets_of_others_are_not_listed(deployed: Fusebox) -> None:
    secrets = boto3.client("secretsmanager")
    for name in ("llm-elsewhere", f"other-{NAME}-llm-openai", f"{NAME}-llm-openai"):
        secrets.create_secret(Name=name)
    listed = [one["secret"] for one in deployed("secret", "status", "--json").json["secrets"]]
    assert listed == ["slack-webhook", "slack-signing-secret", "link-key", "llm-anthropic", "llm-openai"]


@pytest.mark.parametrize("name", ["slack", "link-key", "llm-", "llm-UPPER", "llm-a/b", "anthropic", ""])
def test_a_name_of_no_secret_is_refused_before_a_value_is_read(deployed: Fusebox, name: str) -> None:
    ran = deployed("secret", "set", name, answer=ADMIN)
    assert ran.code == 2
    assert "there are slack-webhook, slack-signing-secret, and llm-NAME" in ran.complaint
    assert deployed.calls == []


def test_without_a_deployed_fusebox_there_are_no_secrets(fusebox: Fusebox) -> None:
    assert "no Fusebox is deployed here" in fusebox("secret", "set", "slack-webhook", answer=WEBHOOK).complaint
    assert "no Fusebox is deployed here" in fusebox("secret", "status").complaint
    assert "no Fusebox is deployed here" in fusebox("rotate-link-key").complaint


def test_a_permission_that_is_missing_is_one_line(deployed: Fusebox) -> None:
    deployed.deny("PutSecretValue")
    ran = deployed("secret", "set", "slack-webhook", answer=WEBHOOK)
    assert "not allowed to call PutSecretValue" in ran.complaint
    assert silent(ran, WEBHOOK)


def test_the_newer_link_key_signs_and_the_older_still_verifies(deployed: Fusebox) -> None:
    now = datetime.now(UTC)
    before = links.read_keys(value("link-key"))
    path = links.path(before, "20260101", "approve", now + timedelta(days=1), "nonce")
    ran = deployed("rotate-link-key")
    assert ran.code == 0
    assert "Version 2 of the link key signs from now on" in ran.out
    assert "verify until they expire" in ran.out
    assert "five minutes" in ran.out
    after = links.read_keys(value("link-key"))
    assert after.newest == "2"
    assert len(after.by_version["2"]) == 64
    assert silent(ran, after.by_version["2"], "first")
    assert links.verify(after, "20260101", "approve", path.partition("?")[2], now).version == "1"
    assert deployed("rotate-link-key", "--json").json["version"] == "3"


def test_keys_that_no_living_link_was_signed_with_are_dropped() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    first = link_keys.rotate('{"1": "first"}', start)
    second = link_keys.rotate(first.text, start + timedelta(days=44))
    assert (second.dropped, sorted(links.read_keys(second.text).by_version)) == ([], ["1", "2", "3"])
    third = link_keys.rotate(second.text, start + timedelta(days=46))
    assert (third.dropped, third.version) == (["1"], "4")
    assert set(json.loads(third.text)["retired"]) == {"2", "3"}
    assert json.loads(third.text)["retired"]["2"] == json.loads(second.text)["retired"]["2"]


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "{}", '{"1": ""}', '{"1": "a", "retired": 7}'])
def test_a_link_key_that_cannot_be_read_is_left_as_it_is(text: str) -> None:
    with pytest.raises(Refused, match="the link key cannot be read"):
        link_keys.rotate(text, datetime.now(UTC))

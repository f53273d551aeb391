"""The secrets of a deployed Fusebox: read from a person, checked, written. No error ever holds a value."""

from __future__ import annotations

import getpass
import re
import sys
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from cli import trouble
from cli.deployment import Deployed
from cli.session import Place
from functions.core.types import Refused
from functions.llm_keys.keys import NAME
from functions.llm_keys.names import secret_part

WEBHOOK, SIGNING, LINK_KEY = "slack-webhook", "slack-signing-secret", "link-key"
POLICY_KEYS = {WEBHOOK: "slack.webhook: true", SIGNING: "slack.app: true", LINK_KEY: "approval.page: function_url"}
"""The secrets there may be, each with what in the policy makes it; beside them one for each provider account."""
ACCOUNT = re.compile(secret_part(NAME.pattern))
"""The secret of a provider account of llm_keys."""
OF_ACCOUNTS = "guardrails.llm_keys.providers, and a budget with one of its keys,"
SHORTEST_CREDENTIAL, LONGEST_CREDENTIAL = 8, 512
LONGEST = 4096
LONGEST_URL = 2048
LOOPBACK = ("127.0.0.1", "::1", "localhost")
HEX = re.compile(r"[0-9a-fA-F]{16,128}")
PRINTABLE = re.compile(r"[!-~]+")
MISSING = "ResourceNotFoundException"
CURRENT = "AWSCURRENT"
"""The label of the version that readers get; an empty secret has none."""


@dataclass(frozen=True, slots=True)
class State:
    """A secret without its value: set, empty or absent, when it was changed, and what would help."""

    name: str
    state: str
    changed: str
    help: str


def known(name: str) -> str:
    """The name of a secret that comes from outside; Refused where it is none."""
    if name in (WEBHOOK, SIGNING) or ACCOUNT.fullmatch(name):
        return name
    raise Refused(
        f"there is no secret {name!r:.80} to set; there are {WEBHOOK}, {SIGNING}, and llm-NAME for a provider account "
        "that the policy names"
    )


def names(place: Place, stack: Deployed) -> list[str]:
    """The secrets there may be, and those of provider accounts that there are."""
    start = f"{stack.name}-{secret_part('')}"
    pages = (
        place.clients.get("secretsmanager")
        .get_paginator("list_secrets")
        .paginate(Filters=[{"Key": "name", "Values": [start]}])
    )
    found = sorted(one["Name"] for page in pages for one in page["SecretList"] if one["Name"].startswith(start))
    return [*POLICY_KEYS, *(name.removeprefix(f"{stack.name}-") for name in found)]


def typed(name: str) -> str:
    """What a person or a pipe gives; a terminal does not show it."""
    hidden = sys.stdin.isatty()
    text = getpass.getpass(f"{name} (not shown): ") if hidden else sys.stdin.read(LONGEST + 1)
    if len(text) > LONGEST:
        raise Refused(f"{name}: what came from standard input is longer than {LONGEST:,} characters")
    if not text.strip():
        raise Refused(f"{name}: nothing came from standard input; the value is typed or piped in, never an argument")
    return text.strip()


def checked(name: str, value: str) -> str:
    """The value, if it can be what it is meant to be; Refused, saying what is allowed and not what was given."""
    if name == SIGNING and not HEX.fullmatch(value):
        raise Refused(
            f"{name}: 16 to 128 characters of 0-9 and a-f are allowed, as the Slack app's Basic Information shows it"
        )
    if name == WEBHOOK and not _is_webhook(value):
        raise Refused(
            f"{name}: an https URL is allowed, such as https://hooks.slack.com/services/…, or http on this machine"
        )
    if ACCOUNT.fullmatch(name) and not _is_credential(value):
        raise Refused(
            f"{name}: {SHORTEST_CREDENTIAL} to {LONGEST_CREDENTIAL} printable ASCII characters without spaces are "
            "allowed, as the provider shows its admin key"
        )
    return value


def put(place: Place, stack: Deployed, name: str, value: str) -> None:
    """Writes a secret; Refused where the stack has none of that name."""
    try:
        place.clients.get("secretsmanager").put_secret_value(SecretId=f"{stack.name}-{name}", SecretString=value)
    except ClientError as error:
        raise _explained(error, stack, name) from None


def read(place: Place, stack: Deployed, name: str) -> str:
    """A secret's text, for a command that makes the next one from it."""
    try:
        answer: dict[str, Any] = place.clients.get("secretsmanager").get_secret_value(SecretId=f"{stack.name}-{name}")
    except ClientError as error:
        raise _explained(error, stack, name) from None
    return str(answer.get("SecretString") or "")


def state(place: Place, stack: Deployed, name: str) -> State:
    """How a secret stands. Reads no value: an empty secret has no version yet."""
    found = described(place, f"{stack.name}-{name}")
    if found is None:
        return State(name, "absent", "", f"the policy would make it: {_policy_key(name)}")
    if CURRENT in stages(found):
        changed = found.get("LastChangedDate")
        return State(name, "set", changed.isoformat() if changed else "", "")
    return State(name, "empty", "", f"to fill it: fusebox secret set {name}")


def described(place: Place, secret: str) -> dict[str, Any] | None:
    """What Secrets Manager tells of a secret but for its value; None where there is none of that name or ARN."""
    try:
        answer: dict[str, Any] = place.clients.get("secretsmanager").describe_secret(SecretId=secret)
    except ClientError as error:
        if trouble.code_of(error) != MISSING:
            raise
        return None
    return answer


def stages(description: dict[str, Any]) -> set[str]:
    """The labels that the versions of a described secret carry."""
    return {label for labels in description.get("VersionIdsToStages", {}).values() for label in labels}


def _explained(error: ClientError, stack: Deployed, name: str) -> Refused:
    if trouble.code_of(error) != MISSING:
        return Refused(trouble.refusal(error))
    return Refused(
        f"stack {stack.stack} has no secret {stack.name}-{name}, or it is empty: "
        f"set {_policy_key(name)} in the policy and deploy"
    )


def _policy_key(name: str) -> str:
    return POLICY_KEYS.get(name, OF_ACCOUNTS)


def _is_credential(value: str) -> bool:
    return bool(PRINTABLE.fullmatch(value)) and SHORTEST_CREDENTIAL <= len(value) <= LONGEST_CREDENTIAL


def _is_webhook(value: str) -> bool:
    if not PRINTABLE.fullmatch(value) or len(value) > LONGEST_URL:
        return False
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)

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

WEBHOOK, SIGNING, LINK_KEY = "slack-webhook", "slack-signing-secret", "link-key"
POLICY_KEYS = {WEBHOOK: "slack.webhook: true", SIGNING: "slack.app: true", LINK_KEY: "approval.page: function_url"}
"""The secrets there may be, each with what in the policy makes it."""
LONGEST = 4096
LONGEST_URL = 2048
LOOPBACK = ("127.0.0.1", "::1", "localhost")
HEX = re.compile(r"[0-9a-fA-F]{16,128}")
PRINTABLE = re.compile(r"[!-~]+")
MISSING = "ResourceNotFoundException"


@dataclass(frozen=True, slots=True)
class State:
    """A secret without its value: set, empty or absent, when it was changed, and what would help."""

    name: str
    state: str
    changed: str
    help: str


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
    try:
        found = place.clients.get("secretsmanager").describe_secret(SecretId=f"{stack.name}-{name}")
    except ClientError as error:
        if trouble.code_of(error) != MISSING:
            raise
        return State(name, "absent", "", f"the policy would make it: {POLICY_KEYS[name]}")
    if any("AWSCURRENT" in stages for stages in found.get("VersionIdsToStages", {}).values()):
        changed = found.get("LastChangedDate")
        return State(name, "set", changed.isoformat() if changed else "", "")
    return State(name, "empty", "", f"to fill it: fusebox secret set {name}")


def _explained(error: ClientError, stack: Deployed, name: str) -> Refused:
    if trouble.code_of(error) != MISSING:
        return Refused(trouble.refusal(error))
    return Refused(
        f"stack {stack.stack} has no secret {stack.name}-{name}, or it is empty: "
        f"set {POLICY_KEYS[name]} in the policy and deploy"
    )


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

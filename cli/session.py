"""Where a command works: the account, the Region, and as whom."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.config import Config

from functions.core.clients import Clients
from functions.core.types import Refused, Scope

if TYPE_CHECKING:
    from functions.core.guardrail import Guardrail
    from functions.core.table import Table

FIRST_CALL = Config(retries={"mode": "standard", "total_max_attempts": 2}, connect_timeout=5, read_timeout=10)
"""A wrong endpoint or network shows at the first call, in seconds rather than after eight tries."""


PATIENCE = 300
"""Seconds that a command waits for an answer: nothing presses it, and an endpoint that only plays AWS may be slow."""


@dataclass(frozen=True, slots=True)
class Place:
    """The account and Region of the present credentials, and the ARN they belong to."""

    clients: Clients
    scope: Scope
    caller: str


def locate(clients: Clients | None = None) -> Place:
    """Asks STS who and where we are; Refused where no Region is set, or an endpoint is no URL."""
    _check_endpoints()
    clients = clients or Clients(patience=PATIENCE)
    region = clients.region
    if not region:
        raise Refused("no AWS Region: set AWS_REGION, or a Region in the AWS profile")
    try:
        sts = clients.session.create_client("sts", config=FIRST_CALL)
    except ValueError as error:
        raise Refused(f"the AWS profile cannot be used: {error}") from error
    caller = sts.get_caller_identity()
    arn = str(caller["Arn"])
    return Place(clients, Scope(str(caller["Account"]), region, partition=arn.split(":")[1]), arn)


def _check_endpoints() -> None:
    for name, endpoint in sorted(os.environ.items()):
        if name.startswith("AWS_ENDPOINT_URL") and endpoint and not _is_url(endpoint):
            raise Refused(f"{name} is {endpoint!r}: write a URL such as http://localhost:4566, or unset it")


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def connect(
    place: Place, guardrail: Guardrail[Any, Any], settings: Any, table: Table, own_prefix: str, *, lasts: bool = True
) -> Any:
    """A guardrail's account, at work in this process; what it would remember is kept only where that `lasts`.

    `own_prefix` begins the names of what Fusebox made, such as the secrets that it reads.
    """
    from functions.core.guardrail import Connection
    from functions.core.memory import Memory

    memory = Memory(table, guardrail.name, lasts=lasts)
    # A plan's clients are watched, so that they only read; whoever acts in a hurry must not be taken for crashed.
    clients = Clients.urgent() if lasts and guardrail.spec.urgent else place.clients
    base = own_prefix.removesuffix("-")
    return guardrail.connect(Connection(clients, place.scope, settings, now, memory, base))


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)

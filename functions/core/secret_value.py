"""One secret, as Secrets Manager holds it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from botocore.exceptions import ClientError

from functions.core.clients import Clients

KEPT = timedelta(minutes=5)
"""A changed value is used after this long at the latest."""


class SecretValue:
    """Reads one secret. That it has no value yet is a state, not an error, and is never kept."""

    def __init__(self, clients: Clients, arn: str) -> None:
        self._clients = clients
        self._arn = arn
        self._kept = ""
        self._until: datetime | None = None

    def __repr__(self) -> str:
        return "SecretValue(…)"

    def value(self, now: datetime) -> str:
        """The value, or "" where nobody has set it."""
        if self._until is None or self._until <= now:
            self._kept = self._read()
            self._until = now + KEPT if self._kept else None
        return self._kept

    def forget(self) -> None:
        """Has it read anew: what was read did not serve, so somebody may be about to repair it."""
        self._kept, self._until = "", None

    def _read(self) -> str:
        try:
            answer: dict[str, Any] = self._clients.get("secretsmanager").get_secret_value(SecretId=self._arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return ""
            raise
        return str(answer.get("SecretString") or "").strip()

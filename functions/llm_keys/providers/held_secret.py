"""A secret that keys are switched or tried with: read when it is needed, by one thread at a time, and never shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.secret_value import SecretValue
from functions.llm_keys.providers.provider import ProviderFailed

KEPT = timedelta(seconds=5)
"""How long a failure serves all who ask: the keys of an account must not each wait for it, one after the other."""


class HeldSecret:
    """A value in Secrets Manager that keys are switched, or tried, with. `what` names it in errors."""

    def __init__(self, clients: Clients, arn: str, what: str, clock: Callable[[], datetime]) -> None:
        self._secret = SecretValue(clients, arn)
        self._what = what
        self._clock = clock
        self._turn = threading.Lock()
        self._failed = ""
        self._until: datetime | None = None

    def __repr__(self) -> str:
        return f"HeldSecret({self._what})"

    def value(self) -> str:
        """The value, or "" where nobody has set it. Raises ProviderFailed where it cannot be read."""
        with self._turn:
            if self._until is None or self._until <= self._clock():
                try:
                    return self._secret.value(self._clock())
                except ClientError as error:
                    self._fail(str(error.response["Error"]["Code"]))
                except BotoCoreError as error:
                    self._fail(type(error).__name__)
        raise ProviderFailed(f"{self._what} cannot be read: {self._failed}")

    def forget(self) -> None:
        """Has it read anew, though not before a failure has served its time."""
        with self._turn:
            self._secret.forget()

    def _fail(self, why: str) -> None:
        self._failed, self._until = why, self._clock() + KEPT

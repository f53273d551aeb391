"""What a function of the approval workflow finds around it, its secrets and its own URL included."""

from __future__ import annotations

import os
from functools import cached_property

from functions.approval import links
from functions.approval.spec import ApprovalSettings
from functions.core.secret_value import SecretValue
from functions.core.surroundings import Surroundings

LINK_KEY, SIGNING_SECRET = "FUSEBOX_LINK_SECRET", "FUSEBOX_SLACK_SIGNING_SECRET"
"""Where the stack names the two secrets; each is there only with what it serves."""


class Environment(Surroundings):
    """Its settings are those of the policy's `approval` section."""

    def __init__(self) -> None:
        super().__init__(ApprovalSettings)

    @property
    def page(self) -> bool:
        """Whether messages carry links to the page."""
        return LINK_KEY in os.environ

    @property
    def slack_app(self) -> bool:
        """Whether messages carry buttons that this function answers."""
        return SIGNING_SECRET in os.environ

    @cached_property
    def url(self) -> str:
        """The function's own URL, without the slash at its end."""
        name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        answer = self.clients.get("lambda").get_function_url_config(FunctionName=name)
        return str(answer["FunctionUrl"]).rstrip("/")

    def keys(self) -> links.Keys:
        """The keys that sign links; the stack makes the first of them."""
        return links.read_keys(self._link_key.value(self.clock()))

    def slack_signing_secret(self) -> str:
        """What Slack signs its requests with, or "" where nobody has set it."""
        return self._signing_secret.value(self.clock())

    def function_of(self, guardrail: str) -> str:
        """The name of a guardrail's function."""
        return f"{os.environ['FUSEBOX_NAME']}-{guardrail.replace('_', '-')}"

    @cached_property
    def _link_key(self) -> SecretValue:
        return SecretValue(self.clients, os.environ[LINK_KEY])

    @cached_property
    def _signing_secret(self) -> SecretValue:
        return SecretValue(self.clients, os.environ[SIGNING_SECRET])

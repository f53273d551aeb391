"""What a function of the approval workflow works with: made once, when first used, and kept."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError

from functions.approval import links
from functions.approval.spec import ApprovalSettings
from functions.core.clients import Clients
from functions.core.commands import Commands
from functions.core.dynamodb_table import DynamoDBTable
from functions.core.settings import from_plain
from functions.core.types import Scope

SETTINGS_FILE = Path(__file__).parents[2] / "settings.json"
SECRETS_KEPT = timedelta(minutes=5)


class Environment:
    """Settings, table, clients, secrets and clock. A secret that has no value yet is "not configured", not an error."""

    def __init__(self) -> None:
        self._secrets: dict[str, tuple[str, datetime]] = {}

    @staticmethod
    def clock() -> datetime:
        return datetime.now(UTC)

    @cached_property
    def log(self) -> Logger:
        return Logger(service="fusebox")

    @cached_property
    def clients(self) -> Clients:
        return Clients()

    @cached_property
    def settings(self) -> ApprovalSettings:
        return from_plain(ApprovalSettings, json.loads(SETTINGS_FILE.read_text()))

    @cached_property
    def table(self) -> DynamoDBTable:
        return DynamoDBTable(self.clients.get("dynamodb"), os.environ["FUSEBOX_TABLE"])

    @cached_property
    def scope(self) -> Scope:
        role = os.environ["FUSEBOX_ROLE_ARN"]
        return Scope(role.split(":")[4], os.environ["AWS_REGION"], role.split(":")[1], role)

    @cached_property
    def commands(self) -> Commands:
        return Commands(f"--stack {os.environ['FUSEBOX_STACK']}")

    @property
    def topic(self) -> str:
        return os.environ["FUSEBOX_ALERTS_TOPIC"]

    @property
    def slack_app(self) -> bool:
        """Whether messages carry buttons that this function answers."""
        return "FUSEBOX_SLACK_SIGNING_SECRET" in os.environ

    @property
    def page(self) -> bool:
        """Whether messages carry links to the page."""
        return "FUSEBOX_LINK_SECRET" in os.environ

    @cached_property
    def url(self) -> str:
        """The function's own URL, without the slash at its end."""
        name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        answer = self.clients.get("lambda").get_function_url_config(FunctionName=name)
        return str(answer["FunctionUrl"]).rstrip("/")

    def keys(self) -> links.Keys:
        """The keys that sign links; the stack makes the first of them."""
        return links.read_keys(self._secret("FUSEBOX_LINK_SECRET"))

    def slack_signing_secret(self) -> str:
        """What Slack signs its requests with, or "" where nobody has set it."""
        return self._secret("FUSEBOX_SLACK_SIGNING_SECRET").strip()

    def function_of(self, guardrail: str) -> str:
        """The name of a guardrail's function."""
        return f"{os.environ['FUSEBOX_NAME']}-{guardrail.replace('_', '-')}"

    def _secret(self, variable: str) -> str:
        now = self.clock()
        kept = self._secrets.get(variable)
        if kept and kept[1] > now:
            return kept[0]
        value = self._read_secret(os.environ[variable])
        self._secrets[variable] = (value, now + SECRETS_KEPT)
        return value

    def _read_secret(self, arn: str) -> str:
        try:
            answer: dict[str, Any] = self.clients.get("secretsmanager").get_secret_value(SecretId=arn)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ResourceNotFoundException":
                return ""
            raise
        return str(answer["SecretString"])

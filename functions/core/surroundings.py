"""What every function finds around it: clock, log, clients, its settings, the table, the account it works in."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from functions.core.clients import Clients
from functions.core.commands import Commands
from functions.core.dynamodb_table import DynamoDBTable
from functions.core.settings import from_plain
from functions.core.types import Scope

SETTINGS_FILE = Path(__file__).parents[2] / "settings.json"


class Surroundings:
    """Made when first used, and kept between invocations; importing or making it needs no environment."""

    def __init__(self, settings_type: type[Any]) -> None:
        self._settings_type = settings_type

    @staticmethod
    def clock() -> datetime:
        return datetime.now(UTC)

    @cached_property
    def log(self) -> Logger:
        """Structured logs; shares its name, and so its handler, with the loggers of core."""
        return Logger(service="fusebox")

    @cached_property
    def clients(self) -> Clients:
        return Clients()

    @cached_property
    def settings(self) -> Any:
        """The settings that synth wrote into the function's asset."""
        return from_plain(self._settings_type, json.loads(SETTINGS_FILE.read_text()))

    @cached_property
    def table(self) -> DynamoDBTable:
        return DynamoDBTable(self.clients.get("dynamodb"), os.environ["FUSEBOX_TABLE"])

    @cached_property
    def scope(self) -> Scope:
        role = os.environ["FUSEBOX_ROLE_ARN"]
        partition, account = role.split(":")[1], role.split(":")[4]
        return Scope(account, os.environ["AWS_REGION"], partition, role)

    @property
    def commands(self) -> Commands:
        return Commands(f"--stack {os.environ['FUSEBOX_STACK']}")

    @property
    def topic(self) -> str:
        """The alerts topic."""
        return os.environ["FUSEBOX_ALERTS_TOPIC"]

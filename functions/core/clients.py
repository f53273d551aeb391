"""AWS clients, each made when it is first used and then kept."""

from __future__ import annotations

import os
from typing import Any, Literal

import boto3
from botocore.config import Config

from functions import __version__

Retries = Literal["standard", "adaptive"]
ATTEMPTS = 5
USER_AGENT = f"fusebox/{__version__}"
"""How CloudTrail shows Fusebox's calls; a fixed text also spares botocore building one for each call."""


class Clients:
    """Makes boto3 clients from the environment's credentials, Region and AWS_ENDPOINT_URL.

    "adaptive" retries are for services whose rates AWS does not publish (Tagging, Auto Scaling).
    """

    def __init__(self, region: str | None = None) -> None:
        self._region = region
        self._session: boto3.session.Session | None = None
        self._made: dict[tuple[str, str], Any] = {}

    @property
    def session(self) -> boto3.session.Session:
        if self._session is None:
            # AWS_REGION is what the CLI and Lambda use; boto3 itself reads AWS_DEFAULT_REGION only.
            region = self._region or os.environ.get("AWS_REGION")
            self._session = boto3.session.Session(region_name=region)
        return self._session

    def get(self, service: str, retries: Retries = "standard") -> Any:
        """The client of a service."""
        key = (service, retries)
        if key not in self._made:
            config = Config(
                retries={"mode": retries, "max_attempts": ATTEMPTS},
                connect_timeout=5,
                read_timeout=10,
                user_agent=USER_AGENT,
            )
            self._made[key] = self.session.client(service, config=config)
        return self._made[key]

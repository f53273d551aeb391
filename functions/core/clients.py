"""AWS clients, each made when it is first used and then kept.

They come from botocore, which boto3 wraps: importing boto3 as well costs a cold start 0.2 s for S3's sake.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.config import Config
from botocore.session import Session, get_session
from botocore.utils import parse_timestamp

from functions import __version__

Retries = Literal["standard", "adaptive"]
ATTEMPTS = 5
PATIENCE = 10
"""Seconds to wait for an answer, so that a function that gets none has time to try again."""
USER_AGENT = f"fusebox/{__version__}"
"""How CloudTrail shows Fusebox's calls; a fixed text also spares botocore building one for each call."""


class Clients:
    """Makes clients from the environment's credentials, Region and AWS_ENDPOINT_URL.

    "adaptive" retries are for services whose rates AWS does not publish (Tagging, Auto Scaling). `patience` is how
    many seconds an answer may take.
    """

    def __init__(self, region: str | None = None, *, patience: int = PATIENCE) -> None:
        self._region = region
        self._patience = patience
        self._session: Session | None = None
        self._made: dict[tuple[str, str], Any] = {}

    @property
    def session(self) -> Session:
        """The botocore session that all clients come from; whoever registers on it first is heard by all."""
        if self._session is None:
            self._session = get_session()
            self._session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment)
            # AWS_REGION is what the CLI and Lambda use; botocore itself reads AWS_DEFAULT_REGION only.
            region = self._region or os.environ.get("AWS_REGION")
            if region:
                self._session.set_config_variable("region", region)
        return self._session

    @property
    def region(self) -> str:
        """The Region of the clients, or "" where none is set."""
        return self.session.get_config_variable("region") or ""

    def get(self, service: str, retries: Retries = "standard") -> Any:
        """The client of a service."""
        key = (service, retries)
        if key not in self._made:
            config = Config(
                retries={"mode": retries, "max_attempts": ATTEMPTS},
                connect_timeout=5,
                read_timeout=self._patience,
                user_agent=USER_AGENT,
                # AWS checks every request itself; doing it here too costs CPU with each of thousands.
                parameter_validation=False,
            )
            self._made[key] = self.session.create_client(service, config=config)
        return self._made[key]


def _moment(value: Any) -> datetime:
    """A time in an answer. botocore reads numbers slowly and as local time, and a sweep gets tens of thousands."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    read: datetime = parse_timestamp(value)
    return read

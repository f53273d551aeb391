"""AWS clients, each made when it is first used and then kept.

They come from botocore, which boto3 wraps: importing boto3 as well costs a cold start 0.2 s for S3's sake.
"""

from __future__ import annotations

import logging
import os
import threading
from datetime import UTC, datetime
from typing import Any, Literal

from botocore.config import Config
from botocore.session import Session, get_session
from botocore.utils import parse_timestamp

from functions import __version__

Retries = Literal["standard", "adaptive"]
TRIES, URGENT_TRIES = 6, 3
PATIENCE, URGENT_PATIENCE = 10, 4
"""Tries of a call, and seconds to wait for an answer, so that a function that gets none has time to try again.

Where it is urgent a call that is never answered is given up after 21 s: three times two seconds to connect and four to
wait, and pauses of at most one and two seconds (botocore guide, "Retries", standard mode).
"""
USER_AGENT = f"fusebox/{__version__}"
"""How CloudTrail shows Fusebox's calls; a fixed text also spares botocore building one for each call."""


class Clients:
    """Makes clients from the environment's credentials, Region and AWS_ENDPOINT_URL.

    "adaptive" retries are for services whose rates AWS does not publish (Tagging, Auto Scaling). `patience` is how
    many seconds an answer may take. Several threads may ask for clients at once; botocore's session makes one at a
    time only.
    """

    def __init__(self, region: str | None = None, *, patience: int = PATIENCE, tries: int = TRIES) -> None:
        self._region = region
        self._patience = patience
        self._tries = tries
        self._session: Session | None = None
        self._made: dict[tuple[str, str], Any] = {}
        self._turn = threading.Lock()

    @classmethod
    def urgent(cls) -> Clients:
        """Clients that give up soon, for what has little time."""
        return cls(patience=URGENT_PATIENCE, tries=URGENT_TRIES)

    @property
    def session(self) -> Session:
        """The botocore session that all clients come from; whoever registers on it first is heard by all."""
        if self._session is None:
            self._session = get_session()
            # Its debug lines hold whole answers, the values of secrets too, whoever turns debugging on.
            logging.getLogger("botocore").setLevel(logging.INFO)
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
        with self._turn:
            if key not in self._made:
                self._made[key] = self._make(service, retries)
        return self._made[key]

    def _make(self, service: str, retries: Retries) -> Any:
        config = Config(
            retries={"mode": retries, "total_max_attempts": self._tries},
            connect_timeout=min(5, self._patience // 2),
            read_timeout=self._patience,
            user_agent=USER_AGENT,
            # AWS checks every request itself; doing it here too costs CPU with each of thousands.
            parameter_validation=False,
        )
        return self.session.create_client(service, config=config)


def _moment(value: Any) -> datetime:
    """A time in an answer. botocore reads numbers slowly and as local time, and a sweep gets tens of thousands."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    read: datetime = parse_timestamp(value)
    return read

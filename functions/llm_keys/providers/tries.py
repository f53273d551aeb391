"""Sends one request until it is answered: within limits of time, size and tries, and with pauses a provider asks for.

Every request may be sent again, since what is asked for is always a state ("this key is inactive").
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

TIMED_OUT, TOO_MANY = 408, 429
CHUNK = 65536
NEVER_SENT = (NewConnectionError, ConnectTimeoutError, SSLError)
"""What fails before a request is on its way. Source: urllib3's reference, "Exceptions and Warnings"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds to connect, to wait for bytes, and for an operation in all; tries, and the first pause between them."""

    connect: float = 3.0
    read: float = 8.0
    operation: float = 20.0
    tries: int = 4
    pause: float = 0.25
    most_bytes: int = 8 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent. Its repr says little: the headers hold a credential."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None

    def __repr__(self) -> str:
        return f"Request({self.method} …)"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body, or, with status 0, `lost`: why there is no answer.

    `wait` is how many seconds the provider asks to wait, None where it does not say. `unsure` tells that this or an
    earlier try of the same request may have been carried out without an answer that says so.
    """

    status: int
    body: bytes = b""
    wait: float | None = None
    lost: str = ""
    unsure: bool = False

    @property
    def again(self) -> bool:
        """Whether another try may end otherwise."""
        return self.status in (0, TIMED_OUT, TOO_MANY) or self.status >= 500


class Tries:
    """Connections to one provider account, for many threads at once; none is opened before it is needed."""

    def __init__(self, limits: Limits, sleep: Callable[[float], None], clock: Callable[[], float]) -> None:
        self.limits = limits
        self._sleep = sleep
        self._clock = clock
        self._pool: urllib3.PoolManager | None = None
        self._lock = threading.Lock()

    def ends(self) -> float:
        """When an operation that begins now must be over."""
        return self._clock() + self.limits.operation

    def answer(self, request: Request, until: float) -> Answer:
        """The last answer within the limits. Raises nothing for what provider and network do."""
        pause, unsure, answer = self.limits.pause, False, Answer(0, lost="no time was left for it")
        for left in reversed(range(self.limits.tries)):
            if self._clock() >= until:
                break
            answer = self._once(request, until)
            unsure = unsure or answer.unsure
            wait = pause if answer.wait is None else answer.wait
            if not answer.again or not left or self._clock() + wait >= until:
                break
            self._sleep(wait)
            pause *= 2
        return Answer(answer.status, answer.body, answer.wait, answer.lost, unsure)

    def _once(self, request: Request, until: float) -> Answer:
        patience = max(until - self._clock(), 0.001)
        timeout = urllib3.Timeout(connect=min(self.limits.connect, patience), read=min(self.limits.read, patience))
        try:
            response = self._connections().urlopen(
                request.method,
                request.url,
                body=request.body,
                headers=request.headers,
                timeout=timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            return self._whole(response, until)
        except HTTPError as error:
            # Its text may hold the address with its query; what kind of error it was may not.
            return Answer(0, lost=f"no answer ({type(error).__name__})", unsure=not isinstance(error, NEVER_SENT))

    def _whole(self, response: urllib3.BaseHTTPResponse, until: float) -> Answer:
        """The answer with its body, read piece by piece so that neither size nor time get out of hand."""
        body = bytearray()
        for piece in response.stream(CHUNK):
            body += piece
            if len(body) > self.limits.most_bytes or self._clock() >= until:
                response.close()
                return Answer(0, lost=f"the answer does not end ({len(body)} bytes)", unsure=True)
        response.release_conn()
        failed = response.status == TIMED_OUT or response.status >= 500
        return Answer(response.status, bytes(body), seconds(response.headers.get("Retry-After")), unsure=failed)

    def _connections(self) -> urllib3.PoolManager:
        with self._lock:
            if self._pool is None:
                self._pool = urllib3.PoolManager(num_pools=2, maxsize=32, cert_reqs="CERT_REQUIRED")
            return self._pool


def seconds(text: str | None) -> float | None:
    """A Retry-After in seconds; None where it is none or a date."""
    return float(text) if text and text.isascii() and text.isdigit() and len(text) < 9 else None

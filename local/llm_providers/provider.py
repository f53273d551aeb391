"""What all fake providers have in common: a server, keys, faults, and a record of what arrived."""

from __future__ import annotations

import re
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http.client import responses
from types import TracebackType
from typing import Any, Literal, Self

from local.llm_providers.exchanges import Asked, Exchange, Refused, Reply, asked_by
from local.llm_providers.faults import Fault
from local.llm_providers.keys import FakeKey, Spent
from local.loopback import LoopbackServer

Handler = Callable[..., Reply]
Who = Literal["admin", "key", "anyone"]


class FakeProvider(ABC):
    """A context manager that serves one provider's API at `url`. Every provider has its own routes and its own errors.

    `latency` is how many seconds each answer takes. A call of a model takes `tokens` (input, output) and costs
    `dollars`.
    """

    name = ""
    base = ""
    """The path under which its API is."""
    calls = ""
    """Where a model is called."""
    model = ""
    """The model of calls that name none."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC), latency: float = 0.0) -> None:
        self.clock = clock
        self.latency = latency
        self.tokens = (1000, 500)
        self.dollars = 0.25
        self.admin_key = f"fake-admin-key-of-{self.name}"
        self.requests: list[Exchange] = []
        """What arrived, in the order of the answers."""
        self.keys: dict[str, FakeKey] = {}
        self.spent: list[Spent] = []
        self.lock = threading.RLock()
        self._faults: list[tuple[Fault, int | None, str, str]] = []
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        self._server = LoopbackServer(self._serve)
        self.url = self._server.url
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.stop()

    def fault(self, fault: Fault, times: int | None = 1, method: str = "", path: str = "") -> None:
        """Has the next requests go wrong, so many times or (None) until `heal`; of a method, with `path` in it."""
        with self.lock:
            self._faults.append((fault, times, method, path))

    def heal(self) -> None:
        """Ends all faults."""
        with self.lock:
            self._faults.clear()

    def spend(self, key: FakeKey, dollars: float, at: datetime | None = None, model: str = "", **tokens: Any) -> None:
        """Records a call with a key as if it had been made, now or at some moment."""
        when = self.clock() if at is None else at
        with self.lock:
            self.spent.append(Spent(key.id, when, model or self.model, dollars, project=key.project, **tokens))

    @abstractmethod
    def routes(self) -> list[tuple[str, str, Who, Handler]]:
        """Its operations: method, pattern of the path, whose key it takes, and what answers."""

    @abstractmethod
    def refusal(self, refused: Refused) -> Any:
        """The provider's way to write an error."""

    def signed(self, secret: str) -> dict[str, str]:
        """The headers of a program that uses a key."""
        return {"authorization": f"Bearer {secret}"}

    def check(self, asked: Asked) -> None:  # noqa: B027 - most providers check nothing more
        """Refuses a request for what all operations of the provider need."""

    def call(self, key: FakeKey, asked: Asked) -> None:
        """A call of a model: refuses it with what the provider refuses it, or adds it to what was spent."""
        if not isinstance(asked.body, dict) or not asked.body.get("model") or not asked.body.get("messages"):
            raise Refused(400, "invalid_request_error", "model and messages are needed")
        read, written = self.tokens
        self.spend(key, self.dollars, model=asked.body["model"], input=read, output=written)

    def key_with(self, secret: str) -> FakeKey | None:
        """The key that a secret belongs to."""
        return next((one for one in self.keys.values() if secret and one.secret == secret), None)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        asked = asked_by(environ, time.monotonic())
        fault = self._next_fault(asked)
        self._closing.wait(self.latency + fault.seconds)
        reply = fault.reply or Reply(500, "")
        if fault.applies or (fault.reply is None and not (fault.hangs or fault.dies)):
            with self.lock:
                done = self._answer(asked)
            reply = reply if fault.applies else done
        silent = fault.hangs or fault.dies
        self._record(asked, None if silent else reply, fault.reply is None and not silent)
        if fault.hangs:
            self._closing.wait()
        if silent:
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            raise ConnectionResetError
        headers = {"content-type": "application/json", "content-length": str(len(reply.content)), **reply.headers}
        start_response(f"{reply.status} {responses.get(reply.status, 'Overloaded')}", list(headers.items()))
        return [reply.content]

    def _answer(self, asked: Asked) -> Reply:
        try:
            return self._routed(asked)
        except Refused as refused:
            return Reply(refused.status, self.refusal(refused), refused.headers)

    def _routed(self, asked: Asked) -> Reply:
        found = [
            (method, who, handler, match.groups())
            for method, pattern, who, handler in self.routes()
            if (match := re.fullmatch(self.base + pattern, asked.path))
        ]
        if not found:
            raise Refused(404, "not_found_error", "there is no such path")
        for method, who, handler, groups in found:
            if method == asked.method:
                self.check(asked)
                if who == "admin" and asked.secret != self.admin_key:
                    raise Refused(401, "authentication_error", "this is no admin key")
                key = [self._taken(asked.secret)] if who == "key" else []
                return handler(*key, asked, *groups)
        raise Refused(405, "method_not_allowed", f"{asked.method} is not for this path")

    def _taken(self, secret: str) -> FakeKey:
        key = self.key_with(secret)
        if key is None or not self.takes(key):
            raise Refused(401, "authentication_error", "this key is not taken")
        return key

    def takes(self, key: FakeKey) -> bool:
        """Whether a key is taken now."""
        return key.status == "active"

    def _next_fault(self, asked: Asked) -> Fault:
        with self.lock:
            for at, (fault, times, method, path) in enumerate(self._faults):
                if method in ("", asked.method) and path in asked.path:
                    left = None if times is None else times - 1
                    self._faults[at : at + 1] = [] if left == 0 else [(fault, left, method, path)]
                    return fault
        return Fault()

    def _record(self, asked: Asked, reply: Reply | None, genuine: bool) -> None:
        with self.lock:
            key = self.key_with(asked.secret)
            by = "admin" if asked.secret == self.admin_key else key.id if key else ""
            status, answer = reply.status if reply else 0, reply.body if reply and genuine else None
            self.requests.append(
                Exchange(
                    asked.method,
                    asked.path,
                    asked.query,
                    asked.headers,
                    asked.body,
                    by,
                    status,
                    answer,
                    asked.at,
                    time.monotonic(),
                    genuine,
                )
            )

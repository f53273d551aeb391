"""The front door of the account: every API call is read, judged, recorded, and answered by moto or by
`local`.

A call made with a role's credentials is evaluated against that role's policies. A few operations are
answered here because moto would do nothing or the wrong thing: invoking a function, putting events, listing
log groups.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from local import absent, api, moto_hooks, permissions, strictness
from local.api import Answer, ApiError, ApiRequest
from local.errors import LocalAccountError
from local.loopback import LoopbackServer, read_body
from local.records import Call
from local.world import HARNESS_KEY, World

Handler = Callable[[ApiRequest], Answer | None]
Unsigned = Callable[[api.WsgiEnviron], Answer | None]
Observer = Callable[[ApiRequest], AbstractContextManager[None]]
Watcher = Callable[[ApiRequest], None]
Witness = Callable[[ApiRequest, Answer, str | None, str], None]
# Services whose calls moto answers one at a time here: it looks and writes in two steps, what AWS does in one.
_ONE_AT_A_TIME = ("dynamodb", "secretsmanager", "stepfunctions")
# What a topic's policy may deny even to the owner: only services publish there.
_DENIED_TO_THE_OWNER = ("sns.Publish", "sns.PublishBatch")


@dataclass
class Fault:
    """An injected failure: calls of `action` whose request holds `match` get `code`, `times` times."""

    action: str
    match: str
    code: str
    message: str
    times: int


@dataclass
class Quota:
    """A token bucket: `rate` calls a virtual second, `burst` at once."""

    rate: float
    burst: float
    level: float
    filled_at: float

    def take(self, now: float) -> bool:
        self.level = min(self.burst, self.level + (now - self.filled_at) * self.rate)
        self.filled_at = now
        if self.level < 1:
            return False
        self.level -= 1
        return True


class Gateway:
    """A WSGI application in front of moto, served on a loopback port by a thread of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._lock = threading.Lock()
        self.faults: list[Fault] = []
        self.quotas: dict[str, Quota] = {}
        self.handlers: dict[str, Handler] = {}
        """Operations answered here instead of by moto, by 'service.Operation'; None leaves it to moto after all."""
        self.observers: dict[str, Observer] = {}
        """Entered around the answering of an operation."""
        self.watchers: dict[str, Watcher] = {}
        """Called after moto answered an operation without an error."""
        self.witness: Witness = lambda _request, _answer, _error, _user_agent: None
        """Told of every call that was answered, with its error code and the caller's user agent."""
        self.unsigned: Unsigned = lambda _environ: None
        """Answers requests that are not signed; None leaves them to moto."""
        self.in_flight = 0
        self._turns = {service: threading.Lock() for service in _ONE_AT_A_TIME}

    def start(self) -> None:
        self._moto = moto_hooks.moto_application()
        self._server = LoopbackServer(self._serve, moto_hooks.QuietHandler)
        self._world.endpoint = self._server.url

    def stop(self) -> None:
        self._server.stop()

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = read_body(environ)
        environ["wsgi.input"] = io.BytesIO(body)
        request = api.parse(environ, body)
        environ["wsgi.input"] = io.BytesIO(body)
        if request is None:
            by_key = self.unsigned(environ)
            return list(self._moto(environ, start_response)) if by_key is None else _sent(by_key, start_response)
        with self._lock:
            self.in_flight += request.access_key != HARNESS_KEY
        try:
            answer = self._answer(request, environ)
        finally:
            with self._lock:
                self.in_flight -= request.access_key != HARNESS_KEY
        return _sent(answer, start_response)

    def _answer(self, request: ApiRequest, environ: dict[str, Any]) -> Answer:
        if request.access_key == HARNESS_KEY:
            return self._forward(request, environ)
        time = self._world.clock.now()
        role = self._world.role_of(request.access_key)
        checks: tuple[str, ...] = ()
        allowed, error = True, None
        try:
            if role is not None or f"{request.service}.{request.operation}" in _DENIED_TO_THE_OWNER:
                checks, allowed = self._judge(request, role)
            if not allowed:
                refused = f"perform: {request.action} on resource: {', '.join(checks)}"
                raise api.denied(request, f"{role or 'owner'} is not authorized to {refused}")
            self._disturb(request)
            absent.check(request)
            strictness.check_call(request, self._world.scope)
            answer = self._handle(request, environ)
            error = api.error_code(answer)
        except ApiError as refused:
            error = refused.code
            answer = api.error_answer(request, refused)
        except LocalAccountError as problem:
            # The model's own limits must fail the test, not look like an AWS error to the function.
            self._world.problems.append(problem)
            error = "LocalAccountError"
            answer = api.error_answer(request, ApiError("LocalAccountError", str(problem)))
        except Exception as crash:
            # The server would turn it into a bare 500 that nobody reads.
            self._world.problems.append(crash)
            raise
        with self._lock:
            self._world.calls.append(
                Call(
                    time,
                    role or "owner",
                    request.service,
                    request.action,
                    checks,
                    allowed,
                    error,
                    error in api.THROTTLES,
                    request.params,
                )
            )
        self.witness(request, answer, error, environ.get("HTTP_USER_AGENT", ""))
        return answer

    def _judge(self, request: ApiRequest, role: str | None) -> tuple[tuple[str, ...], bool]:
        checks = permissions.checks(request, self._world.scope)
        world = self._world
        allowed = all(world.owner_may(check) if role is None else world.role_may(role, check) for check in checks)
        return tuple(check.resource for check in checks), allowed

    def _disturb(self, request: ApiRequest) -> None:
        """Applies injected faults and quotas."""
        with self._lock:
            quota = self.quotas.get(request.action)
            if quota is not None and not quota.take(self._world.clock.now().timestamp()):
                code = "RequestLimitExceeded" if request.service == "ec2" else "ThrottlingException"
                raise ApiError(code, "Rate exceeded")
            for fault in self.faults:
                if (
                    fault.times > 0
                    and fault.action == request.action
                    and (fault.match.encode() in request.body or fault.match in repr(request.params))
                ):
                    fault.times -= 1
                    raise ApiError(fault.code, fault.message)

    def _handle(self, request: ApiRequest, environ: dict[str, Any]) -> Answer:
        name = f"{request.service}.{request.operation}"
        with self.observers[name](request) if name in self.observers else nullcontext():
            answer = self.handlers[name](request) if name in self.handlers else None
            answer = answer or self._forward(request, environ)
        if name in self.watchers and answer.status < 400:
            self.watchers[name](request)
        return answer

    def _forward(self, request: ApiRequest, environ: dict[str, Any]) -> Answer:
        status: list[Any] = []

        def start_response(line: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
            status[:] = [int(line.split()[0]), dict(headers)]

        with self._turns.get(request.service, nullcontext()):
            body = b"".join(self._moto(environ, start_response))
        headers: Mapping[str, str] = status[1]
        return Answer(status[0], headers, body)


def _sent(answer: Answer, start_response: Any) -> list[bytes]:
    headers = [(name, value) for name, value in answer.headers.items() if name.lower() != "content-length"]
    start_response(f"{answer.status} -", [*headers, ("Content-Length", str(len(answer.body)))])
    return [answer.body]

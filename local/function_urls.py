"""Function URLs: each on a loopback port of its own, answered at once by the function in a child process.

A request runs in a thread of the server and waits for nobody: what it causes (messages, answers to state machines,
background invocations) is delivered when the account settles next.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from functools import partial
from http import HTTPStatus
from typing import Any, Protocol

from local import url_payloads
from local.api import Answer, ApiError, ApiRequest
from local.errors import DeploymentRejected, LocalAccountError
from local.lambda_process import Outcome
from local.loopback import LoopbackServer, read_body
from local.signatures import HttpRequest
from local.url_access import Forbidden, admit
from local.url_payloads import MAX_PAYLOAD, Response
from local.wiring import AuthType, Function, FunctionUrl
from local.world import World

_JSON = [("content-type", "application/json")]
_FORBIDDEN: Response = 403, [*_JSON, ("x-amzn-errortype", "AccessDeniedException")], b'{"Message":"Forbidden"}'
_TOO_LARGE: Response = 413, _JSON, b'{"Message":"Request must be smaller than 6291456 bytes"}'
_FAILED: Response = 502, _JSON, b"Internal Server Error"


class Invoke(Protocol):
    """Runs a function once and waits for it."""

    def __call__(self, function: Function, payload: Any, *, trigger: str, request_id: str) -> Outcome: ...


class FunctionUrls:
    """The function URLs of the account. `invoke` is bound once the functions are there."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._servers: dict[str, LoopbackServer] = {}
        self.invoke: Invoke

    def open(self, logical_id: str, function: Function, auth_type: AuthType) -> FunctionUrl:
        """The function's URL, which an update does not change. Raises DeploymentRejected if it has another one."""
        urls = self._world.wiring.urls
        before = urls.get(function.name)
        if before is not None and before.logical_id != logical_id:
            raise DeploymentRejected(f"{logical_id}: {function.name} has a function URL already: {before.logical_id}")
        if before is None:
            self.close(logical_id)
            self._servers[logical_id] = LoopbackServer(partial(self._serve, function.name))
        server = self._servers[logical_id]
        urls[function.name] = FunctionUrl(
            logical_id,
            function.name,
            function.arn,
            auth_type,
            f"{server.url}/",
            server.url.removeprefix("http://"),
            hashlib.sha256(function.arn.encode()).hexdigest()[:32],
            before.created if before is not None else self._world.clock.now(),
        )
        return urls[function.name]

    def close(self, logical_id: str) -> None:
        """Takes a URL away, if it is there."""
        server = self._servers.pop(logical_id, None)
        if server is not None:
            server.stop()
            urls = self._world.wiring.urls
            self._world.wiring.urls = {name: url for name, url in urls.items() if url.logical_id != logical_id}

    def stop(self) -> None:
        for logical_id in list(self._servers):
            self.close(logical_id)

    def handle_get_config(self, request: ApiRequest) -> Answer:
        """GetFunctionUrlConfig."""
        function = self._world.wiring.function(str(request.params["FunctionName"]))
        url = self._world.wiring.urls.get(function.name) if function is not None else None
        if url is None or request.params.get("Qualifier"):
            raise ApiError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        created = url.created.isoformat(timespec="microseconds").replace("+00:00", "Z")
        shown = {"FunctionUrl": url.url, "FunctionArn": url.function_arn, "AuthType": url.auth_type}
        return Answer.json({**shown, "CreationTime": created, "LastModifiedTime": created, "InvokeMode": "BUFFERED"})

    # -- requests ---------------------------------------------------------------------------------
    def _serve(self, function_name: str, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = _read(environ)
        request_id = str(uuid.uuid4())
        try:
            status, headers, body = self._answer(function_name, request, request_id)
        except LocalAccountError as problem:
            # The model's own limits must fail the test, not look like an error of the function.
            self._world.problems.append(problem)
            status, headers, body = _FAILED
        except Exception as crash:
            self._world.problems.append(crash)
            raise
        sent = [*headers, ("x-amzn-requestid", request_id), ("content-length", str(len(body)))]
        start_response(f"{int(status)} {HTTPStatus(status).phrase}", sent)
        return [] if request.method == "HEAD" else [body]

    def _answer(self, function_name: str, request: HttpRequest, request_id: str) -> Response:
        url = self._world.wiring.urls.get(function_name)
        function = self._world.wiring.functions.get(function_name)
        if url is None or function is None:
            return _FORBIDDEN  # A connection that was kept open longer than the URL.
        try:
            caller = admit(self._world, url, request)
        except Forbidden:
            return _FORBIDDEN
        now = self._world.clock.now()
        event = url_payloads.event(request, url, caller, self._world.account_id, request_id, now)
        if url_payloads.size(event) > MAX_PAYLOAD:
            return _TOO_LARGE
        outcome = self.invoke(function, event, trigger="url", request_id=request_id)
        if outcome.error is not None or url_payloads.size(outcome.result) > MAX_PAYLOAD:
            return _FAILED
        return url_payloads.response(outcome.result)


def _read(environ: dict[str, Any]) -> HttpRequest:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value)
    }
    return HttpRequest(
        environ["REQUEST_METHOD"],
        environ["RAW_URI"],
        headers,
        read_body(environ),
        environ["SERVER_PROTOCOL"],
        environ["REMOTE_ADDR"],
    )

"""A moto server on loopback that counts calls and, where asked to, is as slow and as strict as AWS.

Every measured run gets a process of its own with a freshly seeded account, so nothing is carried over.
Two of moto's answers are given by look-up: plain moto sorts every group for each page of 50, and walks
through all of them for the tags of some. What it answers stays the same.
"""

from __future__ import annotations

import io
import json
import multiprocessing
import re
import threading
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Any, Self, cast

from bench.account import PUTS, groups

REGION, ACCOUNT = "us-east-1", "123456789012"
START_SECONDS = 120


@dataclass(frozen=True)
class Conditions:
    """What the account has that moto does not."""

    latency: float = 0.0
    """Seconds added to each answer."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Calls a second, and in one burst, by "service.Action"."""
    denied: str = ""
    """The log group whose retention nobody may set."""


@dataclass(frozen=True)
class Outcome:
    """What a run left behind: calls and throttled calls by "service.Action", days by log group."""

    calls: Counter[str]
    throttled: Counter[str]
    days: dict[str, int | None]


class Server:
    """The account, while the context lasts; gone with it, and with the process that made it."""

    def __init__(self, count: int, conditions: Conditions) -> None:
        # Not forked: the process that measures stays small, and knows nothing of moto.
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, count, conditions), daemon=True)
        self._process.start()
        theirs.close()

    def __enter__(self) -> Self:
        if not self._pipe.poll(START_SECONDS):
            raise TimeoutError("the moto server did not start")
        self.url = f"http://127.0.0.1:{self._pipe.recv()}"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.join()

    def outcome(self) -> Outcome:
        """The account as it is now."""
        self._pipe.send("outcome")
        answer: Outcome = self._pipe.recv()
        return answer


class Bucket:
    """A token bucket that starts full."""

    def __init__(self, per_second: int) -> None:
        self._rate = self._level = float(per_second)
        self._at = time.monotonic()

    def take(self) -> bool:
        """Whether one more call is within the limit."""
        now = time.monotonic()
        self._level = min(self._rate, self._level + (now - self._at) * self._rate)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True


class Gate:
    """Stands before moto: counts, delays, throttles, denies."""

    def __init__(self, app: Any, conditions: Conditions) -> None:
        self._app = app
        self._conditions = conditions
        self._buckets = {action: Bucket(limit) for action, limit in conditions.limits.items()}
        self._lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.throttled: Counter[str] = Counter()

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        action = action_of(environ, body)
        with self._lock:
            self.calls[action] += 1
            allowed = action not in self._buckets or self._buckets[action].take()
            self.throttled[action] += not allowed
        time.sleep(self._conditions.latency)
        if not allowed:
            return _refuse(start_response, "ThrottlingException", "Rate exceeded")
        if action == PUTS and json.loads(body).get("logGroupName") == self._conditions.denied:
            return _refuse(start_response, "AccessDeniedException", "an organization says no to this group")
        answer: Iterable[bytes] = self._app(environ, start_response)
        return answer


def action_of(environ: Mapping[str, Any], body: bytes) -> str:
    """The "service.Action" of a request, from the credential's scope and the target header or the form."""
    scope = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    target = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
    form = re.search(rb"(?:^|&)Action=(\w+)", body)
    return f"{scope[1] if scope else '?'}.{target or (form[1].decode() if form else environ['PATH_INFO'])}"


def _refuse(start_response: Callable[..., Any], code: str, message: str) -> Iterable[bytes]:
    data = json.dumps({"__type": code, "message": message}).encode()
    headers = [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(data)))]
    start_response("400 Bad Request", headers)
    return [data]


def _serve(pipe: Connection, count: int, conditions: Conditions) -> None:
    """The server's process: answers on the pipe until the other end of it is gone."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server
    from werkzeug.test import Client

    class Quiet(MotoRequestHandler):  # type: ignore[misc, unused-ignore]
        protocol_version = "HTTP/1.1"  # keep-alive, as AWS has it
        disable_nagle_algorithm = True

        def log(self, type: str, message: str, *args: Any) -> None:
            pass

    logs = _seed(count)
    app = DomainDispatcherApplication(create_backend_app)
    for service in ("logs", "tagging", "sts", "ssm"):  # moto builds each when it is first called
        scope = f"AWS4-HMAC-SHA256 Credential=testing/20260101/{REGION}/{service}/aws4_request, Signature=0"
        Client(app).get("/", headers={"Authorization": scope, "Host": f"{service}.{REGION}.amazonaws.com"})
    gate = Gate(app, conditions)
    server = make_server("127.0.0.1", 0, gate, threaded=True, request_handler=Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    pipe.send(server.server_port)
    try:
        while pipe.recv():
            days = {name: group.retention_in_days for name, group in logs.groups.items()}
            pipe.send(Outcome(gate.calls, gate.throttled, days))
    except (EOFError, KeyboardInterrupt):
        pass


def _seed(count: int) -> Any:
    """Fills moto's CloudWatch Logs without going through its API, and gives the two answers by look-up."""
    from moto.backends import get_backend
    from moto.resourcegroupstaggingapi import models

    lookup, tagging = cast(Any, get_backend), cast(Any, models)
    logs = lookup("logs")[ACCOUNT][REGION]
    for group in groups(count):
        logs.create_log_group(group.name, dict(group.tags)).retention_in_days = group.before
    names = sorted(logs.groups)

    def page(log_group_name_prefix: str | None = None, limit: int = 50, next_token: str | None = None) -> Any:
        prefix = log_group_name_prefix or ""
        start = bisect_left(names, next_token or prefix)
        found = [name for name in names[start : start + limit + 1] if name.startswith(prefix)]
        return [logs.groups[name] for name in found[:limit]], found[limit] if len(found) > limit else None

    def tagged(resource_arn_list: list[str], **_: Any) -> Any:
        tags = ((arn, logs.list_tags_for_resource(arn)) for arn in resource_arn_list)
        return None, [tagging.TaggedResource(arn=arn, tags=own, resource_type="") for arn, own in tags if own]

    logs.describe_log_groups = page
    lookup("resourcegroupstaggingapi")[ACCOUNT][REGION].get_resources = tagged
    return logs

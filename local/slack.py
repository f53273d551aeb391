"""Slack's incoming webhooks on loopback, for tests and the demo.

    with FakeSlack() as slack:
        slack.then(rate_limited(30))        # the next message is turned away, later ones are taken
        …                                   # the code under test posts to slack.webhook_url
        slack.messages, slack.posts

Sources: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks and
https://docs.slack.dev/changelog/2016-05-17-changes-to-errors-for-incoming-webhooks
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from local.loopback import LoopbackServer, read_body
from local.slack_blocks import Refused, check


@dataclass(frozen=True)
class Reply:
    """How Slack answers one message. With `released` it does so once that event is set, and no sooner."""

    status: int
    text: str
    headers: Mapping[str, str] = field(default_factory=dict)
    released: threading.Event | None = None


OK = Reply(200, "ok")
INVALID_TOKEN = Reply(403, "invalid_token")
NO_SERVICE = Reply(404, "no_service")
SERVER_ERROR = Reply(500, "rollup_error")


def rate_limited(seconds: int) -> Reply:
    """Too many messages: come back after so many seconds."""
    return Reply(429, "rate_limited", {"Retry-After": str(seconds)})


def slow(released: threading.Event) -> Reply:
    """Takes the message, but lets the sender wait until the event is set."""
    return Reply(200, "ok", released=released)


@dataclass(frozen=True)
class Post:
    """One message sent to Slack: its path, what was in it (None if it was no JSON), and the answer.

    `reason` says why it was refused, and where in the blocks.
    """

    path: str
    message: Any
    status: int
    answer: str
    reason: str = ""


class FakeSlack:
    """A context manager; any path is a webhook. It takes every valid message unless it was told otherwise."""

    def __init__(self) -> None:
        self.posts: list[Post] = []
        """Every message that arrived, in order, from the moment it did."""
        self._always = OK
        self._next: deque[Reply] = deque()
        self._arrived = threading.Condition()
        self._closing = threading.Event()

    def __enter__(self) -> Self:
        self._server = LoopbackServer(self._serve)
        self.url = self._server.url
        self.webhook_url = f"{self.url}/services/T00000000/B00000000/local"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        self._server.stop()

    @property
    def messages(self) -> list[Any]:
        """The messages Slack took, slow ones too."""
        return [post.message for post in self.posts if post.status == HTTPStatus.OK]

    def then(self, *replies: Reply) -> None:
        """Answers the next messages so, one after the other, and later ones as before."""
        with self._arrived:
            self._next.extend(replies)

    def always(self, reply: Reply) -> None:
        """Answers every message so from now on, but for those that `then` spoke of."""
        self._always = reply

    def wait_for(self, count: int, seconds: float = 10) -> list[Post]:
        """The posts, once there are `count` of them. Raises TimeoutError after so many real seconds."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: len(self.posts) >= count, seconds):
                raise TimeoutError(f"{len(self.posts)} of {count} messages arrived within {seconds} s")
            return list(self.posts)

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        reply = self._take(environ["PATH_INFO"], environ["REQUEST_METHOD"], read_body(environ))
        while reply.released is not None and not self._closing.is_set() and not reply.released.wait(0.05):
            pass  # The event may be the only one that knows of an end to this.
        body = reply.text.encode()
        headers = {"Content-Type": "text/html", "Content-Length": str(len(body)), **reply.headers}
        start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", list(headers.items()))
        return [body]

    def _take(self, path: str, method: str, body: bytes) -> Reply:
        with self._arrived:
            reply = self._next.popleft() if self._next else self._always
            message, reason = None, ""
            try:
                message = json.loads(body)
                if reply.status == HTTPStatus.OK:
                    check(message)
            except ValueError as error:
                reply, reason = Reply(400, "invalid_payload"), str(error)
            except Refused as refused:
                reply, reason = Reply(400, refused.code), refused.reason
            if method != "POST":
                reply, reason = Reply(405, "method_not_allowed"), f"{method}, not POST"
            self.posts.append(Post(path, message, reply.status, reply.text, reason))
            self._arrived.notify_all()
            return reply

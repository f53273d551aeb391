"""Slack's webhook on this machine: answers as told and keeps what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET_PATH = "/services/T0000/B0000/Xy7SECRETxyzzy"
"""What must never be seen anywhere but in the request itself."""


@dataclass
class Answer:
    """One answer; `slow` gives none until the server is closed."""

    status: int = 200
    body: str = "ok"
    headers: dict[str, str] = field(default_factory=dict)
    slow: bool = False


class Slack:
    """The server. `answers` are used up one by one; afterwards it takes everything."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}{SECRET_PATH}"
        self.answers: list[Answer] = []
        self.received: list[tuple[str, dict[str, Any]]] = []
        self.taken: list[dict[str, Any]] = []
        self.closing = threading.Event()

    @property
    def titles(self) -> list[str]:
        """The headers of the messages that it took."""
        return [one["blocks"][0]["text"]["text"] for one in self.taken]


@contextmanager
def slack_server() -> Iterator[Slack]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = json.loads(self.rfile.read(int(self.headers["content-length"])))
            slack.received.append((self.path, sent))
            answer = slack.answers.pop(0) if slack.answers else Answer()
            if answer.slow:
                slack.closing.wait(30)
                return
            if answer.status == 200:
                slack.taken.append(sent)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body.encode())

        do_GET = do_POST

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    slack = Slack(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield slack
    finally:
        slack.closing.set()
        server.shutdown()
        server.server_close()
        thread.join()

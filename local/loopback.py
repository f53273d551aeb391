"""A WSGI application on a loopback port of its own: one thread accepts, and one more serves each connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


class QuietHandler(WSGIRequestHandler):
    """werkzeug's handler with keep-alive and without a log line for each request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


class LoopbackServer:
    """Serves an application from now on, at `url`, until it is stopped."""

    def __init__(self, application: Application, handler: type[WSGIRequestHandler] = QuietHandler) -> None:
        self._server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=handler)
        # A browser keeps its connections open; their threads must not keep the process alive.
        self._server.daemon_threads = True  # type: ignore[attr-defined]
        self.port: int = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accepts no more connections. Requests under way are not waited for."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def read_body(environ: dict[str, Any]) -> bytes:
    """The body of a request, sent with its length or in chunks."""
    chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
    stream = environ["wsgi.input"]
    body: bytes = stream.read() if chunked else stream.read(int(environ.get("CONTENT_LENGTH") or 0))
    return body

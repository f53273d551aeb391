"""A key tried at a Bedrock on loopback.

Method and path: API reference, ListFoundationModels; header: user guide, "Use an Amazon Bedrock API key".
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import botocore.session
import pytest

from functions.llm_keys.providers import bedrock_probe
from functions.llm_keys.providers.provider import ProviderFailed

SECRET = "ABSK" + "fake" * 8


class Bedrock(ThreadingHTTPServer):
    """Answers every request with `status` and `text`, and keeps what it was asked."""

    status, text = 200, "{}"

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    server: Bedrock

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, self.headers["authorization"]))
        body = self.server.text.encode()
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def bedrock() -> Iterator[Bedrock]:
    with Bedrock() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def works(bedrock: Bedrock, secret: str = SECRET) -> bool:
    return bedrock_probe.works(f"http://127.0.0.1:{bedrock.server_port}", secret)


def test_a_key_that_lists_models_works_and_the_request_is_bedrocks_own(bedrock: Bedrock) -> None:
    assert works(bedrock)
    model = botocore.session.get_session().get_service_model("bedrock").operation_model("ListFoundationModels")
    assert bedrock.asked == [(model.http["method"], model.http["requestUri"], f"Bearer {SECRET}")]


@pytest.mark.parametrize(
    ("status", "message", "taken"),
    [
        (403, "Authentication failed: Please make sure your API Key is valid.", False),
        (401, "no", False),
        (403, "User x is not authorized to perform: bedrock:CallWithBearerToken with an explicit deny", False),
        (403, "User x is not authorized to perform: bedrock:ListFoundationModels", True),
    ],
)
def test_a_key_is_refused_or_only_its_user_may_not_list_models(
    bedrock: Bedrock, status: int, message: str, taken: bool
) -> None:
    bedrock.status, bedrock.text = status, json.dumps({"Message": message})
    assert works(bedrock) is taken


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (json.dumps({"api_key": SECRET}), "the secret holds JSON, not a key"),
        (SECRET + "\nx-more: 1", "the secret is empty or holds what no key holds"),
        ("", "the secret is empty or holds what no key holds"),
    ],
)
def test_what_is_no_key_is_not_tried(bedrock: Bedrock, held: str, said: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        works(bedrock, held)
    assert str(caught.value) == said
    assert bedrock.asked == []


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_any_other_answer_does_not_tell(bedrock: Bedrock, status: int) -> None:
    bedrock.status, bedrock.text = status, f"echo {SECRET}"
    with pytest.raises(ProviderFailed, match=f"answered the probe with {status}") as caught:
        works(bedrock)
    assert SECRET not in str(caught.value)


def test_no_answer_does_not_tell_and_no_error_holds_the_key(bedrock: Bedrock) -> None:
    endpoint = f"http://127.0.0.1:{bedrock.server_port}"
    bedrock.server_close()
    with pytest.raises(ProviderFailed, match="did not answer the probe") as caught:
        bedrock_probe.works(endpoint, SECRET)
    assert SECRET not in repr(caught.value)
    assert caught.value.__cause__ is None

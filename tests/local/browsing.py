"""Plain HTTP for the tests, signed if need be, without following redirects or raising on a status."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


@dataclass(frozen=True)
class Page:
    """What came back; header names are in lower case, and those that came twice are in `cookies` only."""

    status: int
    headers: Mapping[str, str]
    cookies: list[str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


def browse(
    url: str, body: bytes | str | None = None, headers: Mapping[str, str] | None = None, method: str | None = None
) -> Page:
    parts = urlsplit(url)
    target = url.partition(parts.netloc)[2] or "/"
    connection = HTTPConnection(parts.netloc, timeout=30)
    try:
        connection.request(method or ("GET" if body is None else "POST"), target, body, dict(headers or {}))
        answer = connection.getresponse()
        text = answer.read().decode()
        pairs = [(name.lower(), value) for name, value in answer.getheaders()]
        return Page(answer.status, dict(pairs), [v for n, v in pairs if n == "set-cookie"], text)
    finally:
        connection.close()


def signed(
    credentials: Mapping[str, str],
    url: str,
    body: bytes = b"",
    method: str = "POST",
    service: str = "lambda",
    region: str = "us-east-1",
    headers: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """The headers of a request signed with these credentials."""
    request = AWSRequest(method, url, dict(headers or {}), body)
    keys = (credentials["AccessKeyId"], credentials["SecretAccessKey"], credentials.get("SessionToken"))
    SigV4Auth(Credentials(*keys), service, region).add_auth(request)
    return dict(request.headers)

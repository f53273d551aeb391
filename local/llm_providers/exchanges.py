"""What is asked of a fake provider, and what it answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from local.loopback import read_body

SECRET_HEADERS = ("authorization", "x-api-key")


@dataclass(frozen=True)
class Reply:
    """An answer. A text is sent as it is, everything else as JSON."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """The body as it is sent."""
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


class Refused(Exception):
    """What a provider does not do: each one writes it in its own way."""

    def __init__(self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})


@dataclass
class Asked:
    """A request as it arrived. `secret` is the key that came with it and is in nothing that this shows or keeps."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: dict[str, str]
    body: Any
    at: float
    secret: str = field(default="", repr=False)

    def value(self, name: str, otherwise: str = "") -> str:
        """The value of a query parameter."""
        return next((value for key, value in self.query if key == name), otherwise)

    def values(self, name: str) -> list[str]:
        """All the values of a query parameter."""
        return [value for key, value in self.query if key == name]


@dataclass(frozen=True)
class Exchange:
    """A request and its answer, without keys. `by` says whose key came: "admin", a key's id, or "" for none known.

    `status` is 0 where there was no answer, and `genuine` False where a fault answered, whose
    answer is not kept. `at` and `answered` are seconds of the process's monotonic clock.
    """

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: Any
    by: str
    status: int
    answer: Any
    at: float
    answered: float
    genuine: bool = True


def asked_by(environ: dict[str, Any], at: float) -> Asked:
    """Reads a request. A body that is no JSON is kept as the text it is."""
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    raw = read_body(environ)
    try:
        body = json.loads(raw) if raw else None
    except ValueError:
        body = raw.decode(errors="replace")
    secret = headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ")
    shown = {name: value for name, value in headers.items() if name not in SECRET_HEADERS}
    query = parse_qsl(environ["QUERY_STRING"], keep_blank_values=True)
    return Asked(environ["REQUEST_METHOD"], environ["PATH_INFO"], query, shown, body, at, secret)

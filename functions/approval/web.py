"""Requests and answers of a Lambda function URL, payload format 2.0.

Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from functions.core.types import MalformedEvent

FORM_LIMIT, COMMAND_LIMIT = 32_768, 262_144
"""Bytes of a body that are looked at: far more than a form with every box ticked, and than a list of 3,000 items."""
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, slots=True)
class WebRequest:
    """One HTTP request. Header names are lower-case; `caller` is the ARN that IAM verified, or ""."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes
    caller: str

    @property
    def content_type(self) -> str:
        """The media type alone."""
        return self.headers.get("content-type", "").split(";")[0].strip().lower()

    def form(self) -> dict[str, list[str]]:
        """The fields of a posted form; ValueError where it is none that can be read."""
        fields: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.body.decode(), keep_blank_values=True, max_num_fields=1000):
            fields.setdefault(name, []).append(value)
        return fields


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What goes back."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def to_lambda(self) -> dict[str, Any]:
        """The form in which a function returns it."""
        return {"statusCode": self.status, "headers": dict(self.headers), "body": self.body}


class TooLarge(Exception):
    """A body over the limit."""


def read_request(raw: Mapping[str, Any], limit: int = FORM_LIMIT) -> WebRequest:
    """The request in a function URL's event; TooLarge, or MalformedEvent for what is none."""
    try:
        about = raw["requestContext"]
        method, path = str(about["http"]["method"]), str(about["http"]["path"])
        headers = {str(name).lower(): str(value) for name, value in raw["headers"].items()}
        text = str(raw.get("body") or "")
        caller = str(((about.get("authorizer") or {}).get("iam") or {}).get("userArn") or "")
    except (KeyError, TypeError, AttributeError) as error:
        raise MalformedEvent(f"no event of a function URL: {error!r:.80}") from error
    if len(text) > 2 * limit:
        raise TooLarge
    try:
        body = base64.b64decode(text, validate=True) if raw.get("isBase64Encoded") else text.encode()
    except (binascii.Error, ValueError) as error:
        raise MalformedEvent("the body is no base64") from error
    if len(body) > limit:
        raise TooLarge
    return WebRequest(method, path, str(raw.get("rawQueryString") or ""), headers, body, caller)

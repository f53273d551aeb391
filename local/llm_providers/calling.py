"""A program that uses a key: calls a model, as an application would."""

from __future__ import annotations

import json
from http.client import HTTPConnection

from local.llm_providers.keys import FakeKey
from local.llm_providers.provider import FakeProvider


def call_model(fake: FakeProvider, key: FakeKey, model: str = "") -> int:
    """The status that a call of a model with this key is answered with: 200, or 401, 403, 429 once it is stopped."""
    body = {"model": model or fake.model, "max_tokens": 500, "messages": [{"role": "user", "content": "Hello"}]}
    connection = HTTPConnection(fake.url.removeprefix("http://"), timeout=10)
    try:
        headers = {"content-type": "application/json", **fake.signed(key.secret)}
        connection.request("POST", fake.base + fake.calls, json.dumps(body), headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status
    finally:
        connection.close()

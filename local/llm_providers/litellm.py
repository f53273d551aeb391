"""A LiteLLM proxy on loopback: virtual keys, daily activity, models and chat completions.

Sources: https://docs.litellm.ai/docs/proxy/virtual_keys and the API that the proxy describes itself (litellm 1.110.2).
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import defaultdict
from typing import Any

from local.llm_providers.exchanges import Asked, Refused, Reply
from local.llm_providers.keys import FakeKey, Spent
from local.llm_providers.provider import FakeProvider, Handler, Who

KEY = re.compile(r"sk-[A-Za-z0-9_-]+|[a-fA-F0-9]{64}")


class FakeLiteLlm(FakeProvider):
    """The proxy's management API and chat completions.

    With `hashes_twice` a block or unblock by hash matches nothing and says so nowhere (BerriAI/litellm#13136).
    `stale_calls` is how many calls a blocked key gets through, as on another pod with the key in its cache.
    """

    name = "litellm"
    calls = "/v1/chat/completions"
    model = "gpt-4o-mini"
    hashes_twice = False
    stale_calls = 0

    def add_key(self, name: str = "batch", secret: str = "") -> FakeKey:
        """A virtual key that a program uses; its id is the hash of its token."""
        given = secret or f"fake-key-{len(self.keys) + 1}-of-litellm"
        key = FakeKey(_hash(given), given, name, self.clock())
        self.keys[key.id] = key
        return key

    def routes(self) -> list[tuple[str, str, Who, Handler]]:
        return [
            ("GET", r"/key/info", "admin", self._info),
            ("GET", r"/key/list", "admin", self._list),
            ("POST", r"/key/block", "admin", lambda asked: self._set(asked, "blocked")),
            ("POST", r"/key/unblock", "admin", lambda asked: self._set(asked, "active")),
            ("GET", r"/user/daily/activity", "admin", self._activity),
            ("GET", r"/v1/models", "key", self._models),
            ("POST", r"/v1/chat/completions", "key", self._complete),
        ]

    def refusal(self, refused: Refused) -> Any:
        if refused.status == 422:
            detail = {"type": "missing", "loc": ["body", "key"], "msg": refused.message, "input": None}
            return {"detail": [detail]}
        error = {"message": refused.message, "type": refused.code, "param": "key", "code": str(refused.status)}
        return {"error": error}

    def takes(self, key: FakeKey) -> bool:
        if key.status == "blocked" and self.stale_calls:
            self.stale_calls -= 1
            return True
        return super().takes(key)

    def _info(self, asked: Asked) -> Reply:
        key = self._known(asked.value("key"))
        return Reply(200, {"key": asked.value("key"), "info": self._row(key)})

    def _set(self, asked: Asked, status: str) -> Reply:
        named = asked.body.get("key") if isinstance(asked.body, dict) else None
        if not isinstance(named, str):
            raise Refused(422, "missing", "Field required")
        if not KEY.fullmatch(named):
            raise Refused(400, "bad_request_error", "Invalid key format.")
        if self.hashes_twice:
            return Reply(200, None)
        key = self._known(named)
        key.status = status
        return Reply(200, {"token": key.id, **self._row(key)})

    def _known(self, named: str) -> FakeKey:
        id = _hash(named) if named.startswith("sk-") else named
        if id not in self.keys:
            raise Refused(404, "not_found_error", "Key not found.")
        return self.keys[id]

    def _list(self, asked: Asked) -> Reply:
        page, size = int(asked.value("page", "1")), int(asked.value("size", "10"))
        if page < 1 or not 1 <= size <= 100:
            raise Refused(422, "less_than_equal", "Input should be less than or equal to 100")
        some = list(self.keys.values())[(page - 1) * size : page * size]
        full = asked.value("return_full_object") == "true"
        shown = [{"token": one.id, **self._row(one)} if full else one.id for one in some]
        total = len(self.keys)
        counts = {"total_count": total, "current_page": page, "total_pages": math.ceil(total / size)}
        return Reply(200, {"keys": shown, **counts})

    def _activity(self, asked: Asked) -> Reply:
        start, end, key = asked.value("start_date"), asked.value("end_date"), asked.value("api_key")
        if not start or not end:
            raise Refused(400, "bad_request_error", "Please provide start_date and end_date")
        days: dict[str, list[Spent]] = defaultdict(list)
        for one in self.spent:
            day = f"{one.at:%Y-%m-%d}"
            if start <= day <= end and key in ("", one.key):
                days[day].append(one)
        shown = [_day(day, some) for day, some in sorted(days.items(), reverse=True)]
        page, size = int(asked.value("page", "1")), int(asked.value("page_size", "50"))
        pages = max(1, math.ceil(len(shown) / size))
        total = sum(one["metrics"]["spend"] for one in shown)
        counts = {"total_spend": total, "page": page, "total_pages": pages, "has_more": page < pages}
        return Reply(200, {"results": shown[(page - 1) * size : page * size], "metadata": counts})

    def _models(self, _key: FakeKey, _asked: Asked) -> Reply:
        one = {"id": self.model, "object": "model", "created": 1677610602, "owned_by": "openai"}
        return Reply(200, {"object": "list", "data": [one]})

    def _complete(self, key: FakeKey, asked: Asked) -> Reply:
        self.call(key, asked)
        read, written = self.tokens
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        choices = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello!"}}]
        return Reply(200, {"id": "chatcmpl-fake", "model": asked.body["model"], "choices": choices, "usage": usage})

    def _row(self, key: FakeKey) -> dict[str, Any]:
        spend = sum(one.dollars for one in self.spent if one.key == key.id)
        blocked = True if key.status == "blocked" else None
        of = {"key_name": f"sk-...{key.secret[-4:]}", "key_alias": key.name, "spend": spend, "blocked": blocked}
        return {**of, "created_at": f"{key.made:%Y-%m-%dT%H:%M:%SZ}", "expires": None, "models": []}


def _day(day: str, some: list[Spent]) -> dict[str, Any]:
    models: dict[str, Any] = {}
    for model in sorted({one.model for one in some}):
        dollars = sum(one.dollars for one in some if one.model == model)
        models[model] = {"metrics": {"spend": dollars}, "metadata": {}, "api_key_breakdown": {}}
    spend = sum(one.dollars for one in some)
    return {"date": day, "metrics": {"spend": spend}, "breakdown": {"models": models}}


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()

"""Anthropic on loopback: API keys, the usage report, models and messages.

Sources: https://platform.claude.com/docs/en/api/admin/api_keys and …/admin/usage_report/retrieve_messages
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from local.llm_providers.exchanges import Asked, Refused, Reply
from local.llm_providers.keys import FakeKey, Spent
from local.llm_providers.provider import FakeProvider, Handler, Who

STATUSES = ("active", "inactive", "archived")
WIDTHS = {
    "1m": (timedelta(minutes=1), 60, 1440),
    "1h": (timedelta(hours=1), 24, 168),
    "1d": (timedelta(days=1), 7, 31),
}
"""The length of a bucket, and how many of them a page has if nothing is said, and at most."""
REPORT_TAKES = {"starting_at", "ending_at", "bucket_width", "api_key_ids[]", "group_by[]", "limit", "page"}


class FakeAnthropic(FakeProvider):
    """Anthropic's admin API and messages API."""

    name = "anthropic"
    base = "/v1"
    calls = "/messages"
    model = "claude-sonnet-4-5"

    def add_key(self, name: str = "batch", id: str = "", secret: str = "") -> FakeKey:
        """A key that a program uses."""
        number = len(self.keys) + 1
        key = FakeKey(id or f"apikey_fake{number:08}", secret or f"fake-key-{number}-of-anthropic", name, self.clock())
        self.keys[key.id] = key
        return key

    def routes(self) -> list[tuple[str, str, Who, Handler]]:
        return [
            ("GET", r"/organizations/api_keys", "admin", self._list),
            ("GET", r"/organizations/api_keys/([^/]+)", "admin", self._get),
            ("POST", r"/organizations/api_keys/([^/]+)", "admin", self._update),
            ("GET", r"/organizations/usage_report/messages", "admin", self._report),
            ("GET", r"/models", "key", self._models),
            ("POST", r"/messages", "key", self._message),
        ]

    def refusal(self, refused: Refused) -> Any:
        return {"type": "error", "error": {"type": refused.code, "message": refused.message}}

    def signed(self, secret: str) -> dict[str, str]:
        return {"x-api-key": secret, "anthropic-version": "2023-06-01"}

    def check(self, asked: Asked) -> None:
        if not asked.headers.get("anthropic-version"):
            raise Refused(400, "invalid_request_error", "anthropic-version: header is required")

    def _list(self, asked: Asked) -> Reply:
        wanted = asked.value("status")
        some = [one for one in self.keys.values() if wanted in ("", one.status)]
        after = [one.id for one in some].index(asked.value("after_id")) + 1 if asked.value("after_id") else 0
        page = some[after : after + int(asked.value("limit", "20"))]
        ends = {"first_id": page[0].id if page else None, "last_id": page[-1].id if page else None}
        more = bool(page) and page[-1] is not some[-1]
        return Reply(200, {"data": [_shown(one) for one in page], "has_more": more, **ends})

    def _get(self, _asked: Asked, id: str) -> Reply:
        return Reply(200, _shown(self._known(id)))

    def _update(self, asked: Asked, id: str) -> Reply:
        key = self._known(id)
        changes = asked.body if isinstance(asked.body, dict) else {}
        if not changes or changes.keys() - {"name", "status"} or changes.get("status", "active") not in STATUSES:
            raise Refused(400, "invalid_request_error", "name or status: active, inactive or archived")
        if key.status == "archived":
            raise Refused(400, "invalid_request_error", "an archived key cannot be changed")
        key.status = changes.get("status", key.status)
        key.name = changes.get("name", key.name)
        return Reply(200, _shown(key))

    def _known(self, id: str) -> FakeKey:
        if id not in self.keys:
            raise Refused(404, "not_found_error", "API key not found")
        return self.keys[id]

    def _models(self, _key: FakeKey, _asked: Asked) -> Reply:
        one = {"type": "model", "id": self.model, "display_name": self.model, "created_at": "2025-09-29T00:00:00Z"}
        return Reply(200, {"data": [one], "has_more": False, "first_id": self.model, "last_id": self.model})

    def _message(self, key: FakeKey, asked: Asked) -> Reply:
        self.call(key, asked)
        usage = {"input_tokens": self.tokens[0], "output_tokens": self.tokens[1]}
        said = [{"type": "text", "text": "Hello!"}]
        of = {"id": "msg_fake", "type": "message", "role": "assistant", "model": asked.body["model"]}
        return Reply(200, {**of, "content": said, "stop_reason": "end_turn", "usage": usage})

    def _report(self, asked: Asked) -> Reply:
        width = asked.value("bucket_width", "1d")
        if width not in WIDTHS or not asked.value("starting_at") or {key for key, _ in asked.query} - REPORT_TAKES:
            raise Refused(400, "invalid_request_error", "starting_at, bucket_width and documented parameters only")
        step, usual, most = WIDTHS[width]
        limit = int(asked.value("limit", str(usual)))
        if not 1 <= limit <= most:
            raise Refused(400, "invalid_request_error", f"limit: 1 to {most} with {width}")
        start = datetime.fromisoformat(asked.value("starting_at"))
        end = datetime.fromisoformat(asked.value("ending_at")) if asked.value("ending_at") else self.clock()
        starts = [start + step * number for number in range(max(0, (end - start) // step))]
        at = int(asked.value("page").removeprefix("page_") or 0)
        data = [self._bucket(asked, one, one + step) for one in starts[at : at + limit]]
        more = at + limit < len(starts)
        return Reply(200, {"data": data, "has_more": more, "next_page": f"page_{at + limit}" if more else None})

    def _bucket(self, asked: Asked, start: datetime, end: datetime) -> dict[str, Any]:
        wanted = asked.values("api_key_ids[]")
        groups: dict[tuple[str, str], list[Spent]] = defaultdict(list)
        for one in self.spent:
            if start <= one.at < end and (not wanted or one.key in wanted):
                groups[(one.model, one.tier)].append(one)
        results = [_row(model, tier, some) for (model, tier), some in groups.items()]
        return {"starting_at": _written(start), "ending_at": _written(end), "results": results}


def _shown(key: FakeKey) -> dict[str, Any]:
    return {
        "id": key.id,
        "type": "api_key",
        "name": key.name,
        "status": key.status,
        "created_at": _written(key.made),
        "created_by": {"id": "user_fake", "type": "user"},
        "expires_at": None,
        "partial_key_hint": f"{key.secret[:8]}...{key.secret[-4:]}",
        "principal": None,
        "scope": {"type": "workspace", "workspace_id": "wrkspc_fake"},
    }


def _row(model: str, tier: str, some: list[Spent]) -> dict[str, Any]:
    return {
        "account_id": None,
        "api_key_id": None,
        "cache_creation": {
            "ephemeral_1h_input_tokens": 0,
            "ephemeral_5m_input_tokens": sum(one.cache_write for one in some),
        },
        "cache_read_input_tokens": sum(one.cache_read for one in some),
        "context_window": None,
        "inference_geo": None,
        "model": model,
        "output_tokens": sum(one.output for one in some),
        "server_tool_use": {"web_search_requests": 0},
        "service_account_id": None,
        "service_tier": tier,
        "uncached_input_tokens": sum(one.input for one in some),
        "workspace_id": None,
    }


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"

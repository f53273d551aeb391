"""OpenRouter on loopback: keys, workspaces and activity, models and chat completions.

Sources: https://openrouter.ai/docs/api/api-reference/api-keys and OpenRouter's OpenAPI description
(github.com/OpenRouterTeam/python-sdk, .speakeasy/out.openapi.yaml, commit 00d71ec).
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from local.llm_providers.exchanges import Asked, Refused, Reply
from local.llm_providers.keys import FakeKey
from local.llm_providers.provider import FakeProvider, Handler, Who

CHANGEABLE = {"disabled", "include_byok_in_limit", "limit", "limit_reset", "name", "workspace_id"}
WORKSPACES = {"wks-default": "Default", "wks-lab": "Lab"}
NO_BYOK = {"byok_usage": 0, "byok_usage_daily": 0, "byok_usage_weekly": 0, "byok_usage_monthly": 0}
NO_LIMIT = {"limit": None, "limit_remaining": None, "limit_reset": None, "include_byok_in_limit": False}


class FakeOpenRouter(FakeProvider):
    """OpenRouter's management API and chat completions. A list of keys has `page_size` of them at a time."""

    name = "openrouter"
    base = "/api/v1"
    calls = "/chat/completions"
    model = "openai/gpt-4o-mini"
    page_size = 100

    def add_key(self, name: str = "batch", secret: str = "", workspace: str = "wks-default") -> FakeKey:
        """A key that a program uses; its id is its hash."""
        given = secret or f"fake-key-{len(self.keys) + 1}-of-openrouter"
        key = FakeKey(hashlib.sha256(given.encode()).hexdigest(), given, name, self.clock(), workspace)
        self.keys[key.id] = key
        return key

    def routes(self) -> list[tuple[str, str, Who, Handler]]:
        return [
            ("GET", r"/keys", "admin", self._list),
            ("GET", r"/keys/([^/]+)", "admin", self._get),
            ("PATCH", r"/keys/([^/]+)", "admin", self._update),
            ("GET", r"/workspaces", "admin", self._workspaces),
            ("GET", r"/activity", "admin", self._activity),
            ("GET", r"/key", "key", self._own),
            ("GET", r"/models", "anyone", lambda _: Reply(200, {"data": [{"id": self.model, "name": self.model}]})),
            ("POST", r"/chat/completions", "key", self._complete),
        ]

    def refusal(self, refused: Refused) -> Any:
        return {"error": {"code": refused.status, "message": refused.message}}

    def _list(self, asked: Asked) -> Reply:
        workspace = asked.value("workspace_id", "wks-default")
        every = asked.value("include_disabled") == "true"
        some = [
            self._shown(one)
            for one in self.keys.values()
            if one.project == workspace and (every or one.status == "active")
        ]
        start = int(asked.value("offset", "0"))
        return Reply(200, {"data": some[start : start + self.page_size]})

    def _get(self, _asked: Asked, hash: str) -> Reply:
        return Reply(200, {"data": self._shown(self._known(hash))})

    def _update(self, asked: Asked, hash: str) -> Reply:
        key = self._known(hash)
        changes = asked.body if isinstance(asked.body, dict) else {"": ""}
        if changes.keys() - CHANGEABLE or type(changes.get("disabled", False)) is not bool:
            raise Refused(400, "invalid", "Invalid request parameters")
        if "disabled" in changes:
            key.status = "disabled" if changes["disabled"] else "active"
        return Reply(200, {"data": self._shown(key)})

    def _known(self, hash: str) -> FakeKey:
        if hash not in self.keys:
            raise Refused(404, "not_found", "Resource not found")
        return self.keys[hash]

    def _workspaces(self, asked: Asked) -> Reply:
        some = [
            {"id": id, "name": name, "slug": name.lower(), "created_at": "2025-08-24T10:30:00Z"}
            for id, name in WORKSPACES.items()
        ]
        return Reply(200, {"data": some[int(asked.value("offset", "0")) :], "total_count": len(some)})

    def _activity(self, asked: Asked) -> Reply:
        """The days that are over, 30 of them."""
        today = _midnight(self.clock())
        sums: dict[tuple[str, str], float] = defaultdict(float)
        for one in self.spent:
            wanted = asked.value("api_key_hash") in ("", one.key)
            if wanted and today - timedelta(days=30) <= one.at < today:
                sums[(f"{one.at:%Y-%m-%d}", one.model)] += one.dollars
        return Reply(200, {"data": [_item(date, model, usage) for (date, model), usage in sums.items()]})

    def _own(self, key: FakeKey, _asked: Asked) -> Reply:
        shown = self._shown(key)
        return Reply(200, {"data": {name: shown[name] for name in ("label", "usage", "usage_daily", "limit")}})

    def _complete(self, key: FakeKey, asked: Asked) -> Reply:
        self.call(key, asked)
        read, written = self.tokens
        usage = {"prompt_tokens": read, "completion_tokens": written, "cost": self.dollars}
        choices = [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello!"}}]
        return Reply(200, {"id": "gen-fake", "model": asked.body["model"], "choices": choices, "usage": usage})

    def _shown(self, key: FakeKey) -> dict[str, Any]:
        day = _midnight(self.clock())
        usage = {
            "usage": self._since(key, None),
            "usage_daily": self._since(key, day),
            "usage_weekly": self._since(key, day - timedelta(days=day.weekday())),
            "usage_monthly": self._since(key, day.replace(day=1)),
        }
        made = f"{key.made:%Y-%m-%dT%H:%M:%SZ}"
        of = {"hash": key.id, "name": key.name, "label": f"{key.secret[:8]}...{key.secret[-4:]}"}
        about = {"created_at": made, "updated_at": None, "creator_user_id": None, "workspace_id": key.project}
        return {**of, "disabled": key.status != "active", **NO_LIMIT, **usage, **NO_BYOK, **about}

    def _since(self, key: FakeKey, start: datetime | None) -> float:
        return sum(one.dollars for one in self.spent if one.key == key.id and (start is None or one.at >= start))


def _item(date: str, model: str, usage: float) -> dict[str, Any]:
    of = {"date": date, "model": model, "model_permaslug": model, "endpoint_id": "fake", "provider_name": "OpenAI"}
    tokens = {"prompt_tokens": 0, "completion_tokens": 0, "reasoning_tokens": 0}
    return {**of, "usage": usage, "byok_usage_inference": 0, "requests": 1, **tokens}


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)

"""OpenAI on loopback: projects and their keys, rate limits, spend limits and costs, models and chat completions.

Sources: https://developers.openai.com/api/reference/resources/admin and OpenAI's OpenAPI description
(github.com/openai/openai-openapi, commit f85dbe2). What it answers where the description says nothing (a project
without a spend limit, what a call over a limit is answered) is this fake's guess.
"""

from __future__ import annotations

from typing import Any

from local.llm_providers.exchanges import Asked, Refused, Reply
from local.llm_providers.keys import FakeKey
from local.llm_providers.openai_costs import costs
from local.llm_providers.openai_projects import FakeProject, listed, refuse_over_limits
from local.llm_providers.provider import FakeProvider, Handler, Who

PROJECT = r"/organization/projects/([^/]+)"
UPDATABLE = {
    "max_requests_per_1_minute",
    "max_tokens_per_1_minute",
    "max_images_per_1_minute",
    "max_audio_megabytes_per_1_minute",
    "max_requests_per_1_day",
    "batch_1_day_max_input_tokens",
}
SPEND_LIMIT = {"currency": "USD", "interval": "month"}


class FakeOpenAi(FakeProvider):
    """OpenAI's administration API and chat completions."""

    name = "openai"
    base = "/v1"
    calls = "/chat/completions"
    model = "gpt-4o-mini"

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.projects: dict[str, FakeProject] = {}

    def add_project(self, name: str = "research", id: str = "", models: tuple[str, ...] = ()) -> FakeProject:
        """A project with a rate limit for each model."""
        known = models or (self.model, "gpt-image-1")
        project = FakeProject.with_models(id or f"proj_fake{len(self.projects) + 1}", name, known)
        self.projects[project.id] = project
        return project

    def add_key(self, project: FakeProject, name: str = "batch", id: str = "", secret: str = "") -> FakeKey:
        """A key of a project that a program uses."""
        number = len(self.keys) + 1
        given = secret or f"fake-key-{number}-of-openai"
        key = FakeKey(id or f"key_fake{number}", given, name, self.clock(), project.id)
        self.keys[key.id] = key
        return key

    def routes(self) -> list[tuple[str, str, Who, Handler]]:
        return [
            ("GET", r"/organization/projects", "admin", self._projects),
            ("GET", PROJECT, "admin", self._project),
            ("GET", PROJECT + r"/api_keys", "admin", self._keys),
            ("GET", PROJECT + r"/api_keys/([^/]+)", "admin", self._key),
            ("DELETE", PROJECT + r"/api_keys/([^/]+)", "admin", self._delete_key),
            ("GET", PROJECT + r"/rate_limits", "admin", self._rate_limits),
            ("POST", PROJECT + r"/rate_limits/([^/]+)", "admin", self._update_rate_limit),
            ("GET", PROJECT + r"/spend_limit", "admin", self._spend_limit),
            ("POST", PROJECT + r"/spend_limit", "admin", self._set_spend_limit),
            ("DELETE", PROJECT + r"/spend_limit", "admin", self._delete_spend_limit),
            ("GET", r"/organization/costs", "admin", lambda asked: costs(self.spent, asked)),
            ("GET", r"/models", "key", self._models),
            ("POST", r"/chat/completions", "key", self._complete),
        ]

    def refusal(self, refused: Refused) -> Any:
        error = {"message": refused.message, "type": "invalid_request_error", "param": None, "code": refused.code}
        return {"error": error}

    def _projects(self, asked: Asked) -> Reply:
        return listed([one.shown() for one in self.projects.values()], asked, 20)

    def _project(self, _asked: Asked, id: str) -> Reply:
        return Reply(200, self._known(id).shown())

    def _keys(self, asked: Asked, id: str) -> Reply:
        self._known(id)
        return listed([_shown(one) for one in self.keys.values() if one.project == id], asked, 20)

    def _key(self, _asked: Asked, id: str, key: str) -> Reply:
        return Reply(200, _shown(self._known_key(id, key)))

    def _delete_key(self, _asked: Asked, id: str, key: str) -> Reply:
        del self.keys[self._known_key(id, key).id]
        return Reply(200, {"object": "organization.project.api_key.deleted", "id": key, "deleted": True})

    def _rate_limits(self, asked: Asked, id: str) -> Reply:
        return listed([dict(one) for one in self._known(id).rate_limits.values()], asked, 100)

    def _update_rate_limit(self, asked: Asked, id: str, rate_limit: str) -> Reply:
        limits = self._known(id).rate_limits.get(rate_limit)
        if limits is None:
            raise Refused(404, "not_found", "there is no such rate limit")
        changes = asked.body if isinstance(asked.body, dict) else {}
        odd = changes.keys() - UPDATABLE or changes.keys() - limits.keys()
        if odd or any(type(value) is not int or value < 1 for value in changes.values()):
            raise Refused(400, "invalid_request", "limits of this model, whole numbers of 1 or more")
        limits.update(changes)
        return Reply(200, dict(limits))

    def _spend_limit(self, _asked: Asked, id: str) -> Reply:
        return Reply(200, self._shown_limit(self._known(id)))

    def _set_spend_limit(self, asked: Asked, id: str) -> Reply:
        project, body = self._known(id), asked.body
        cents = body.get("threshold_amount") if isinstance(body, dict) else None
        if type(cents) is not int or cents < 1 or body != {"threshold_amount": cents, **SPEND_LIMIT}:
            raise Refused(400, "invalid_request", "threshold_amount, currency USD and interval month")
        project.spend_limit_cents = cents
        return Reply(200, self._shown_limit(project))

    def _delete_spend_limit(self, _asked: Asked, id: str) -> Reply:
        project = self._known(id)
        self._shown_limit(project)
        project.spend_limit_cents = None
        return Reply(200, {"object": "project.spend_limit.deleted", "deleted": True})

    def _shown_limit(self, project: FakeProject) -> dict[str, Any]:
        if project.spend_limit_cents is None:
            raise Refused(404, "not_found", "the project has no spend limit")
        status = "enforcing" if project.over_spend_limit(self.spent, self.clock()) else "inactive"
        of = {"object": "project.spend_limit", "threshold_amount": project.spend_limit_cents, **SPEND_LIMIT}
        return {**of, "enforcement": {"status": status}}

    def _known(self, id: str) -> FakeProject:
        if id not in self.projects:
            raise Refused(404, "not_found", "the project was not found")
        return self.projects[id]

    def _known_key(self, project: str, id: str) -> FakeKey:
        self._known(project)
        if id not in self.keys or self.keys[id].project != project:
            raise Refused(404, "not_found", "the key was not found")
        return self.keys[id]

    def _models(self, _key: FakeKey, _asked: Asked) -> Reply:
        one = {"id": self.model, "object": "model", "created": 1715367049, "owned_by": "system"}
        return Reply(200, {"object": "list", "data": [one]})

    def _complete(self, key: FakeKey, asked: Asked) -> Reply:
        wanted = asked.body.get("model", "") if isinstance(asked.body, dict) else ""
        refuse_over_limits(self.projects[key.project], wanted, sum(self.tokens), self.spent, self.clock())
        self.call(key, asked)
        read, written = self.tokens
        usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
        message = {"role": "assistant", "content": "Hello!"}
        choices = [{"index": 0, "finish_reason": "stop", "message": message}]
        of = {"id": "chatcmpl-fake", "object": "chat.completion", "model": wanted}
        return Reply(200, {**of, "choices": choices, "usage": usage})


def _shown(key: FakeKey) -> dict[str, Any]:
    owner = {"id": "svc_acct_fake", "name": key.name, "created_at": int(key.made.timestamp()), "role": "member"}
    return {
        "object": "organization.project.api_key",
        "id": key.id,
        "name": key.name,
        "redacted_value": f"{key.secret[:8]}...{key.secret[-4:]}",
        "created_at": int(key.made.timestamp()),
        "last_used_at": None,
        "owner_project_access": "active",
        "owner": {"type": "service_account", "service_account": owner},
    }

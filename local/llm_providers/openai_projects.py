"""Projects of the fake OpenAI: their limits, and what a call over a limit is answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from local.llm_providers.exchanges import Asked, Refused, Reply
from local.llm_providers.keys import Spent


@dataclass
class FakeProject:
    """A project, its rate limits by their ids, and its hard spend limit in cents a month."""

    id: str
    name: str
    rate_limits: dict[str, dict[str, Any]] = field(default_factory=dict)
    spend_limit_cents: int | None = None

    @classmethod
    def with_models(cls, id: str, name: str, models: Sequence[str]) -> FakeProject:
        """A project with usual rate limits for some models; those that make images have a limit for images."""
        project = cls(id, name)
        for model in models:
            limits: dict[str, Any] = {"object": "project.rate_limit", "id": f"rl-{model}", "model": model}
            limits |= {"max_requests_per_1_minute": 500, "max_tokens_per_1_minute": 200_000}
            if "image" in model:
                limits["max_images_per_1_minute"] = 5
            else:
                limits |= {"max_requests_per_1_day": 10_000, "batch_1_day_max_input_tokens": 2_000_000}
            project.rate_limits[limits["id"]] = limits
        return project

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        of = {"object": "organization.project", "id": self.id, "name": self.name, "status": "active"}
        return {**of, "created_at": 1711471533, "archived_at": None}

    def over_spend_limit(self, spent: Sequence[Spent], now: datetime) -> bool:
        """Whether the month's spend has reached the limit."""
        start = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        month = sum(one.dollars for one in spent if one.project == self.id and start <= one.at)
        return self.spend_limit_cents is not None and month * 100 >= self.spend_limit_cents


def refuse_over_limits(project: FakeProject, model: str, tokens: int, spent: Sequence[Spent], now: datetime) -> None:
    """Raises Refused where a call of so many tokens does not fit into the limits any more."""
    if project.over_spend_limit(spent, now):
        raise Refused(429, "insufficient_quota", "the project has reached its spend limit")
    limits = project.rate_limits.get(f"rl-{model}")
    if limits is None:
        return
    lately = [
        one for one in spent if one.project == project.id and one.model == model and one.at > now - timedelta(minutes=1)
    ]
    used = sum(one.input + one.output for one in lately)
    too_many = len(lately) + 1 > limits["max_requests_per_1_minute"]
    if too_many or used + tokens > limits["max_tokens_per_1_minute"]:
        raise Refused(429, "rate_limit_exceeded", "the rate limit of the project is reached", {"retry-after": "60"})


def listed(some: list[dict[str, Any]], asked: Asked, usual: int) -> Reply:
    """A page of a list, after the id that `after` names."""
    ids = [one["id"] for one in some]
    start = ids.index(asked.value("after")) + 1 if asked.value("after") else 0
    page = some[start : start + int(asked.value("limit", str(usual)))]
    ends = {"first_id": page[0]["id"] if page else None, "last_id": page[-1]["id"] if page else None}
    return Reply(200, {"object": "list", "data": page, **ends, "has_more": start + len(page) < len(some)})

"""The costs of the fake OpenAI, by day and line of the bill."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from local.llm_providers.exchanges import Asked, Refused, Reply
from local.llm_providers.keys import Spent

TAKES = {"start_time", "end_time", "bucket_width", "project_ids", "api_key_ids", "group_by", "limit", "page"}


def costs(spent: Sequence[Spent], asked: Asked) -> Reply:
    """The days from `start_time` to `end_time`, a page of them at a time."""
    limit = int(asked.value("limit", "7"))
    if not asked.value("start_time").isdigit() or {name for name, _ in asked.query} - TAKES or not 1 <= limit <= 180:
        raise Refused(400, "invalid_request", "start_time, a limit of 1 to 180 and documented parameters only")
    start = datetime.fromtimestamp(int(asked.value("start_time")), UTC)
    end = datetime.fromtimestamp(int(asked.value("end_time", asked.value("start_time"))), UTC)
    day = start.replace(hour=0, minute=0, second=0)
    days = [day + timedelta(days=number) for number in range((end - day) // timedelta(days=1) + 1)]
    at = int(asked.value("page", "page_0").removeprefix("page_"))
    data = [_bucket(spent, asked, one) for one in days[at : at + limit]]
    more = at + limit < len(days)
    page = {"object": "page", "data": data, "has_more": more, "next_page": f"page_{at + limit}" if more else None}
    return Reply(200, page)


def _bucket(spent: Sequence[Spent], asked: Asked, day: datetime) -> dict[str, Any]:
    projects, keys = asked.values("project_ids"), asked.values("api_key_ids")
    lines: dict[str, float] = defaultdict(float)
    for one in spent:
        wanted = one.project in projects and (not keys or one.key in keys)
        if wanted and day <= one.at < day + timedelta(days=1):
            lines[one.model] += one.dollars
    results = [
        {
            "object": "organization.costs.result",
            "amount": {"value": dollars, "currency": "usd"},
            "line_item": model,
            "project_id": None,
            "api_key_id": None,
            "quantity": None,
        }
        for model, dollars in lines.items()
    ]
    start = int(day.timestamp())
    return {"object": "bucket", "start_time": start, "end_time": start + 86400, "results": results}

"""What an OpenAI project, or one of its keys, spent: the organization's costs, in whole days (UTC).

Source: https://developers.openai.com/api/reference/resources/admin (GET /organization/costs) and OpenAI's OpenAPI
description (github.com/openai/openai-openapi, commit f85dbe2). Unverified: how late the costs are, and that those of a
deleted key stay.
"""

from __future__ import annotations

from datetime import UTC, datetime

from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.provider import ProviderFailed, Usage

COSTS = "/v1/organization/costs"
MOST_BUCKETS = 180
"""Days a page may hold."""


def spent(api: Api, project: str, key_id: str, since: datetime, until: datetime) -> Usage:
    """What a project spent, or with `key_id` one key of it. The day that `since` lies in counts from its midnight.

    Raises ProviderFailed.
    """
    day = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    query = [
        ("start_time", str(int(day.timestamp()))),
        ("end_time", str(int(until.timestamp()) + 1)),
        ("bucket_width", "1d"),
        ("project_ids", project),
        *([("api_key_ids", key_id)] if key_id else []),
        ("group_by", "line_item"),
        ("limit", str(MOST_BUCKETS)),
    ]
    ends, by_path, cursor = api.ends(), dict[str, float](), list[tuple[str, str]]()
    while True:
        page = api.get(COSTS, [*query, *cursor], ends)
        for row in (row for bucket in page.items("data") for row in bucket.items("results")):
            amount = row.part("amount")
            if amount.text("currency").lower() != "usd":
                raise ProviderFailed(f"{api.account}: OpenAI's costs are not in US dollars")
            line = row.text_or("line_item", "other")
            by_path[line] = by_path.get(line, 0.0) + amount.number("value")
        if not page.flag("has_more"):
            return Usage(sum(by_path.values()), by_path=by_path)
        cursor = [("page", page.text("next_page"))]

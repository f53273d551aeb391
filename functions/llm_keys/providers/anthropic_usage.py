"""What one Anthropic API key spent: the tokens of the usage report at list prices.

Source: https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages and
https://platform.claude.com/docs/en/manage-claude/usage-cost-api (now called legacy, and kept): usage appears within
about five minutes. Its cost report has no keys. GET /v1/organizations/analytics/cost has dollars by key, but is a beta
and, by https://docs.estuary.dev/reference/Connectors/capture-connectors/anthropic/, hours late: too late to stop a key.

Counted: input, output, cache reads and writes of 5 minutes and 1 hour; batches at half price, all other tiers at list
price (https://platform.claude.com/docs/en/about-claude/pricing). Not counted: the extra price of long contexts, fast
mode and regions, web searches, code execution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from functions.llm_keys.prices import Price, Tokens, cost
from functions.llm_keys.providers.answers import Shown
from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.provider import Usage

REPORT = "/v1/organizations/usage_report/messages"
WIDTHS = {"1m": (timedelta(minutes=1), 1440), "1h": (timedelta(hours=1), 168), "1d": (timedelta(days=1), 31)}
"""The widths of a bucket, and how many of each a page holds at most."""
BATCH = 0.5
"""What a token of a batch costs of a token's price."""


PriceOf = Callable[[str, str], Price | None]
"""The price by provider and model id, None where it is not known."""


def spent(api: Api, key_id: str, since: datetime, until: datetime, price: PriceOf) -> Usage:
    """What a key spent in a span of time, whole minutes of it. Raises ProviderFailed."""
    ends, by_path, unpriced = api.ends(), dict[str, float](), set[str]()
    for width, start, end in pieces(since, until):
        for row in _rows(api, key_id, width, start, end, ends):
            model = row.text_or("model", "")
            of_model = price("anthropic", model)
            if of_model is None:
                unpriced.add(model or "(not named)")
            else:
                by_path[model] = by_path.get(model, 0.0) + dollars(row, of_model)
    return Usage(sum(by_path.values()), tuple(sorted(unpriced)), by_path)


def dollars(row: Shown, price: Price) -> float:
    """What the tokens of one row of the report cost."""
    written = row.part("cache_creation")
    full = cost(
        price,
        Tokens(
            input=row.number("uncached_input_tokens"),
            output=row.number("output_tokens"),
            cache_read=row.number("cache_read_input_tokens"),
            cache_write_5m=written.number("ephemeral_5m_input_tokens"),
            cache_write_1h=written.number("ephemeral_1h_input_tokens"),
        ),
    )
    is_batch = row.has("service_tier") and row.text("service_tier") == "batch"
    return full * BATCH if is_batch else full


def pieces(since: datetime, until: datetime) -> list[tuple[str, datetime, datetime]]:
    """A span as days, and as hours and minutes at its ends, each in the width of bucket that fits it.

    The report snaps every bucket to its minute, hour or day, so wider ones would count what lies outside the span.
    """
    start, end = since.astimezone(UTC).replace(second=0, microsecond=0), until.astimezone(UTC)
    found: list[tuple[str, datetime, datetime]] = []
    while start < end:
        width = _widest(start, end)
        step = WIDTHS[width][0]
        if found and found[-1][0] == width:
            found[-1] = (width, found[-1][1], start + step)
        else:
            found.append((width, start, start + step))
        start += step
    return found


def _widest(start: datetime, end: datetime) -> str:
    if start.hour == start.minute == 0 and start + timedelta(days=1) <= end:
        return "1d"
    if start.minute == 0 and start + timedelta(hours=1) <= end:
        return "1h"
    return "1m"


def _rows(api: Api, key_id: str, width: str, start: datetime, end: datetime, ends: float) -> Iterator[Shown]:
    """The rows of all buckets of a piece, by model and service tier, page by page."""
    query = [
        ("starting_at", _moment(start)),
        ("ending_at", _moment(end)),
        ("bucket_width", width),
        ("api_key_ids[]", key_id),
        ("group_by[]", "model"),
        ("group_by[]", "service_tier"),
        ("limit", str(WIDTHS[width][1])),
    ]
    cursor: list[tuple[str, str]] = []
    while True:
        page = api.get(REPORT, [*query, *cursor], ends)
        for bucket in page.items("data"):
            yield from bucket.items("results")
        if not page.flag("has_more"):
            return
        cursor = [("page", page.text("next_page"))]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"

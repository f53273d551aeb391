"""What an OpenRouter key spent, put together from what OpenRouter tells, so that no day counts twice.

OpenRouter keeps a sum for the UTC day, week and month that run and one since the key was made, and tells single days
for the last 30 that are over. So a span from the start of the day, week or month, or from before the key, is exact; of
any other one days older than 30 are missing, and `missing` says so. What a key of one's own at another provider (BYOK)
costs is on that provider's bill and not counted.

Source: https://openrouter.ai/docs/api/api-reference/api-keys/get-key and
https://openrouter.ai/docs/api/api-reference/analytics/get-user-activity
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from functions.llm_keys.providers.answers import Shown
from functions.llm_keys.providers.http import Api
from functions.llm_keys.providers.provider import ProviderFailed, Usage

ACTIVITY = "/api/v1/activity"
DAYS_KEPT = 30
ALL_MODELS = "all models"


def spent(api: Api, shown: Shown, since: datetime, until: datetime) -> Usage:
    """What the key as OpenRouter shows it spent; `until` is taken for now, and a day counts from its midnight.

    Raises ProviderFailed.
    """
    first, today = _midnight(since), _midnight(until)
    field = sum_for(first, today, _moment(shown))
    if field:
        dollars = shown.number(field)
        return Usage(dollars, by_path={ALL_MODELS: dollars})
    by_path = {ALL_MODELS: shown.number("usage_daily")}
    for row in api.get(ACTIVITY, [("api_key_hash", shown.text("hash"))]).items("data"):
        if first.date().isoformat() <= row.text("date")[:10] < today.date().isoformat():
            model = row.text_or("model", ALL_MODELS)
            by_path[model] = by_path.get(model, 0.0) + row.number("usage")
    kept = today - timedelta(days=DAYS_KEPT)
    missing = f"OpenRouter tells no days before {kept:%Y-%m-%d}" if first < kept else ""
    return Usage(sum(by_path.values()), by_path=by_path, missing=missing)


def sum_for(first: datetime, today: datetime, made: datetime) -> str:
    """The field that holds exactly what was spent since midnight of `first`, "" where none does."""
    if first == today:
        return "usage_daily"
    if made >= first:
        return "usage"
    if first == today - timedelta(days=today.weekday()):
        return "usage_weekly"
    if first == today.replace(day=1):
        return "usage_monthly"
    return ""


def _moment(shown: Shown) -> datetime:
    try:
        made = datetime.fromisoformat(shown.text("created_at"))
    except ValueError:
        raise ProviderFailed("OpenRouter's 'created_at' of a key is no moment") from None
    return made if made.tzinfo else made.replace(tzinfo=UTC)


def _midnight(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)

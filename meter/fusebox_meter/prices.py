"""What a call costs, by the list prices that genai-prices carries with it. Nothing is ever downloaded.

Importing genai-prices takes a fifth of a second, so it is not done with this package but by `load_prices`: when a
function is decorated, or when the first Meter is made.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

from fusebox_meter.usage import Usage

MANTLE = {
    "openai.gpt-oss-120b": "openai.gpt-oss-120b-1:0",
    "openai.gpt-oss-20b": "openai.gpt-oss-20b-1:0",
    "anthropic.claude-haiku-4-5": "anthropic.claude-haiku-4-5-20251001-v1:0",
    "anthropic.claude-sonnet-4-5": "anthropic.claude-sonnet-4-5-20250929-v1:0",
}
"""Ids on the bedrock-mantle endpoint, which have no date and no version (model cards in the Amazon Bedrock user guide),
as genai-prices knows them."""
HALF = 0.5
"""What a batch costs where genai-prices has no price for it: half, say
https://platform.claude.com/docs/en/build-with-claude/batch-processing, https://developers.openai.com/api/docs/guides/batch
and https://aws.amazon.com/bedrock/pricing/."""
US_ONLY = 1.1
"""Tokens that Anthropic keeps in the US (https://platform.claude.com/docs/en/manage-claude/data-residency)."""


@cache
def load_prices() -> None:
    """Loads the prices, once. An application that uses Meter alone may call it when it starts."""
    from genai_prices import Usage as Counted
    from genai_prices import calc_price

    calc_price(Counted(input_tokens=1), "gpt-4o", provider_id="openai")


def cost_of(usage: Usage, model: str, provider: str) -> float | None:
    """What the tokens cost in US dollars, or None where the model, or a kind of token it used, has no known price.

    `provider` is a name of genai-prices; "bedrock" stands for its "aws".
    """
    from genai_prices import calc_price

    context = _context(usage)
    try:
        found = calc_price(
            _counted(usage),
            _bedrock_id(model) if provider == "bedrock" else model,
            provider_id="aws" if provider == "bedrock" else provider,
            price_context=context or None,
        )
    except LookupError:
        return None
    if not _priced(usage, found.model_price):
        return None
    tokens = found.input_price + found.output_price
    factor = 1.0
    if usage.batch and not _has_batch_price(found.model):
        factor *= HALF
    if usage.us_only:
        factor *= US_ONLY
    return float(tokens) * factor + float(found.total_price - tokens)


def _counted(usage: Usage) -> Any:
    from genai_prices import Usage as Counted

    return Counted(
        input_tokens=usage.input,
        output_tokens=usage.output,
        cache_read_tokens=usage.cache_read or None,
        cache_write_tokens=usage.cache_write or None,
        cache_write_1h_tokens=usage.cache_write_1h or None,
        input_audio_tokens=usage.input_audio or None,
        output_audio_tokens=usage.output_audio or None,
        web_searches=usage.web_searches or None,
    )


def _context(usage: Usage) -> dict[str, str]:
    """What genai-prices chooses between a model's prices by."""
    context = {"service_tier": usage.tier, "speed": usage.speed, "processing": "batch" if usage.batch else ""}
    return {key: value for key, value in context.items() if value}


def _priced(usage: Usage, price: Any) -> bool:
    """Whether each kind of token that was used has a price."""
    used = {
        "input_mtok": True,
        "output_mtok": usage.output,
        "input_audio_mtok": usage.input_audio,
        "output_audio_mtok": usage.output_audio,
    }
    return all(getattr(price, name) is not None for name, some in used.items() if some)


def _has_batch_price(model: Any) -> bool:
    now = datetime.now(UTC)
    variants = [one for one in model.price_variants or () if one.when == {"processing": "batch"}]
    return any(one.constraint is None or one.constraint.active(now) for one in variants)


def _bedrock_id(model: str) -> str:
    """The id of a model or an inference profile, without the ARN around it."""
    name = model.rpartition("/")[2] if model.startswith("arn:") else model
    return MANTLE.get(name, name)

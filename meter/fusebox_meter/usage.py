"""The tokens of one call, the same for all providers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Shape = Literal["openai", "anthropic", "bedrock"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a response says was used.

    `input` counts every token of the prompt once: `cache_read` and `cache_write` are parts of it, `cache_write_1h` a
    part of `cache_write`, and the audio tokens parts of `input` and `output`. Providers differ: OpenAI's count of input
    holds the cached tokens, Anthropic's and Amazon Bedrock's do not (field report F29). `output` holds what the model
    thought as well as what it said. `request` is the provider's id of the call, "" where there is none. `tier` and
    `speed` are what OpenAI and Anthropic say of the way it was served; `us_only` that Anthropic kept it in the US.
    """

    shape: Shape
    input: int
    output: int
    model: str = ""
    request: str = ""
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    output_audio: int = 0
    web_searches: int = 0
    batch: bool = False
    tier: str = ""
    speed: str = ""
    us_only: bool = False


def part(whole: Any, name: str) -> Any:
    """A field of a plain dict or an attribute of an SDK's object; None where there is none."""
    if isinstance(whole, dict):
        return whole.get(name)
    return getattr(whole, name, None)


def is_count(value: Any) -> bool:
    """Whether it is a number of tokens."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def count(value: Any) -> int:
    """A number of tokens; what is none counts as zero."""
    return int(value) if is_count(value) else 0


def word(value: Any) -> str:
    """A text; what is none counts as empty."""
    return value if isinstance(value, str) else ""

"""Tokens of OpenAI's responses: chat completions, the Responses API, embeddings, and what speaks like them.

Source: OpenAI API reference, the usage objects of chat completions, responses and embeddings
(https://developers.openai.com/api/reference). `prompt_tokens` and `input_tokens` hold the cached tokens.
"""

from __future__ import annotations

from typing import Any

from fusebox_meter.usage import Usage, count, is_count, part, word


def read(response: Any) -> Usage | None:
    """What a response, or the last chunk of a streamed chat completion, says was used."""
    usage = part(response, "usage")
    if is_count(part(usage, "prompt_tokens")):
        return _usage(response, usage, "prompt_tokens", "completion_tokens")
    if is_count(part(usage, "input_tokens")):
        return _usage(response, usage, "input_tokens", "output_tokens")
    return None


def _usage(response: Any, usage: Any, input_name: str, output_name: str) -> Usage:
    sent, got = part(usage, f"{input_name}_details"), part(usage, f"{output_name}_details")
    cached, written = count(part(sent, "cached_tokens")), count(part(sent, "cache_write_tokens"))
    return Usage(
        shape="openai",
        model=word(part(response, "model")),
        request=word(part(response, "id")) or word(part(response, "_request_id")),
        input=max(count(part(usage, input_name)), cached + written),
        output=count(part(usage, output_name)),
        cache_read=cached,
        cache_write=written,
        input_audio=count(part(sent, "audio_tokens")),
        output_audio=count(part(got, "audio_tokens")),
        tier=word(part(response, "service_tier")),
    )

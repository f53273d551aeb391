"""Tokens of Anthropic's messages, also those that Amazon Bedrock's InvokeModel returns.

Source: Anthropic API reference, the usage object of a message (https://platform.claude.com/docs/en/api/messages), and
https://platform.claude.com/docs/en/build-with-claude/prompt-caching: `input_tokens` are those after the last cache
breakpoint, so tokens read from and written to the cache come on top. Of what is written, `cache_creation` says how long
it is kept. A batch says so in `service_tier`.
"""

from __future__ import annotations

from typing import Any

from fusebox_meter.usage import Usage, count, is_count, part, word

BEDROCK_ID = "msg_bdrk_"
"""Begins the ids of messages that Amazon Bedrock answered."""


def read(message: Any) -> Usage | None:
    """What a message says was used."""
    usage = part(message, "usage")
    if not is_count(part(usage, "input_tokens")):
        return None
    created = part(usage, "cache_creation")
    hour = count(part(created, "ephemeral_1h_input_tokens"))
    five = count(part(created, "ephemeral_5m_input_tokens"))
    written = max(count(part(usage, "cache_creation_input_tokens")), five + hour)
    cached = count(part(usage, "cache_read_input_tokens"))
    request = word(part(message, "id"))
    return Usage(
        shape="bedrock" if request.startswith(BEDROCK_ID) else "anthropic",
        model=word(part(message, "model")),
        request=request,
        input=count(part(usage, "input_tokens")) + cached + written,
        output=count(part(usage, "output_tokens")),
        cache_read=cached,
        cache_write=written,
        cache_write_1h=hour,
        web_searches=count(part(part(usage, "server_tool_use"), "web_search_requests")),
        batch=part(usage, "service_tier") == "batch",
        speed=word(part(usage, "speed")),
        us_only=part(usage, "inference_geo") == "us",
    )

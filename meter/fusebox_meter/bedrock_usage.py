"""Tokens of Amazon Bedrock's responses: Converse, and what InvokeModel says in its headers.

Source: Amazon Bedrock API reference, TokenUsage and CacheDetail, as in boto3's model of the service
(https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html). InvokeModel has the counts in its
headers, and its streams in the last chunk. As with Anthropic, tokens read from and
written to the cache come on top of the input tokens. No response names the model that was asked.
"""

from __future__ import annotations

from typing import Any

from fusebox_meter.usage import Usage, count, is_count, part, word

HEADER = "x-amzn-bedrock-{}-token-count"
HEADERS = ("input", "output", "cache-read-input", "cache-write-input")


def read(response: Any) -> Usage | None:
    """What a response of Converse, or the metadata at the end of its stream, says was used."""
    usage = part(response, "usage")
    if not is_count(part(usage, "inputTokens")):
        return None
    details = part(usage, "cacheDetails") or ()
    return _usage(
        fresh=count(part(usage, "inputTokens")),
        output=count(part(usage, "outputTokens")),
        cached=count(part(usage, "cacheReadInputTokens") or part(usage, "cacheReadInputTokenCount")),
        written=count(part(usage, "cacheWriteInputTokens") or part(usage, "cacheWriteInputTokenCount")),
        hour=sum(count(part(one, "inputTokens")) for one in details if part(one, "ttl") == "1h"),
        request=request_of(response),
    )


def read_headers(response: Any) -> Usage | None:
    """What the headers of InvokeModel say was used; its body is not touched, because it can be read only once."""
    headers = part(part(response, "ResponseMetadata"), "HTTPHeaders")
    fresh, output, cached, written = (_digits(part(headers, HEADER.format(one))) for one in HEADERS)
    if fresh is None:
        return None
    return _usage(
        fresh=fresh, output=output or 0, cached=cached or 0, written=written or 0, request=request_of(response)
    )


def read_metrics(metrics: Any) -> Usage | None:
    """What the invocation metrics in the last chunk of InvokeModelWithResponseStream say was used."""
    if not is_count(part(metrics, "inputTokenCount")):
        return None
    return _usage(
        fresh=count(part(metrics, "inputTokenCount")),
        output=count(part(metrics, "outputTokenCount")),
        cached=count(part(metrics, "cacheReadInputTokenCount")),
        written=count(part(metrics, "cacheWriteInputTokenCount")),
    )


def request_of(response: Any) -> str:
    """The id of the request, as boto3 has it."""
    return word(part(part(response, "ResponseMetadata"), "RequestId"))


def _usage(*, fresh: int, output: int, cached: int, written: int, hour: int = 0, request: str = "") -> Usage:
    return Usage(
        shape="bedrock",
        request=request,
        input=fresh + cached + written,
        output=output,
        cache_read=cached,
        cache_write=written,
        cache_write_1h=min(hour, written),
    )


def _digits(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.isdecimal() else None

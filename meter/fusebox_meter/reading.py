"""Which provider a response is from, told by its form, and what it says was used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fusebox_meter import anthropic_usage, bedrock_usage, openai_usage
from fusebox_meter.usage import Usage, part


def usage_of(response: Any) -> Usage | None:
    """What a response says was used, or None where it is no response of a known form, or a stream.

    It may also be a line of a batch's results, as OpenAI, Anthropic and Amazon Bedrock write them.
    """
    if part(response, "usage") is not None:
        return _direct(response)
    if part(response, "ResponseMetadata") is not None:
        return bedrock_usage.read_headers(response)
    return _of_a_batch(response)


def _direct(response: Any) -> Usage | None:
    usage = part(response, "usage")
    if part(usage, "inputTokens") is not None:
        return bedrock_usage.read(response)
    if part(response, "type") == "message" or part(usage, "cache_creation_input_tokens") is not None:
        return anthropic_usage.read(response) or openai_usage.read(response)
    return openai_usage.read(response)


def _of_a_batch(line: Any) -> Usage | None:
    """A line of results: OpenAI's `response.body`, Anthropic's `result.message`, Amazon Bedrock's `modelOutput`.

    https://developers.openai.com/api/docs/guides/batch,
    https://platform.claude.com/docs/en/build-with-claude/batch-processing,
    https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
    The `recordId` of the last, like the others' `custom_id`, is the caller's own and may come again in another job.
    """
    answer = part(part(line, "response"), "body")
    message = part(part(line, "result"), "message")
    output = part(line, "modelOutput")
    inner = next((one for one in (answer, message, output) if part(one, "usage") is not None), None)
    found = _direct(inner) if inner is not None else None
    if found is None:
        return None
    shape = "bedrock" if inner is output else found.shape
    return replace(found, shape=shape, batch=True)

"""What the chunks of a stream say was used, put together.

Sources: OpenAI, chat completions with `stream_options: {"include_usage": true}` have the usage in a last chunk, and the
Responses API in `response.completed` (https://developers.openai.com/api/docs/guides/streaming-responses); Anthropic in
`message_start` and, as a running total, in `message_delta` (https://platform.claude.com/docs/en/build-with-claude/streaming);
Amazon Bedrock in the `metadata` event of ConverseStream and in the last chunk of InvokeModelWithResponseStream, whose
other chunks are the model's own events.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from fusebox_meter import anthropic_usage, bedrock_usage, openai_usage
from fusebox_meter.usage import Shape, Usage, part, word

ENDS = frozenset({"response.completed", "response.incomplete", "response.failed"})
"""Events of the Responses API that hold the response as it is at its end."""
RUNNING = (
    "input_tokens",
    "output_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "cache_creation",
    "server_tool_use",
    "service_tier",
    "inference_geo",
    "speed",
)
"""What `message_delta` may say anew of what `message_start` said."""
METRICS = "amazon-bedrock-invocationMetrics"


class Tally:
    """The usage of one stream, as far as its chunks have told it.

    `shape` and `request` are what is known of it beside its chunks. `silent_model` names the model of a chat completion
    that has told no usage, "" where that is not so.
    """

    def __init__(self, shape: Shape | None = None, request: str = "") -> None:
        self._shape = shape
        self._request = request
        self._told: Usage | None = None
        self._message: dict[str, Any] | None = None
        self._model = ""

    def add(self, chunk: Any) -> None:
        """Reads a chunk; one of an unknown form says nothing."""
        if isinstance(chunk, (str, bytes)):
            return
        kind = part(chunk, "type")
        if kind is not None:
            self._event(kind, chunk)
        elif part(chunk, "choices") is not None:
            self._completion(chunk)
        elif isinstance(chunk, dict):
            self._bedrock(chunk)

    def usage(self) -> Usage | None:
        """What the chunks have told so far; a stream that stopped early may have told a part."""
        told = self._told
        if self._message is not None:
            told = anthropic_usage.read(self._message) or told
        if told is None:
            return None
        return replace(told, shape=self._shape or told.shape, request=self._request or told.request)

    @property
    def silent_model(self) -> str:
        return self._model if self.usage() is None else ""

    def _completion(self, chunk: Any) -> None:
        if part(chunk, "usage") is not None:
            self._told = openai_usage.read(chunk) or self._told
        elif not self._model:
            self._model = word(part(chunk, "model"))

    def _event(self, kind: Any, event: Any) -> None:
        if kind in ENDS:
            self._told = openai_usage.read(part(event, "response")) or self._told
        elif kind == "message_start":
            message = part(event, "message")
            self._message = {name: part(message, name) for name in ("id", "model")} | {"usage": {}}
            self._run(part(message, "usage"))
        elif kind == "message_delta" and self._message is not None:
            self._run(part(event, "usage"))

    def _run(self, usage: Any) -> None:
        assert self._message is not None
        said = {name: part(usage, name) for name in RUNNING}
        self._message["usage"].update((name, value) for name, value in said.items() if value is not None)

    def _bedrock(self, event: dict[str, Any]) -> None:
        if "metadata" in event:
            self._told = bedrock_usage.read(event["metadata"]) or self._told
        elif "chunk" in event:
            text = part(event["chunk"], "bytes")
            if isinstance(text, bytes) and (b'"usage"' in text or METRICS.encode() in text):
                self._payload(json.loads(text))

    def _payload(self, payload: dict[str, Any]) -> None:
        self._told = bedrock_usage.read_metrics(payload.get(METRICS)) or self._told
        if "type" in payload:
            self._event(payload["type"], payload)
        elif "metadata" in payload:
            self._bedrock(payload)

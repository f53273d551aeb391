"""Recorded shapes of responses, as plain dicts, as an SDK's objects, and as streams of chunks."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent / "shapes"
NAMES = sorted(file.stem for file in FOLDER.glob("*.json"))


class SdkObject(BaseModel):
    """OpenAI's and Anthropic's SDKs give objects like this one: attributes, and whatever else the provider sent."""

    model_config = ConfigDict(extra="allow")


@dataclass(frozen=True)
class Shape:
    """What a shapes/*.json holds."""

    name: str
    said: dict[str, Any]

    @property
    def cost(self) -> float:
        """The bill by the published prices, from the tokens that the file says are billed."""
        prices = self.said["usd_per_million"]
        return float(sum(count * prices[kind] for kind, count in self.said["billed"].items())) / 1_000_000

    @property
    def told(self) -> dict[str, Any]:
        return dict(self.said["told"])

    @property
    def charge(self) -> dict[str, Any]:
        return dict(self.said.get("charge", {}))

    @property
    def response(self) -> Any:
        return self.said.get("response")

    @property
    def chunks(self) -> list[Any]:
        return [_with_bytes(one) for one in self.said.get("chunks", [])]


def shape(name: str) -> Shape:
    return Shape(name, json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")))


def shapes(prefix: str = "", *, streamed: bool | None = None) -> list[Shape]:
    found = [shape(name) for name in NAMES if name.startswith(prefix)]
    return [one for one in found if streamed is None or bool(one.chunks) == streamed]


def as_sdk(value: Any) -> Any:
    if isinstance(value, dict):
        return SdkObject(**{key: as_sdk(one) for key, one in value.items()})
    return [as_sdk(one) for one in value] if isinstance(value, list) else value


def _with_bytes(chunk: Any) -> Any:
    """In the files, the bytes of Amazon Bedrock's chunks stand as JSON."""
    if set(chunk) == {"chunk"}:
        return {"chunk": {"bytes": json.dumps(chunk["chunk"]["json"]).encode()}}
    return chunk


class SdkStream:
    """A stream as the SDKs of OpenAI and Anthropic have it; `fails` is raised after the chunks."""

    def __init__(self, chunks: list[Any], fails: BaseException | None = None) -> None:
        self.response = "the http response"
        self.closed = False
        self._chunks = iter(chunks)
        self._fails = fails

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        try:
            return next(self._chunks)
        except StopIteration:
            if self._fails:
                raise self._fails from None
            raise

    def __enter__(self) -> SdkStream:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self.closed = True


class AsyncSdkStream:
    """The same for the async clients."""

    def __init__(self, chunks: list[Any], fails: BaseException | None = None) -> None:
        self.response = "the http response"
        self.closed = False
        self._stream = SdkStream(chunks, fails)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        try:
            return next(self._stream)
        except StopIteration:
            raise StopAsyncIteration from None

    async def __aenter__(self) -> AsyncSdkStream:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.closed = True


class EventStream:
    """botocore's event stream: it can be iterated and closed, and has no __next__."""

    def __init__(self, chunks: list[Any]) -> None:
        self.closed = False
        self._chunks = chunks

    def __iter__(self) -> Iterator[Any]:
        yield from self._chunks

    def close(self) -> None:
        self.closed = True


class StreamingBody:
    """botocore's body of InvokeModel: whoever reads it first has it."""

    def __init__(self, text: bytes) -> None:
        self._text = text

    def read(self) -> bytes:
        text, self._text = self._text, b""
        return text

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        text = self.read()
        if not text:
            raise StopIteration
        return text

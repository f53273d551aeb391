"""Streams pass every chunk on, and are booked however they end."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Generator
from types import GeneratorType
from typing import Any

import pytest

from fusebox_meter import Meter, track_cost
from tests.meter.conftest import Lines
from tests.meter.recorded import AsyncSdkStream, EventStream, SdkStream, as_sdk, shape

MESSAGE = shape("anthropic_stream")
CHAT = shape("openai_chat_stream")
CONVERSE = shape("bedrock_converse_stream")
FIRST_TOLD = 472
"""Input tokens of the message, which its first chunk tells."""


class Cut(Exception):
    """What a client raises when the connection breaks."""


def test_a_caller_that_stops_early_pays_for_what_was_told(lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines)
    def ask() -> Any:
        return SdkStream(as_sdk(MESSAGE.chunks))

    for _ in ask():
        break
    gc.collect()
    assert (lines.only["InputTokens"], lines.only["OutputTokens"]) == (FIRST_TOLD, 2)


def test_a_stream_that_is_closed_is_booked_once(lines: Lines) -> None:
    stream = SdkStream(as_sdk(MESSAGE.chunks))
    metered = track_cost(budget="assistants", emit=lines)(lambda: stream)()
    next(metered)
    metered.close()
    metered.close()
    del metered
    assert stream.closed
    assert lines.only["InputTokens"] == FIRST_TOLD


def test_a_stream_that_breaks_raises_its_error_and_is_booked(lines: Lines) -> None:
    error = Cut()
    stream = track_cost(budget="assistants", emit=lines)(lambda: SdkStream(as_sdk(MESSAGE.chunks[:3]), error))()
    got: list[Any] = []
    with pytest.raises(Cut) as raised:
        got.extend(stream)
    assert raised.value is error
    assert lines.only["InputTokens"] == FIRST_TOLD


def test_a_stream_is_what_it_was_to_its_caller(lines: Lines) -> None:
    stream = track_cost(budget="assistants", emit=lines)(lambda: SdkStream(as_sdk(MESSAGE.chunks)))()
    assert isinstance(stream, SdkStream)
    assert stream.response == "the http response"
    assert not hasattr(stream, "until_done")
    with stream as entered:
        assert len(list(entered)) == len(MESSAGE.chunks)
    assert stream.closed
    assert lines.only["OutputTokens"] == 89


def test_an_async_stream_is_what_it_was_to_its_caller(lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines)
    async def ask() -> Any:
        return AsyncSdkStream(as_sdk(MESSAGE.chunks))

    async def read() -> Any:
        stream = await ask()
        assert isinstance(stream, AsyncSdkStream)
        async with stream as entered:
            assert len([one async for one in entered]) == len(MESSAGE.chunks)
        return stream

    stream = asyncio.run(read())
    assert stream.closed
    assert lines.only["OutputTokens"] == 89


def test_an_async_caller_that_stops_early_pays_for_what_was_told(lines: Lines) -> None:
    async def read() -> None:
        stream = track_cost(budget="assistants", emit=lines)(lambda: AsyncSdkStream(as_sdk(MESSAGE.chunks)))()
        async for _ in stream:
            break
        await stream.close()

    asyncio.run(read())
    assert lines.only["InputTokens"] == FIRST_TOLD


def test_an_async_stream_that_breaks_raises_its_error_and_is_booked(lines: Lines) -> None:
    async def read() -> None:
        chunks = as_sdk(MESSAGE.chunks[:3])
        async for _ in track_cost(budget="assistants", emit=lines)(lambda: AsyncSdkStream(chunks, Cut()))():
            pass

    with pytest.raises(Cut):
        asyncio.run(read())
    assert lines.only["InputTokens"] == FIRST_TOLD


def talk(chunks: list[Any]) -> Generator[Any, Any, str]:
    """A generator that is sent to, and that can be made to end early."""
    for chunk in chunks:
        try:
            heard = yield chunk
        except Cut:
            return "cut short"
        if heard:
            yield f"heard {heard}"
    return "done"


async def talk_later(chunks: list[Any]) -> AsyncGenerator[Any, Any]:
    for chunk in chunks:
        try:
            heard = yield chunk
        except Cut:
            return
        if heard:
            yield f"heard {heard}"


def test_a_generator_can_be_sent_to_thrown_into_and_returns_what_it_returns(lines: Lines) -> None:
    metered = track_cost(budget="assistants", emit=lines)(talk)
    speaking = metered(MESSAGE.chunks)
    assert isinstance(speaking, GeneratorType)
    assert next(speaking) is MESSAGE.chunks[0]
    assert speaking.send("you") == "heard you"
    assert lines == []
    next(speaking)
    with pytest.raises(StopIteration) as stopped:
        speaking.throw(Cut())
    assert stopped.value.value == "cut short"
    assert lines.only["InputTokens"] == FIRST_TOLD


def test_a_generator_that_is_dropped_half_way_is_ended_and_booked(lines: Lines) -> None:
    ended = []

    @track_cost(budget="assistants", emit=lines)
    def ask() -> Any:
        try:
            yield from MESSAGE.chunks
        finally:
            ended.append(True)

    for _ in ask():
        break
    gc.collect()
    assert ended == [True]
    assert lines.only["InputTokens"] == FIRST_TOLD


def test_a_generator_that_a_function_returns_is_one_still(lines: Lines) -> None:
    speaking = track_cost(budget="assistants", emit=lines)(lambda: talk(MESSAGE.chunks))()
    assert isinstance(speaking, GeneratorType)
    next(speaking)
    assert speaking.send("you") == "heard you"
    speaking.close()
    assert lines.only["InputTokens"] == FIRST_TOLD


def test_an_async_generator_can_be_sent_to_thrown_into_and_closed(lines: Lines) -> None:
    metered = track_cost(budget="assistants", emit=lines)(talk_later)

    async def read() -> None:
        speaking = metered(MESSAGE.chunks)
        assert await anext(speaking) is MESSAGE.chunks[0]
        assert await speaking.asend("you") == "heard you"
        await anext(speaking)
        with pytest.raises(StopAsyncIteration):
            await speaking.athrow(Cut())
        again = metered([{**MESSAGE.chunks[0], "message": {**MESSAGE.chunks[0]["message"], "id": "msg_other"}}])
        await anext(again)
        await again.aclose()

    asyncio.run(read())
    assert [told["InputTokens"] for told in lines.told] == [FIRST_TOLD, FIRST_TOLD]


def test_converse_stream_keeps_the_rest_of_its_response(lines: Lines) -> None:
    events = EventStream(CONVERSE.chunks)
    response = {"ResponseMetadata": {"RequestId": "one", "HTTPHeaders": {}}, "stream": events}

    @track_cost(budget="assistants", emit=lines)
    def converse_stream(*, modelId: str) -> Any:
        return response

    for _ in range(2):  # a retry that gets the same request again
        got = converse_stream(modelId="eu.amazon.nova-micro-v1:0")
        assert list(got["stream"]) == CONVERSE.chunks
        assert got["ResponseMetadata"] is response["ResponseMetadata"]
    assert response["stream"] is events
    assert lines.only["RequestId"] == "one"
    assert lines.only["EstimatedCostUSD"] == pytest.approx(CONVERSE.cost)


def test_invoke_model_with_response_stream_is_read_where_it_goes_by(lines: Lines) -> None:
    one = shape("bedrock_invoke_stream_llama")
    response: dict[str, Any] = {"ResponseMetadata": {"RequestId": "two"}, "body": EventStream(one.chunks)}
    got = track_cost(budget="assistants", emit=lines, **one.charge)(lambda: response)()
    assert list(got["body"]) == one.chunks
    assert lines.only["EstimatedCostUSD"] == pytest.approx(one.cost)


def test_a_stream_can_be_recorded_in_a_block(lines: Lines) -> None:
    with Meter(budget="assistants", emit=lines) as meter:
        chunks = list(meter.record(SdkStream(as_sdk(CHAT.chunks))))
    assert len(chunks) == len(CHAT.chunks)
    assert lines.only["EstimatedCostUSD"] == pytest.approx(CHAT.cost)


def test_a_chat_stream_without_usage_is_told_of_once(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    silent = [{key: value for key, value in chunk.items() if key != "usage"} for chunk in CHAT.chunks]
    metered = track_cost(budget="assistants", emit=lines)(lambda: SdkStream(as_sdk(silent)))
    assert len(list(metered())) == len(list(metered())) == len(silent)
    assert lines == []
    assert caplog.text.count("a stream of gpt-4o-mini-2024-07-18 told no usage") == 1


@pytest.mark.parametrize(
    "chunks",
    [["Hel", "lo."], [b"data: {}", None], [1, 2], [{}], [{"type": "message_delta", "usage": {"output_tokens": 5}}]],
)
def test_a_stream_of_something_else_is_passed_on_and_says_nothing(chunks: list[Any], lines: Lines) -> None:
    assert list(track_cost(budget="assistants", emit=lines)(lambda: SdkStream(chunks))()) == chunks
    assert lines == []


def test_a_chunk_that_cannot_be_read_is_passed_on_and_logged(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    broken = {"chunk": {"bytes": b'{"usage": the rest is missing'}}
    assert list(track_cost(budget="assistants", emit=lines)(lambda: SdkStream([broken]))()) == [broken]
    assert "a call was not metered: JSONDecodeError" in caplog.text
    assert "the rest" not in caplog.text


def test_only_the_waiting_for_chunks_is_counted_as_time(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def tick() -> float:
        return now[0]

    def slow() -> Any:
        for chunk in MESSAGE.chunks:
            now[0] += 0.25
            yield chunk

    monkeypatch.setattr("fusebox_meter.call.perf_counter", tick)
    monkeypatch.setattr("fusebox_meter.streams.perf_counter", tick)
    for _ in track_cost(budget="assistants", emit=lines)(slow)():
        now[0] += 100.0  # what the caller does between chunks
    assert lines.only["InferenceDurationSec"] == 0.25 * len(MESSAGE.chunks)

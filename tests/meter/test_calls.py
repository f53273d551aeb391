"""Functions that are metered stay what they are: kind, result, error and time."""

from __future__ import annotations

import asyncio
import inspect
import io
import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import MagicMock

import pytest

from fusebox_meter import Meter, track_cost
from tests.meter.conftest import Lines
from tests.meter.recorded import StreamingBody, as_sdk, shape

CHAT = shape("openai_chat").response


class Refused(Exception):
    """What a client raises."""


def ask(**named: Any) -> Any:
    return CHAT


async def ask_later(**named: Any) -> Any:
    return CHAT


def test_a_function_keeps_its_name_its_text_and_its_kind() -> None:
    def chunks() -> Any:
        """Yields."""
        yield 1

    async def later_chunks() -> Any:
        yield 1

    meter = track_cost(budget="assistants")
    assert (meter(chunks).__name__, meter(chunks).__doc__) == ("chunks", "Yields.")
    for kind in (inspect.isgeneratorfunction, inspect.iscoroutinefunction, inspect.isasyncgenfunction):
        for function in (ask, ask_later, chunks, later_chunks):
            assert kind(meter(function)) == kind(function)


def test_arguments_arrive_as_they_were_given(lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines)
    def add(first: int, *rest: int, last: int = 0) -> tuple[int, ...]:
        return (first, *rest, last)

    assert add(1, 2, 3, last=4) == (1, 2, 3, 4)
    assert lines == []


@pytest.mark.parametrize("result", [None, 0, "text", b"bytes", [1], {"usage": None}, {"usage": "much"}, object()])
def test_a_result_that_is_no_response_is_left_alone(result: object, lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines)
    def give() -> object:
        return result

    assert give() is result
    assert lines == []


def test_a_mock_in_somebody_s_tests_comes_back_as_it_is(lines: Lines) -> None:
    mock = MagicMock()
    assert track_cost(budget="assistants", emit=lines)(mock)() is mock.return_value
    assert lines == []


def test_a_file_is_no_stream_of_chunks(lines: Lines) -> None:
    file = io.BytesIO(b"text")
    assert track_cost(budget="assistants", emit=lines)(lambda: file)() is file


def test_a_client_s_own_method_can_be_metered(lines: Lines) -> None:
    class Client:
        def create(self, *, model: str) -> Any:
            return as_sdk(CHAT)

    create = track_cost(budget="assistants", emit=lines)(Client().create)
    assert create(model="gpt-4.1-mini").choices[0].message.content == "Hello."
    assert lines.only["ModelId"] == "gpt-4.1-mini-2025-04-14"


def test_converse_names_its_model_in_the_call(lines: Lines) -> None:
    def converse(*, modelId: str, messages: list[Any]) -> Any:
        return shape("bedrock_converse_us").response

    metered = track_cost(budget="assistants", emit=lines)(converse)
    metered(modelId="us.anthropic.claude-sonnet-4-5-20250929-v1:0", messages=[])
    assert lines.only["ModelId"] == "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    assert lines.only["EstimatedCostUSD"] == pytest.approx(shape("bedrock_converse_us").cost)


def test_the_body_of_invoke_model_is_left_for_the_caller(lines: Lines) -> None:
    response = {**shape("bedrock_invoke_headers").response, "body": StreamingBody(b'{"content": []}')}

    @track_cost(budget="assistants", emit=lines, model="anthropic.claude-3-haiku-20240307-v1:0")
    def invoke() -> Any:
        return response

    assert invoke()["body"].read() == b'{"content": []}'
    assert lines.only["OutputTokens"] == 118


def test_a_coroutine_that_a_plain_function_gives_is_metered_when_it_is_done(lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines)
    def create() -> Any:
        return ask_later()

    coming = create()
    assert lines == []
    assert asyncio.run(coming) is CHAT
    assert lines.only["InputTokens"] == 1200


def test_an_error_is_raised_as_it_is_and_nothing_is_written(lines: Lines) -> None:
    error = Refused("no quota")

    def fail() -> Any:
        raise error

    async def fail_later() -> Any:
        raise error

    meter = track_cost(budget="assistants", emit=lines)
    with pytest.raises(Refused) as raised:
        meter(fail)()
    assert raised.value is error
    with pytest.raises(Refused) as raised:
        asyncio.run(meter(fail_later)())
    assert raised.value is error
    assert lines == []


def test_an_error_that_has_the_completion_is_booked(lines: Lines) -> None:
    class LengthFinishReasonError(Exception):
        """OpenAI's `parse` raises one when the answer was cut short: it is billed all the same."""

        completion = as_sdk(CHAT)

    @track_cost(budget="assistants", emit=lines)
    def parse() -> Any:
        raise LengthFinishReasonError

    with pytest.raises(LengthFinishReasonError):
        parse()
    assert lines.only["OutputTokens"] == 300


def test_an_error_that_cannot_be_read_is_raised_as_it_is(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    class Odd(Exception):
        @property
        def completion(self) -> Any:
            raise RuntimeError

    @track_cost(budget="assistants", emit=lines)
    def parse() -> Any:
        raise Odd

    with pytest.raises(Odd):
        parse()
    assert "a call was not metered: RuntimeError" in caplog.text


def test_a_request_is_counted_once(lines: Lines) -> None:
    meter = track_cost(budget="assistants", emit=lines)
    inner = meter(ask)
    outer = meter(inner)
    assert outer() is outer() is CHAT
    with Meter(budget="assistants", emit=lines) as block:
        block.record(CHAT)
    assert len(lines) == 1


def test_calls_without_an_id_are_all_counted(lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines)
    def embed() -> Any:
        return shape("openai_embeddings").response

    embed()
    embed()
    assert len(lines) == 2


def test_one_request_in_many_threads_is_counted_once_and_lines_stay_whole(lines: Lines) -> None:
    gate = threading.Barrier(8)

    @track_cost(budget="assistants", emit=lines)
    def ask_for(number: int) -> Any:
        return {**CHAT, "id": f"chatcmpl-{number}"}

    def work() -> None:
        gate.wait()
        for number in range(50):
            ask_for(number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told["RequestId"] for told in lines.told) == sorted(f"chatcmpl-{number}" for number in range(50))


def test_a_block_books_what_it_records_and_nothing_else(lines: Lines) -> None:
    def work() -> None:
        with Meter(budget="assistants", team="search", emit=lines) as meter:
            assert meter.record(CHAT) is CHAT
            raise Refused

    with pytest.raises(Refused):
        work()
    assert (lines.only["Team"], lines.only["InputTokens"]) == ("search", 1200)


def test_a_batch_of_results_is_booked_line_by_line(lines: Lines) -> None:
    with Meter(budget="nightly", emit=lines) as meter:
        for name in ("openai_batch", "anthropic_batch", "bedrock_batch"):
            one = shape(name)
            meter.record(one.response, model=one.charge.get("model", ""))
    costs = [told["EstimatedCostUSD"] for told in lines.told]
    assert costs == pytest.approx([shape(name).cost for name in ("openai_batch", "anthropic_batch", "bedrock_batch")])


def test_two_jobs_of_amazon_bedrock_may_call_their_records_the_same(lines: Lines) -> None:
    one = shape("bedrock_batch")
    with Meter(budget="nightly", emit=lines) as meter:
        for _ in ("monday", "tuesday"):
            meter.record(one.response, model=one.charge["model"])
    assert [told["InputTokens"] for told in lines.told] == [640, 640]
    assert {told["RequestId"] for told in lines.told} == {""}


def test_a_failed_line_of_a_batch_costs_nothing(lines: Lines) -> None:
    with Meter(budget="nightly", emit=lines) as meter:
        meter.record({"custom_id": "one", "result": {"type": "errored", "error": {"type": "invalid_request"}}})
        meter.record({"id": "batch_req_x", "custom_id": "two", "response": None, "error": {"code": "expired"}})
        meter.record({"recordId": "RECORD0002", "modelInput": {}, "error": {"errorCode": 400}})
    assert lines == []


def test_the_time_of_a_call_is_written_in_seconds(lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter([10.0, 12.5])
    monkeypatch.setattr("fusebox_meter.call.perf_counter", lambda: next(ticks))
    track_cost(budget="assistants", emit=lines)(ask)()
    assert lines.only["InferenceDurationSec"] == 2.5


@pytest.mark.parametrize("budget", ["", "  ", " assistants", "Büro", "two\nlines", "x" * 1025, None])
def test_a_budget_that_cloudwatch_would_refuse_is_an_error_where_it_is_written(budget: Any) -> None:
    with pytest.raises(ValueError, match="a text of 1 to 1024 printable ASCII characters"):
        track_cost(budget=budget)


def test_a_block_with_such_a_budget_goes_on_unmetered(lines: Lines, caplog: pytest.LogCaptureFixture) -> None:
    with Meter(budget="", emit=lines) as meter:
        assert meter.record(CHAT) is CHAT
    assert lines == []
    assert "nothing is metered: budget ''" in caplog.text


def everything_that_can_break() -> list[tuple[str, Callable[..., Any]]]:
    def broken_emit(line: str) -> None:
        raise OSError("disk full")

    class Broken:
        """A response whose every attribute raises."""

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("secret-of-the-response")

    def give_broken() -> Any:
        return Broken()

    return [
        ("OSError", track_cost(budget="assistants", emit=broken_emit)(ask)),
        ("RuntimeError", track_cost(budget="assistants")(give_broken)),
        ("AttributeError", track_cost(budget="assistants", emit=object())(ask)),  # type: ignore[arg-type]
    ]


@pytest.mark.parametrize(("error", "function"), everything_that_can_break(), ids=lambda one: str(one)[:20])
def test_what_goes_wrong_in_metering_is_logged_without_what_the_response_held(
    error: str, function: Callable[..., Any], caplog: pytest.LogCaptureFixture
) -> None:
    assert function() is not None
    assert f"a call was not metered: {error} at " in caplog.text
    assert "secret" not in caplog.text


def test_where_prices_cannot_be_loaded_tokens_are_counted(
    lines: Lines, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    metered = track_cost(budget="assistants", emit=lines)(ask)
    monkeypatch.setitem(__import__("sys").modules, "genai_prices", None)
    assert metered() is CHAT
    assert lines.only["InputTokens"] == 1200
    assert "EstimatedCostUSD" not in lines.only
    assert "ModuleNotFoundError" in caplog.text

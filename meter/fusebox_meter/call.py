"""One call, from its begin to what it returned."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Coroutine, Mapping
from time import perf_counter
from typing import Any

from fusebox_meter.async_streams import AsyncMeteredGenerator, AsyncMeteredStream
from fusebox_meter.bedrock_usage import request_of
from fusebox_meter.booking import LOG, book, report, safely
from fusebox_meter.charge import Asked, Charge, dimension
from fusebox_meter.chunks import Tally
from fusebox_meter.reading import usage_of
from fusebox_meter.streams import MeteredGenerator, MeteredStream
from fusebox_meter.usage import Usage, part, word

_silent: set[str] = set()


class Call:
    """A call that began when this was made, or at `began` on the clock of perf_counter.

    `named` are its keyword arguments.
    """

    def __init__(self, charge: Charge, named: Mapping[str, Any] | None = None, began: float | None = None) -> None:
        self._charge = charge
        self._asked = Asked(word(named.get("modelId")), word(named.get("model"))) if named else Asked()
        self._began = perf_counter() if began is None else began
        self._seconds = 0.0

    def returned(self, result: Any) -> Any:
        """Books what a result says was used, and returns it; a stream comes back in a form that books at its end."""
        try:
            return self._returned(result)
        except Exception as error:  # noqa: BLE001 - the caller gets its result whatever metering makes of it
            report(error)
            return result

    def failed(self, error: Exception) -> None:
        """Books what an error says was used: OpenAI's helpers raise one that has the completion cut short."""
        self._seconds = perf_counter() - self._began
        safely(self._book_error, error)

    async def awaited(self, coming: Coroutine[Any, Any, Any]) -> Any:
        """The result of a coroutine, booked."""
        try:
            result = await coming
        except Exception as error:
            self.failed(error)
            raise
        return self.returned(result)

    def generator(self, generator: Any) -> MeteredGenerator:
        """A generator function's chunks."""
        return MeteredGenerator(generator, Tally(), self._done)

    def async_generator(self, generator: Any) -> AsyncMeteredGenerator:
        """An async generator function's chunks."""
        return AsyncMeteredGenerator(generator, Tally(), self._done)

    def _returned(self, result: Any) -> Any:
        self._seconds = perf_counter() - self._began
        usage = usage_of(result)
        if usage is not None:
            self._book(usage)
            return result
        if inspect.iscoroutine(result):
            return self.awaited(result)
        if isinstance(result, dict):
            return self._with_stream(result)
        return self._stream(result, Tally())

    def _with_stream(self, response: dict[str, Any]) -> dict[str, Any]:
        """Amazon Bedrock's streams come in a dict, with the id of the request beside them."""
        tally = Tally("bedrock", request_of(response)) if "ResponseMetadata" in response else Tally()
        for name in ("stream", "body"):
            if name in response:
                stream = self._stream(response[name], tally)
                if stream is not response[name]:
                    response = copy.copy(response)
                    response[name] = stream
        return response

    def _stream(self, result: Any, tally: Tally) -> Any:
        """A stream in its metered form; anything else as it is, such as what can be read as a file."""
        kind = type(result)
        sync, later = hasattr(kind, "__next__"), hasattr(kind, "__anext__")
        if kind.__name__.endswith("EventStream"):  # botocore's and aiobotocore's have neither
            later = hasattr(kind, "__aiter__")
            sync = not later
        if hasattr(kind, "read") or sync == later:
            return result
        if later:
            form: type[Any] = AsyncMeteredGenerator if inspect.isasyncgen(result) else AsyncMeteredStream
        else:
            form = MeteredGenerator if inspect.isgenerator(result) else MeteredStream
        return form(result, tally, self._done)

    def _done(self, tally: Tally, waited: float) -> None:
        self._seconds += waited
        usage = tally.usage()
        if usage is not None:
            self._book(usage)
        elif tally.silent_model and tally.silent_model not in _silent:
            _silent.add(tally.silent_model)
            LOG.warning(
                'a stream of %s told no usage: ask for it with stream_options={"include_usage": True} and read it to '
                "its end",
                dimension(tally.silent_model),
            )

    def _book_error(self, error: Exception) -> None:
        usage = usage_of(part(error, "completion"))
        if usage is not None:
            self._book(usage)

    def _book(self, usage: Usage) -> None:
        book(self._charge, usage, self._seconds, self._asked)

"""Async streams that pass every chunk on as it is, and say at their end what was used."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from time import perf_counter
from typing import Any

from fusebox_meter.streams import Watched


class AsyncMeteredStream(Watched):
    """An async stream of chunks."""

    _next: Callable[[], Any] | None = None

    def __aiter__(self) -> AsyncMeteredStream:
        return self

    async def __anext__(self) -> Any:
        if self._next is None:
            self._next = aiter(self._stream).__anext__
        return await self._pass_on(self._next)

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)
        return self._closing(value) if name in ("close", "aclose") else value

    async def __aenter__(self) -> Any:
        entered = await self._stream.__aenter__()
        if entered is not self._stream:
            self._stream, self._next = entered, None
        return self

    async def __aexit__(self, *error: Any) -> Any:
        try:
            return await self._stream.__aexit__(*error)
        finally:
            self._end()

    async def _pass_on(self, advance: Callable[..., Any], *arguments: Any) -> Any:
        began = perf_counter()
        try:
            chunk = await advance(*arguments)
        except BaseException:
            self._waited += perf_counter() - began
            self._end()
            raise
        self._took(chunk, began)
        return chunk

    def _closing(self, close: Callable[..., Any]) -> Callable[..., Any]:
        async def closed(*arguments: Any, **named: Any) -> Any:
            try:
                return await close(*arguments, **named)
            finally:
                self._end()

        return closed


class AsyncMeteredGenerator(AsyncMeteredStream):
    """An async generator of chunks, which may be sent to."""

    async def asend(self, value: Any) -> Any:
        return await self._pass_on(self._stream.asend, value)

    async def athrow(self, *error: Any) -> Any:
        return await self._pass_on(self._stream.athrow, *error)


def generator_function(opened: Callable[..., AsyncMeteredGenerator]) -> Callable[..., AsyncGenerator[Any, Any]]:
    """An async generator function that passes on what is opened, as `yield from` does for one that is not async."""

    async def metered_async_generator(*arguments: Any, **named: Any) -> AsyncGenerator[Any, Any]:
        stream = opened(*arguments, **named)
        sent: Any = None
        thrown: BaseException | None = None
        while True:
            try:
                chunk = await (stream.asend(sent) if thrown is None else stream.athrow(thrown))
            except StopAsyncIteration:
                return
            sent = thrown = None
            try:
                sent = yield chunk
            except GeneratorExit:
                await stream.aclose()
                raise
            except BaseException as error:  # noqa: BLE001 - thrown into the generator inside, which may raise it again
                thrown = error

    return metered_async_generator

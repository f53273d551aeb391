"""Streams that pass every chunk on as it is, and say at their end what was used.

The end is the last chunk, an error, `close`, or that nobody holds the stream any more: a caller may stop early.
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

from fusebox_meter.booking import safely
from fusebox_meter.chunks import Tally

Done = Callable[[Tally, float], None]
"""Told once: what was used, and the seconds that were spent waiting for chunks."""


class Watched:
    """What sync and async streams have in common. To `isinstance` it is the stream that it stands for."""

    _ended = True  # of one whose making failed

    def __init__(self, stream: Any, tally: Tally, done: Done) -> None:
        self._stream = stream
        self._tally = tally
        self._done = done
        self._waited = 0.0
        self._ended = False

    @property  # type: ignore[misc]
    def __class__(self) -> type[Any]:
        return type(self._stream)

    def __getattr__(self, name: str) -> Any:
        if name == "_stream":
            raise AttributeError(name)
        return getattr(self._stream, name)

    def __del__(self) -> None:
        self._end()

    def _took(self, chunk: Any, began: float) -> None:
        self._waited += perf_counter() - began
        safely(self._tally.add, chunk)

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            safely(self._done, self._tally, self._waited)


class MeteredStream(Watched):
    """A stream of chunks."""

    _next: Callable[[], Any] | None = None

    def __iter__(self) -> MeteredStream:
        return self

    def __next__(self) -> Any:
        if self._next is None:
            self._next = iter(self._stream).__next__
        return self._pass_on(self._next)

    def __getattr__(self, name: str) -> Any:
        value = super().__getattr__(name)
        return self._closing(value) if name == "close" else value

    def __enter__(self) -> Any:
        entered = self._stream.__enter__()
        if entered is not self._stream:
            self._stream, self._next = entered, None
        return self

    def __exit__(self, *error: Any) -> Any:
        try:
            return self._stream.__exit__(*error)
        finally:
            self._end()

    def _pass_on(self, advance: Callable[..., Any], *arguments: Any) -> Any:
        began = perf_counter()
        try:
            chunk = advance(*arguments)
        except BaseException:
            self._waited += perf_counter() - began
            self._end()
            raise
        self._took(chunk, began)
        return chunk

    def _closing(self, close: Callable[..., Any]) -> Callable[..., Any]:
        def closed(*arguments: Any, **named: Any) -> Any:
            try:
                return close(*arguments, **named)
            finally:
                self._end()

        return closed


class MeteredGenerator(MeteredStream):
    """A generator of chunks, which may be sent to."""

    def send(self, value: Any) -> Any:
        return self._pass_on(self._stream.send, value)

    def throw(self, *error: Any) -> Any:
        return self._pass_on(self._stream.throw, *error)

"""Metered calls beside the same calls unmetered, in turns, so that the machine's moods meet both.

Times are of the CPU (user and system): what others do on the machine is not in them.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import itertools
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import Any

from fusebox_meter import Meter, track_cost

METER = Path(__file__).parents[1] / "meter"
ROUNDS, CALLS, STREAMS, CHUNKS = 15, 2_000, 20, 500
USUAL_MS = 500
"""A short answer of a hosted model, to see the microseconds beside."""
STARTS = {
    "an interpreter that imports nothing": "pass",
    "with `import fusebox_meter`": "import fusebox_meter",
    "with the prices loaded too": "import fusebox_meter; fusebox_meter.load_prices()",
}
_ids = itertools.count()


@dataclass(frozen=True)
class Cost:
    """Microseconds a call or a chunk, the median of the rounds."""

    what: str
    plain: float
    metered: float

    @property
    def added(self) -> float:
        return self.metered - self.plain


def discard(line: str) -> None:
    """Takes a line and forgets it."""
    del line


def response(model: str = "gpt-4.1-mini", sent: int = 1200, got: int = 300) -> dict[str, Any]:
    """A chat completion; each is another request."""
    usage = {"prompt_tokens": sent, "completion_tokens": got, "prompt_tokens_details": {"cached_tokens": 0}}
    return {"id": f"chatcmpl-{next(_ids)}", "object": "chat.completion", "model": model, "choices": [], "usage": usage}


def chunks() -> Iterator[dict[str, Any]]:
    """A streamed chat completion whose last chunk tells its usage."""
    whole = response()
    said = {**whole, "object": "chat.completion.chunk", "choices": [{"delta": {"content": "word"}}], "usage": None}
    for _ in range(CHUNKS - 1):
        yield said
    yield {**said, "choices": [], "usage": whole["usage"]}


async def chunks_later() -> AsyncIterator[dict[str, Any]]:
    """The same, async."""
    for one in chunks():
        yield one


async def ask_later() -> dict[str, Any]:
    """An async client."""
    return response()


def in_a_block() -> None:
    """Code that uses the context manager."""
    with Meter(budget="bench", emit=discard) as meter:
        meter.record(response())


def costs() -> list[Cost]:
    """Each way to meter, beside the same without."""
    to_nothing, to_file = track_cost(budget="bench", emit=discard), _to_file()
    unpriced = track_cost(budget="bench", emit=discard)(lambda: response("gpt-0-unknown"))
    return [
        _beside("sync call", response, to_nothing(response), _calls, CALLS),
        _beside("sync call, line written to a file", response, to_file(response), _calls, CALLS),
        _beside("sync call, model without a price", response, unpriced, _calls, CALLS),
        _beside("sync call, recorded in a block", response, in_a_block, _calls, CALLS),
        _beside("async call", ask_later, to_nothing(ask_later), _awaits, CALLS),
        _beside("stream, a chunk", chunks, to_nothing(chunks), _reads, STREAMS * CHUNKS),
        _beside("async stream, a chunk", chunks_later, to_nothing(chunks_later), _reads_later, STREAMS * CHUNKS),
    ]


def starts() -> list[tuple[str, float]]:
    """Milliseconds of CPU that a process takes from its start to its end, the median of the rounds."""
    environment = {"PATH": os.environ.get("PATH", os.defpath), "PYTHONPATH": str(METER)}

    def run(code: str) -> float:
        began = _of_children()
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)  # noqa: S603
        return (_of_children() - began) * 1000

    return [(what, median(run(code) for _ in range(ROUNDS))) for what, code in STARTS.items()]


def replay(file: Path, model: str) -> str:
    """A file of requests, metered as calls of one model: lines, cost and time."""
    lines: list[str] = []
    ask = track_cost(budget="bench", emit=lines.append)(response)
    with file.open(encoding="utf-8", newline="") as rows:
        requests = [(int(one["ContextTokens"]), int(one["GeneratedTokens"])) for one in csv.DictReader(rows)]
    began = time.process_time()
    for sent, got in requests:
        ask(model, sent, got)
    seconds = time.process_time() - began
    dollars = sum(float(one.partition('"EstimatedCostUSD":')[2].partition(",")[0]) for one in lines)
    tokens = f"{sum(sent for sent, _ in requests):,} tokens in, {sum(got for _, got in requests):,} out"
    return (
        f"{len(requests):,} requests of {model}, {tokens}: {len(lines):,} lines, {dollars:.6f} USD, {seconds:.2f} s, "
        f"{seconds / len(requests) * 1e6:.0f} µs a request"
    )


def main(arguments: Sequence[str]) -> None:
    """Prints the tables for bench/README.md, or what a file of requests costs."""
    parser = argparse.ArgumentParser(prog="python -m bench.meter", description=__doc__)
    parser.add_argument("--requests", type=Path, help="a CSV with the columns ContextTokens and GeneratedTokens")
    parser.add_argument("--model", default="gpt-4.1-mini", help="the model whose prices count for --requests")
    given = parser.parse_args(arguments)
    if given.requests:
        print(replay(given.requests, given.model))  # noqa: T201
        return
    for line in _tables(costs(), starts()):
        print(line)  # noqa: T201


def _tables(found: Sequence[Cost], begun: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield f"| µs | without | metered | added | of a call of {USUAL_MS} ms |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for one in found:
        share = "" if "chunk" in one.what else f"{one.added / USUAL_MS / 10:.3f} %"
        yield f"| {one.what} | {one.plain:.2f} | {one.metered:.2f} | {one.added:.2f} | {share} |"
    yield ""
    yield "| start | ms |"
    yield "| --- | ---: |"
    yield from (f"| {what} | {milliseconds:.0f} |" for what, milliseconds in begun)


def _beside(
    what: str, plain: Callable[..., Any], metered: Callable[..., Any], run: Callable[..., None], units: int
) -> Cost:
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for function, taken in zip((plain, metered), times, strict=True):
            began = time.process_time()
            run(function)
            taken.append((time.process_time() - began) / units * 1e6)
    return Cost(what, median(times[0]), median(times[1]))


def _of_children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _calls(function: Callable[[], Any]) -> None:
    for _ in range(CALLS):
        function()


def _awaits(function: Callable[[], Any]) -> None:
    async def run() -> None:
        for _ in range(CALLS):
            await function()

    asyncio.run(run())


def _reads(function: Callable[[], Any]) -> None:
    for _ in range(STREAMS):
        for _chunk in function():
            pass


def _reads_later(function: Callable[[], Any]) -> None:
    async def run() -> None:
        for _ in range(STREAMS):
            async for _chunk in function():
                pass

    asyncio.run(run())


def _to_file() -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return track_cost(budget="bench", emit=Path(os.devnull).open("w", encoding="utf-8"))

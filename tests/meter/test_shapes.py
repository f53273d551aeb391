"""Recorded shapes of responses cost what the providers publish."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fusebox_meter import Meter, track_cost
from tests.meter.conftest import Lines
from tests.meter.recorded import AsyncSdkStream, EventStream, SdkStream, Shape, as_sdk, shapes

ALL = shapes()
WHOLE = shapes(streamed=False)
STREAMED = shapes(streamed=True)
OBJECTS = [one for one in WHOLE if "ResponseMetadata" not in one.response]
"""What comes as an SDK's object; boto3 gives dicts."""


def name(one: object) -> str | None:
    return one.name if isinstance(one, Shape) else None


def check(one: Shape, told: dict[str, Any]) -> None:
    assert {key: told[key] for key in one.told} == one.told
    assert told["EstimatedCostUSD"] == pytest.approx(one.cost, rel=1e-12)


def test_there_are_shapes_of_every_provider_and_each_says_where_it_is_from() -> None:
    assert len(ALL) >= 20
    assert {one.name.split("_")[0] for one in ALL} == {"openai", "anthropic", "bedrock"}
    for one in ALL:
        assert one.said["document"].startswith("https://"), one.name
        assert one.said["prices"].startswith("https://"), one.name
        assert set(one.said["billed"]) == set(one.said["usd_per_million"]), one.name


@pytest.mark.parametrize("one", WHOLE, ids=name)
def test_a_response_costs_what_its_provider_publishes(one: Shape, lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines, **one.charge)
    def ask() -> Any:
        return one.response

    assert ask() is one.response
    check(one, lines.only)


@pytest.mark.parametrize("one", OBJECTS, ids=name)
def test_an_sdk_s_object_costs_the_same(one: Shape, lines: Lines) -> None:
    response = as_sdk(one.response)

    @track_cost(budget="assistants", emit=lines, **one.charge)
    async def ask() -> Any:
        return response

    assert asyncio.run(ask()) is response
    check(one, lines.only)


@pytest.mark.parametrize("one", WHOLE, ids=name)
def test_a_recorded_response_costs_the_same(one: Shape, lines: Lines) -> None:
    charge = one.charge
    model = charge.pop("model", "")
    with Meter(budget="assistants", emit=lines, **charge) as meter:
        assert meter.record(one.response, model=model) is one.response
    check(one, lines.only)


@pytest.mark.parametrize("one", STREAMED, ids=name)
def test_a_stream_costs_what_its_provider_publishes(one: Shape, lines: Lines) -> None:
    chunks = one.chunks if one.name.startswith("bedrock") else as_sdk(one.chunks)

    @track_cost(budget="assistants", emit=lines, **one.charge)
    def ask() -> Any:
        return EventStream(chunks) if one.name.startswith("bedrock") else SdkStream(chunks)

    got = list(ask())
    assert len(got) == len(chunks)
    assert all(theirs is ours for theirs, ours in zip(got, chunks, strict=True))
    check(one, lines.only)


@pytest.mark.parametrize("one", STREAMED, ids=name)
def test_an_async_stream_costs_the_same(one: Shape, lines: Lines) -> None:
    @track_cost(budget="assistants", emit=lines, **one.charge)
    async def ask() -> Any:
        return AsyncSdkStream(one.chunks)

    async def read() -> list[Any]:
        return [chunk async for chunk in await ask()]

    assert asyncio.run(read()) == one.chunks
    check(one, lines.only)

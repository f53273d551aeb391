"""The decorator."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar, cast

from fusebox_meter.async_streams import AsyncMeteredGenerator, generator_function
from fusebox_meter.booking import safely
from fusebox_meter.call import Call
from fusebox_meter.charge import Charge, Emit
from fusebox_meter.prices import load_prices

P = ParamSpec("P")
R = TypeVar("R")


def track_cost(
    *, budget: str, team: str = "", model: str = "", provider: str = "", batch: bool = False, emit: Emit = None
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Meters a function that returns a response of OpenAI, Anthropic or Amazon Bedrock, or a stream of its chunks.

    The function may be async, a generator or an async generator, or a client's own method. What it returns or raises
    stays the same; streams come back in a form that passes every chunk on. What is charged and where it is written is
    said at `Charge`. Raises ValueError, when it decorates and never later, for a budget that CloudWatch would refuse.
    """
    charge = Charge(budget=budget, team=team, model=model, provider=provider, batch=batch, emit=emit)
    if charge.wrong:
        raise ValueError(charge.wrong)

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        safely(load_prices)
        return cast(Callable[P, R], functools.wraps(function)(_metered(function, charge)))

    return decorate


def _metered(function: Callable[..., Any], charge: Charge) -> Callable[..., Any]:
    """The function in the form that it has itself, so that who asks what it is gets the same answer."""
    if inspect.isasyncgenfunction(function):

        def opened(*arguments: Any, **named: Any) -> AsyncMeteredGenerator:
            return Call(charge, named).async_generator(function(*arguments, **named))

        return generator_function(opened)
    if inspect.iscoroutinefunction(function):

        async def metered_coroutine(*arguments: Any, **named: Any) -> Any:
            return await Call(charge, named).awaited(function(*arguments, **named))

        return metered_coroutine
    if inspect.isgeneratorfunction(function):

        def metered_generator(*arguments: Any, **named: Any) -> Any:
            return (yield from Call(charge, named).generator(function(*arguments, **named)))

        return metered_generator

    def metered(*arguments: Any, **named: Any) -> Any:
        call = Call(charge, named)
        try:
            result = function(*arguments, **named)
        except Exception as error:
            call.failed(error)
            raise
        return call.returned(result)

    return metered

"""The context manager."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TypeVar

from fusebox_meter.booking import LOG, safely
from fusebox_meter.call import Call
from fusebox_meter.charge import Charge, Emit
from fusebox_meter.prices import load_prices

R = TypeVar("R")


class Meter:
    """Meters what a block of code gets from OpenAI, Anthropic or Amazon Bedrock.

        with Meter(budget="assistants", team="search") as meter:
            reply = meter.record(client.responses.create(model="gpt-6-luna", input="Hello"))

    One for each thread. It never raises: a budget that CloudWatch would refuse is logged, and nothing is metered.
    """

    def __init__(
        self,
        *,
        budget: str,
        team: str = "",
        model: str = "",
        provider: str = "",
        batch: bool = False,
        emit: Emit = None,
    ) -> None:
        safely(load_prices)
        self._charge = Charge(budget=budget, team=team, model=model, provider=provider, batch=batch, emit=emit)
        if self._charge.wrong:
            LOG.error("nothing is metered: %s", self._charge.wrong)
        self._began = perf_counter()

    def __enter__(self) -> Meter:
        self._began = perf_counter()
        return self

    def __exit__(self, *error: object) -> None:
        """Leaves an error of the block as it is."""

    def record(self, response: R, *, model: str = "") -> R:
        """Books a response, and returns it; a stream comes back in a form that passes chunks on and books at its end.

        `model` says what the response does not. The time counts from the begin of the block, or from the last record.
        """
        if self._charge.wrong:
            return response
        began, self._began = self._began, perf_counter()
        charge = replace(self._charge, model=model) if model else self._charge
        booked: R = Call(charge, began=began).returned(response)
        return booked

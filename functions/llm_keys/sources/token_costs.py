"""Dollars for tokens of Amazon Bedrock, model by model; what has no price is named instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from functions.llm_keys.prices import Price, Tokens, cost
from functions.llm_keys.sources import bedrock_series
from functions.llm_keys.sources.bedrock_series import Counts
from functions.llm_keys.sources.sums import Series, Sum

TOKENS: tuple[Counts, ...] = ("input", "output", "cache_read", "cache_write")
Window = Callable[[Sum], float]
Model = tuple[str, str]
"""Namespace and model id: the same model may be called at two endpoints."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Dollars by model for the span, and of all models for the hour and the day that run.

    `unpriced` are the models that were used in the span and whose spend is missing, in part or wholly.
    """

    span: Mapping[Model, float]
    hour: float
    day: float
    unpriced: tuple[str, ...] = field(default=())


def costs(totals: Mapping[Series, Sum], price_of: Callable[[str], Price | None]) -> Costs:
    """What the tokens of some series cost."""
    models = _by_model(totals)
    prices = {model: price_of(model[1]) for model in models}
    unpriced = {name for model, counted in models.items() for name in _unpriced(model[1], counted, prices[model])}
    priced = {model: (models[model], price) for model, price in prices.items() if price is not None}
    span = {model: _dollars(counted, price, lambda one: one.span) for model, (counted, price) in priced.items()}
    return Costs(
        span={model: spent for model, spent in span.items() if spent},
        hour=_all(priced, lambda one: one.hour),
        day=_all(priced, lambda one: one.day),
        unpriced=tuple(sorted(unpriced)),
    )


def _by_model(totals: Mapping[Series, Sum]) -> dict[Model, dict[Counts, Sum]]:
    """Two series that count the same are two names of one metric: the larger is taken, not both."""
    models: dict[Model, dict[Counts, Sum]] = {}
    for one, total in totals.items():
        counted, what = models.setdefault((one.namespace, one.value), {}), bedrock_series.counts(one)
        if what not in counted or total.span > counted[what].span:
            counted[what] = total
    return models


def _unpriced(model: str, counted: Mapping[Counts, Sum], price: Price | None) -> list[str]:
    """What was used of a model in the span without a price for it. Calls are read where nothing else is counted."""
    used = {what for what, total in counted.items() if total.span > 0}
    names = []
    if "calls" in used or (price is None and used & set(TOKENS)):
        names.append(model)
    elif price is not None and price.output is None and "output" in used:
        names.append(f"{model} (output)")
    if "images" in used:
        names.append(f"{model} (images)")
    return names


def _all(priced: Mapping[Model, tuple[Mapping[Counts, Sum], Price]], window: Window) -> float:
    return sum(_dollars(counted, price, window) for counted, price in priced.values())


def _dollars(counted: Mapping[Counts, Sum], price: Price, window: Window) -> float:
    """A write to the cache is taken as one for five minutes: the metrics do not tell them apart."""
    amounts = {what: window(counted[what]) for what in TOKENS if what in counted}
    tokens = Tokens(
        input=amounts.get("input", 0.0),
        output=amounts.get("output", 0.0),
        cache_read=amounts.get("cache_read", 0.0),
        cache_write_5m=amounts.get("cache_write", 0.0),
    )
    return cost(price, tokens)

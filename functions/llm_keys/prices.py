"""What tokens cost, by the list prices that stand in prices.csv with their date.

US dollars per million tokens, on demand, made by `python -m docs.llm_prices` from the data of genai-prices. Private
prices, service tiers, provisioned throughput and surcharges for a Region differ: every amount is an estimate.

A model that the table does not hold has no price: it is never taken for a similar one. Where a price depends on the
length of the prompt (above 100,000, 200,000 or 272,000 tokens), it is that of shorter ones, because sums of tokens do
not tell one call from another: long prompts then cost more than this says.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).with_name("prices.csv")
MILLION = 1_000_000
ANY_GEO, NO_GEO = "*", "-"
DATE = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d)(?=-|$)")
PRICED_ARN = re.compile(r"arn:[a-z-]+:bedrock:[a-z0-9-]*:\d*:(?:foundation-model|(?:default-)?inference-profile)/(.+)")
"""ARNs that end in the id of a model. An application's inference profile, provisioned throughput and a custom model
have ids of their own, which do not say what they stand for."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """How many tokens of each kind; `input` are those that were neither read from nor written to a cache."""

    input: float = 0.0
    output: float = 0.0
    cache_read: float = 0.0
    cache_write_5m: float = 0.0
    cache_write_1h: float = 0.0


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens; None where the provider has no price of its own for that kind."""

    input: float
    output: float | None = None
    cache_read: float | None = None
    cache_write_5m: float | None = None
    cache_write_1h: float | None = None


def price_of(provider: str, model_id: str) -> Price | None:
    """The price of a model of "aws" or "anthropic", or None where it is not known.

    A model of Amazon Bedrock is named as in the ModelId dimension of CloudWatch's metrics: the id of a model or of an
    inference profile (`us.`, `eu.`, `global.` and others, whose prices differ), or the ARN of either.
    """
    table = _table().get(provider, {})
    name = model_id.strip().lower()
    candidates = _bedrock_ids(name) if provider == "aws" else (name,)
    for one in candidates:
        found = table.get(one) or table.get(DATE.sub("-date", one))
        if found:
            return found
    return None


def cost(price: Price, tokens: Tokens) -> float:
    """What tokens cost in US dollars.

    Tokens from or for a cache cost as much as others where the provider has no price for them.
    """
    write = price.input if price.cache_write_5m is None else price.cache_write_5m
    dollars = (
        tokens.input * price.input
        + tokens.output * (price.output or 0.0)
        + tokens.cache_read * (price.input if price.cache_read is None else price.cache_read)
        + tokens.cache_write_5m * write
        + tokens.cache_write_1h * (write if price.cache_write_1h is None else price.cache_write_1h)
    )
    return dollars / MILLION


def names_of(model_id: str) -> set[str]:
    """The names that a model of Amazon Bedrock goes by: its id, that inside an ARN, and that without `us.` or so."""
    inside = model_id.rpartition("/")[2]
    return {model_id, inside, _parts(inside)[1]}


def _bedrock_ids(name: str) -> tuple[str, ...]:
    """What to look for: the id with its prefix, and the same for any prefix; without the number after a colon."""
    if name.startswith("arn:"):
        found = PRICED_ARN.fullmatch(name)
        name = found[1] if found else ""
    geo, model = _parts(name.split(":")[0])
    return (f"{geo}.{model}", f"{ANY_GEO}.{model}")


def _parts(name: str) -> tuple[str, str]:
    """The prefix of an inference profile, NO_GEO where there is none, and the id of the model, a vendor and a name."""
    first, _, rest = name.partition(".")
    return (NO_GEO, name) if first in _vendors() or "." not in rest else (first, rest)


@cache
def _vendors() -> frozenset[str]:
    return frozenset(name.split(".")[1] for name in _table()["aws"])


@cache
def _table() -> Mapping[str, Mapping[str, Price]]:
    """Prices by provider and id; read at the first look-up, not at a cold start."""
    found: dict[str, dict[str, Price]] = {}
    with TABLE.open(encoding="utf-8", newline="") as lines:
        next(lines)
        for row in csv.DictReader(lines):
            geos = [f"{geo}." if geo else "" for geo in row["geo"].split(" ")]
            names = [f"{geo}{name}".lower() for geo in geos for name in row["models"].split(" ")]
            price = Price(
                input=float(row["input"]),
                output=_figure(row["output"]),
                cache_read=_figure(row["cache_read"]),
                cache_write_5m=_figure(row["cache_write_5m"]),
                cache_write_1h=_figure(row["cache_write_1h"]),
            )
            found.setdefault(row["provider"], {}).update(dict.fromkeys(names, price))
    return MappingProxyType(found)


def _figure(text: str) -> float | None:
    return float(text) if text else None

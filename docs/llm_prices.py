"""What functions/llm_keys/prices.csv should hold: `python -m docs.llm_prices` writes it, as `make docs` does.

The source is the data that genai-prices (https://github.com/pydantic/genai-prices, MIT) carries with it, as of `AS_OF`;
nothing is downloaded. US dollars per million tokens. Where a price depends on how long a prompt is, the table has the
price of short ones.

genai-prices tells models by rules such as "contains". The table has whole ids instead, so that a new model is unknown
and not taken for an older one. In an id, DATE stands for any date. Models whose speech or images have a price of their
own are left out: a sum of tokens does not say what they were. So are providers that tell dollars themselves, such as
OpenAI.
"""

from __future__ import annotations

import csv
import importlib.metadata
import io
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from genai_prices import types
from genai_prices.data_snapshot import get_snapshot

FILE = Path(__file__).parents[1] / "functions" / "llm_keys" / "prices.csv"
AS_OF = date(2026, 11, 29)
"""Prices that begin later are left out, so that the table is the same on every day."""
PROVIDERS = ("anthropic", "aws")
FIGURES = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok", "cache_write_1h_mtok")
"""The prices that the table takes, by genai-prices' names; its price of a cache write is that of 5 minutes."""
OTHER_TOKENS = ("input_audio_mtok", "output_audio_mtok", "input_image_mtok", "output_image_mtok")
HEAD = ("provider", "geo", "models", "input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
ANY_GEO, NO_GEO = "*", "-"
DATED = re.compile(r"\^(?P<name>.+?)(?:-|\[-@\])\\d\{(?:8|4\}-\\d\{2\}-\\d\{2)\}\$")
"""The rules of genai-prices that are a name and a date."""
MANTLE = {
    "openai.gpt-oss-120b-1": "openai.gpt-oss-120b",
    "openai.gpt-oss-20b-1": "openai.gpt-oss-20b",
    "anthropic.claude-haiku-4-5-20251001": "anthropic.claude-haiku-4-5",
    "anthropic.claude-sonnet-4-5-20250929": "anthropic.claude-sonnet-4-5",
}
"""Ids on the bedrock-mantle endpoint, which have no date and no version, where the runtime's have one (model cards in
the Amazon Bedrock user guide)."""


class Rule(NamedTuple):
    """One way to know a model: `how` is equals, starts_with, ends_with, contains or regex."""

    how: str
    text: str


def text() -> str:
    """What the file should hold: a line that says where it is from, a head, and a line for each model."""
    out = io.StringIO()
    version = importlib.metadata.version("genai-prices")
    out.write(f"# genai-prices {version}, prices of {AS_OF}, USD per million tokens: python -m docs.llm_prices\n")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEAD)
    providers = {one.id: one for one in get_snapshot().providers}
    for name in PROVIDERS:
        rows = (row(name, model) for model in providers[name].models)
        writer.writerows(one for one in rows if one)
    return out.getvalue()


def row(provider: str, model: types.ModelInfo) -> tuple[str, ...] | None:
    """One line, or None for a model that is not priced by the token, or whose tokens are of several kinds."""
    prices = _prices(model)
    if prices["input_mtok"] is None or "-audio" in model.id or any(prices[one] is not None for one in OTHER_TOKENS):
        return None
    geo, names = _bedrock(model) if provider == "aws" else ("", _names(model))
    return (provider, geo, " ".join(names), *(_shown(prices[one]) for one in FIGURES))


def _prices(model: types.ModelInfo) -> dict[str, Decimal | None]:
    """The prices on the day of the table, by genai-prices' names for them; of tiers, the first."""
    at = datetime.combine(AS_OF, datetime.min.time(), UTC)
    found = model.get_prices(at)
    values = {name: getattr(found, name) for name in (*FIGURES, *OTHER_TOKENS)}
    return {name: one.base if isinstance(one, types.TieredPrices) else one for name, one in values.items()}


def _shown(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _names(model: types.ModelInfo) -> list[str]:
    """The ids by which Anthropic calls a model."""
    found: list[str] = []
    for rule in _rules(model.match):
        name = rule.text
        if rule.how == "regex":
            found.append(f"{_dated(name)}-DATE")
        elif rule.how != "starts_with":
            found.append(name)
        elif re.search(r"-20\d\d$", name):
            found.append(f"{name[:-5]}-DATE")
        elif not name.endswith("@"):  # Vertex AI's ids; its bill is Google's
            found += [name, f"{name}-DATE", f"{name}-latest"]
    return list(dict.fromkeys(found))


def _bedrock(model: types.ModelInfo) -> tuple[str, list[str]]:
    """The prefixes of inference profiles and the ids behind them by which Amazon Bedrock calls a model.

    The number after a colon is left out, as it is when the table is read.
    """
    own = re.sub(r"^(?:regional|global)\.", "", model.id).split(":")[0]
    vendor, version = own.split(".")[0], re.search(r"-v\d+$", own)
    geos: list[str] = []
    names: list[str] = []
    for rule in _rules(model.match):
        said = rule.text.removeprefix("/")
        name = said[said.find(f"{vendor}.") :] if f"{vendor}." in said else f"{vendor}.{said}"
        geo = said[: said.find(f"{vendor}.")].rstrip(".") if f"{vendor}." in said else ""
        geos.append(geo or (ANY_GEO if rule.how in ("contains", "ends_with") else NO_GEO))
        names.append(name)
        if rule.how in ("contains", "starts_with") and version and not re.search(r"-v\d+$", name):
            names.append(name + version[0])
            if vendor == "anthropic" and not re.search(r"-\d{8}$", name):
                names.append(f"{name}-DATE{version[0]}")
        if name in MANTLE:
            names.append(MANTLE[name])
    return ANY_GEO if ANY_GEO in geos else " ".join(dict.fromkeys(geos)), list(dict.fromkeys(names))


def _dated(pattern: str) -> str:
    found = DATED.fullmatch(pattern)
    if not found:
        raise SystemExit(f"genai-prices has a rule that this does not know: {pattern}")
    return found["name"].replace("\\.", ".")


def _rules(match: object) -> Iterator[Rule]:
    if isinstance(match, types.ClauseOr):
        for one in match.or_:
            yield from _rules(one)
    elif isinstance(match, types.ClauseEquals):
        yield Rule("equals", match.equals)
    elif isinstance(match, types.ClauseStartsWith):
        yield Rule("starts_with", match.starts_with)
    elif isinstance(match, types.ClauseEndsWith):
        yield Rule("ends_with", match.ends_with)
    elif isinstance(match, types.ClauseContains):
        yield Rule("contains", match.contains)
    elif isinstance(match, types.ClauseRegex):
        yield Rule("regex", match.regex)
    else:
        raise SystemExit(f"genai-prices has a rule that this does not know: {match!r}")


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")

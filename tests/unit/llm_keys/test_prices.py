"""List prices of tokens: whole ids only, as CloudWatch and the providers write them."""

from __future__ import annotations

import csv
import subprocess
import sys
from datetime import UTC, datetime

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot

from docs import llm_prices
from functions.llm_keys.prices import TABLE, Price, Tokens, cost, names_of, price_of
from tests.conftest import ROOT

SONNET_US = Price(3.3, 16.5, 0.33, 4.125, 6.6)
SONNET_GLOBAL = Price(3.0, 15.0, 0.3, 3.75, 6.0)
NOVA_LITE = Price(0.06, 0.24, 0.015)
PROFILES = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile"
MODELS = "arn:aws:bedrock:us-east-1::foundation-model"

READS = """
import sys
read = []
sys.addaudithook(lambda event, about: event == "open" and str(about[0]).endswith(".csv") and read.append(about[0]))
from functions.llm_keys import prices
assert read == [], "an import read the table"
assert prices.price_of("aws", "amazon.nova-lite-v1:0") and prices.price_of("aws", "amazon.nova-lite-v9:0") is None
assert len(read) == 1, read
assert not {"genai_prices", "pydantic", "botocore"} & set(sys.modules)
"""


def rows() -> list[dict[str, str]]:
    _, *lines = TABLE.read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(lines))


def ids() -> list[tuple[str, str]]:
    """Every id of the table as a provider would write it."""
    found = []
    for row in rows():
        for geo in row["geo"].split(" "):
            prefix = {"": "", "-": "", "*": "us."}.get(geo, f"{geo}.")
            for name in row["models"].split():
                found.append((row["provider"], prefix + name.replace("DATE", "20260101")))
    return found


@pytest.mark.parametrize(
    ("model", "price"),
    [
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_US),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_US),
        ("global.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_GLOBAL),
        (f"{PROFILES}/eu.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_US),
        (f"{PROFILES}/global.anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_GLOBAL),
        (f"{MODELS}/anthropic.claude-sonnet-4-5-20250929-v1:0", SONNET_US),
        ("us.anthropic.claude-sonnet-4-6", SONNET_US),
        ("anthropic.claude-opus-4-5-20251101-v1:0", Price(5.5, 27.5, 0.55, 6.875, 11.0)),
        ("anthropic.claude-3-sonnet-20240229-v1:0:200k", Price(3.0, 15.0, 0.3, 3.75)),
        ("amazon.nova-lite-v1:0", NOVA_LITE),
        ("eu.amazon.nova-lite-v1:0", NOVA_LITE),
        ("amazon.nova-lite-v1:0:300k", NOVA_LITE),
        ("amazon.titan-embed-text-v2:0", Price(0.02)),
        ("openai.gpt-oss-120b-1:0", Price(0.15, 0.6)),
        ("openai.gpt-oss-120b", Price(0.15, 0.6)),
    ],
)
def test_a_bedrock_model_is_known_by_every_name_that_cloudwatch_has_for_it(model: str, price: Price) -> None:
    assert price_of("aws", model) == price


@pytest.mark.parametrize(
    "model",
    [
        "amazon.nova-lite-v2:0",
        "us.anthropic.claude-sonnet-4-7",
        "us.anthropic.claude-opus-5-5-mini",
        "mars.anthropic.claude-sonnet-4-6",
        "anthropic.claude-sonnet-4-5-20990101-v1:0",
        "amazon.nova-sonic-v1:0",
        "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl",
        "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl",
        "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1:0/abcdefghijkl",
        "",
        ".",
        "*.amazon",
    ],
)
def test_what_is_not_known_has_no_price(model: str) -> None:
    assert price_of("aws", model) is None


@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("amazon.nova-lite-v1:0", {"amazon.nova-lite-v1:0"}),
        ("us.amazon.nova-lite-v1:0", {"us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"}),
        ("us-gov.anthropic.claude-x", {"us-gov.anthropic.claude-x", "anthropic.claude-x"}),
        ("global.new.model", {"global.new.model", "new.model"}),
        ("new.model", {"new.model"}),
        (
            f"{PROFILES}/apac.amazon.nova-lite-v1:0",
            {f"{PROFILES}/apac.amazon.nova-lite-v1:0", "apac.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"},
        ),
        (f"{MODELS}/amazon.nova-lite-v1:0", {f"{MODELS}/amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"}),
    ],
)
def test_a_bedrock_model_has_a_name_with_and_without_what_stands_around_it(model: str, names: set[str]) -> None:
    assert names_of(model) == names


def test_a_provider_s_models_are_its_own() -> None:
    assert price_of("anthropic", "claude-opus-4-5-20251101") == Price(5.0, 25.0, 0.5, 6.25, 10.0)
    assert price_of("anthropic", "gpt-4o") is None
    assert price_of("google", "gemini-3-pro") is None


@pytest.mark.parametrize("date", ["20261103", "2026-11-03"])
def test_a_date_does_not_make_another_model(date: str) -> None:
    assert price_of("anthropic", f"claude-opus-5-{date}") == price_of("anthropic", "claude-opus-5") is not None


def test_a_provider_that_tells_dollars_itself_needs_no_prices_here() -> None:
    assert {row["provider"] for row in rows()} == {"anthropic", "aws"}
    assert price_of("openai", "gpt-4o") is None


def test_each_kind_of_token_has_its_price() -> None:
    million = 1_000_000
    assert cost(SONNET_US, Tokens(million, million, million, million, million)) == pytest.approx(30.855)
    assert cost(SONNET_US, Tokens(input=1000, output=100)) == pytest.approx(0.00495)


def test_cached_tokens_without_a_price_of_their_own_cost_as_much_as_others() -> None:
    assert cost(NOVA_LITE, Tokens(cache_write_5m=1000, cache_write_1h=1000)) == pytest.approx(0.00012)
    assert cost(Price(2.0, 8.0), Tokens(cache_read=1000)) == pytest.approx(0.002)
    assert cost(Price(3.0, 15.0, 0.3, 3.75), Tokens(cache_write_1h=1000)) == pytest.approx(0.00375)


def test_nothing_used_costs_nothing() -> None:
    assert cost(SONNET_US, Tokens()) == 0


def test_no_id_stands_for_two_prices() -> None:
    prices: dict[tuple[str, str, str], str] = {}
    for row in rows():
        for geo in row["geo"].split(" "):
            for name in row["models"].split():
                assert prices.setdefault((row["provider"], geo, name), str(row)) == str(row), (geo, name)


def test_every_bedrock_model_of_the_source_is_in_the_table_but_those_that_hear_or_speak() -> None:
    models = next(one.models for one in get_snapshot().providers if one.id == "aws")
    missing = {one.id for one in models if llm_prices.row("aws", one) is None}
    assert missing == {"amazon.nova-sonic-v1:0", "amazon.nova-2-sonic-v1:0"}
    assert len(models) - len(missing) == sum(row["provider"] == "aws" for row in rows())


def test_a_price_is_that_of_the_source() -> None:
    at = datetime(llm_prices.AS_OF.year, llm_prices.AS_OF.month, llm_prices.AS_OF.day, tzinfo=UTC)
    unknown = []
    for provider, model in ids():
        price = price_of(provider, model)
        assert price is not None, model
        usage = Usage(input_tokens=900, output_tokens=70 if price.output else 0, cache_read_tokens=300)
        try:
            expected = calc_price(usage, model, provider_id=provider, genai_request_timestamp=at).total_price
        except LookupError:
            unknown.append(model)
            continue
        tokens = Tokens(input=600, output=70, cache_read=300)
        assert cost(price, tokens) == pytest.approx(float(expected)), model
    assert {one.split(".")[-1] for one in unknown} == {
        "claude-sonnet-4-20260101",
        "claude-haiku-4-5",
        "claude-sonnet-4-5",
        "claude-fable-5",
        "gpt-oss-120b",
        "gpt-oss-20b",
    }, "names that this table has beside the source's"


def test_the_table_is_read_once_and_not_before_a_price_is_asked_for() -> None:
    ran = subprocess.run([sys.executable, "-c", READS], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr

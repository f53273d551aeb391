"""A line is an embedded metric format document that CloudWatch takes."""

from __future__ import annotations

import contextlib
import io
import json
from typing import Any

import pytest

from functions.llm_keys.names import BUDGET_DIMENSION, COST_METRIC, NAMESPACE, UNPRICED_METRIC
from fusebox_meter import track_cost
from fusebox_meter.booking import BEDROCK_ID
from fusebox_meter.charge import dimension
from fusebox_meter.seen import Seen
from tests.meter.conftest import DAY, Lines
from tests.meter.recorded import NAMES, shape

METRICS = {
    "EstimatedCostUSD": "None",
    "InferenceDurationSec": "Seconds",
    "InputTokens": "Count",
    "OutputTokens": "Count",
    "CachedTokens": "Count",
}
UNPRICED = {"UnpricedCalls": "Count"}


def written(lines: Lines, response: Any = None, **charge: Any) -> dict[str, Any]:
    given = shape("openai_chat_cached").response if response is None else response
    track_cost(**{"budget": "assistants", "emit": lines, **charge})(lambda: given)()
    return lines.only


def check_format(told: dict[str, Any]) -> None:
    """The rules of the specification that concern a document of one directive."""
    meta = told["_aws"]
    assert set(meta) == {"Timestamp", "CloudWatchMetrics"}
    (directive,) = meta["CloudWatchMetrics"]
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    assert 0 < len(directive["Metrics"]) <= 100
    for one in directive["Metrics"]:
        assert isinstance(told[one["Name"]], int | float)
        assert (METRICS | UNPRICED)[one["Name"]] == one["Unit"]
    for names in directive["Dimensions"]:
        assert 0 < len(names) <= 30
        for name in names:
            value = told[name]
            assert isinstance(value, str)
            assert 1 <= len(value) <= 1024
            assert value.isascii()
            assert value.isprintable()
            assert value.strip()


def test_a_line_has_the_metrics_and_the_sets_that_alarms_match(lines: Lines) -> None:
    told = written(lines, team="search")
    check_format(told)
    (directive,) = told["_aws"]["CloudWatchMetrics"]
    assert directive["Namespace"] == NAMESPACE == "AI/FinOps"
    assert directive["Dimensions"] == [["Budget"], ["Budget", "ModelId"], ["Budget", "Team"]]
    assert {one["Name"]: one["Unit"] for one in directive["Metrics"]} == METRICS
    assert COST_METRIC in METRICS
    assert told[BUDGET_DIMENSION] == "assistants"
    assert told["Team"] == "search"
    assert told["_aws"]["Timestamp"] // 1000 == int(DAY.timestamp())
    assert len(lines) == 1
    assert "\n" not in lines[0]


def test_without_a_team_there_is_no_set_for_one(lines: Lines) -> None:
    told = written(lines)
    check_format(told)
    assert told["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["Budget"], ["Budget", "ModelId"]]
    assert "Team" not in told
    assert "UnpricedCalls" not in told, "a metric that is published costs money"


def test_cached_tokens_are_a_part_of_the_input(lines: Lines) -> None:
    told = written(lines)
    assert (told["InputTokens"], told["CachedTokens"]) == (2006, 1920)


@pytest.mark.parametrize("name", NAMES)
def test_every_shape_gives_a_line_that_cloudwatch_takes(name: str, lines: Lines) -> None:
    one = shape(name)
    response = one.response or iter(one.chunks)

    @track_cost(budget="assistants", team="search", emit=lines, **one.charge)
    def ask() -> Any:
        return response

    got = ask()
    if one.chunks:
        assert list(got) == one.chunks
    check_format(lines.only)


@pytest.mark.parametrize(
    ("said", "taken"),
    [
        ("search", "search"),
        ("Büro 5", "B?ro 5"),
        ("two\nlines", "two?lines"),
        (" \t ", "?"),
        ("   ", "unknown"),
        ("", "unknown"),
        ("x" * 2000, "x" * 1024),
    ],
)
def test_a_team_or_model_is_written_as_cloudwatch_takes_it(said: str, taken: str, lines: Lines) -> None:
    assert dimension(said) == taken
    if said:
        check_format(written(lines, team=said))


def test_a_model_without_a_price_is_counted_without_a_cost_and_told_of_once(
    lines: Lines, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = {**shape("openai_chat").response, "model": "gpt-9-secret"}

    @track_cost(budget="assistants", emit=lines)
    def ask(number: int) -> Any:
        return {**unknown, "id": str(number)}

    ask(1)
    ask(2)
    for told in lines.told:
        check_format(told)
        assert told["InputTokens"] == 1200
        assert "EstimatedCostUSD" not in told
        (directive,) = told["_aws"]["CloudWatchMetrics"]
        assert directive["Dimensions"] == [["Budget"], ["Budget", "ModelId"]]
        assert {one["Name"]: one["Unit"] for one in directive["Metrics"]} == {
            **{name: unit for name, unit in METRICS.items() if name != "EstimatedCostUSD"},
            UNPRICED_METRIC: "Count",
        }
        assert told["UnpricedCalls"] == 1
    assert [record.getMessage() for record in caplog.records] == [
        "model gpt-9-secret of openai has no known price: its tokens are counted, their cost is not"
    ]


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("", ""),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abcdefghijkl", ""),
        ("arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl", ""),
        ("amazon.nova-lite-v1:0", "nobody"),
    ],
)
def test_what_cannot_be_known_has_no_cost(model: str, provider: str, lines: Lines) -> None:
    told = written(lines, shape("bedrock_converse").response, model=model, provider=provider)
    assert "EstimatedCostUSD" not in told
    assert told["UnpricedCalls"] == 1
    assert told["ModelId"] == (model or "unknown")


def test_speech_without_a_price_of_its_own_is_not_priced_as_text(lines: Lines) -> None:
    spoken = {**shape("openai_chat_audio").response, "model": "gpt-4o-audio-preview-2025-06-03"}
    assert "EstimatedCostUSD" not in written(lines, spoken)


def test_counts_that_contradict_each_other_do_not_make_cached_tokens_free(lines: Lines) -> None:
    response = shape("openai_chat_cached").response
    response["usage"]["prompt_tokens"] = 100
    told = written(lines, response)
    assert (told["InputTokens"], told["CachedTokens"]) == (1920, 1920)
    assert told["EstimatedCostUSD"] == pytest.approx((1920 * 1.25 + 300 * 10.0) / 1_000_000)


def test_another_provider_that_speaks_like_openai_has_its_own_prices(lines: Lines) -> None:
    response = {**shape("openai_chat").response, "model": "claude-haiku-4-5"}
    told = written(lines, response, provider="anthropic")
    assert told["Provider"] == "anthropic"
    assert told["EstimatedCostUSD"] == pytest.approx((1200 * 1.0 + 300 * 5.0) / 1_000_000)


@pytest.mark.parametrize(
    ("model", "bedrock"),
    [
        ("us.anthropic.claude-sonnet-4-6", True),
        ("us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0", True),
        ("openai.gpt-oss-120b", True),
        ("deepseek.r1-v1:0", True),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", True),
        ("gpt-4.1-mini", False),
        ("gpt-3.5-turbo", False),
        ("claude-3.5-haiku", False),
        ("ft:gpt-4o-mini-2024-07-18:example::abc", False),
        ("o4-mini", False),
    ],
)
def test_an_id_of_amazon_bedrock_is_known_by_its_form(model: str, bedrock: bool) -> None:
    assert bool(BEDROCK_ID.match(model)) == bedrock


def test_lines_go_to_standard_output_whole_and_at_once() -> None:
    out = io.StringIO()
    flushed: list[str] = []
    out.flush = lambda: flushed.append(out.getvalue())  # type: ignore[method-assign]
    with contextlib.redirect_stdout(out):
        track_cost(budget="assistants")(lambda: shape("openai_chat").response)()
    assert out.getvalue().endswith("}\n")
    check_format(json.loads(out.getvalue()))
    assert flushed == [out.getvalue()]


def test_lines_can_go_to_another_stream() -> None:
    out = io.StringIO()
    track_cost(budget="assistants", emit=out)(lambda: shape("openai_chat").response)()
    check_format(json.loads(out.getvalue()))


def test_the_oldest_requests_are_forgotten_first() -> None:
    seen = Seen(kept=2)
    assert [seen.first(one) for one in ("a", "b", "a", "c", "b", "a")] == [True, True, False, True, False, True]

"""Stories of what Bedrock's tokens cost."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from botocore.exceptions import ReadTimeoutError

from functions.llm_keys.periods import period_at
from functions.llm_keys.prices import Price
from functions.llm_keys.sources.bedrock_metrics import BedrockMetrics
from functions.llm_keys.sources.reading import ReadsSpend
from tests.unit.llm_keys.aws.budgets import CLAUDE, MONTH, NOVA, answered, budget, day, publish, tokens
from tests.unit.llm_keys.aws.cloud import ACCOUNT, NOON, Answer, Cloud, Refusal

MILLION = 1_000_000
BUDGET = budget("bedrock_metrics")


PRICES = {CLAUDE: Price(3.0, 15.0, 0.3, 3.75), NOVA: Price(0.8, 3.2), "embed": Price(0.1)}


@dataclass
class World:
    """The source with a clock, a memory, and a price list that says which provider it was asked for."""

    cloud: Cloud
    now: datetime = NOON
    remembered: dict[str, set[str]] = field(default_factory=dict)
    asked_prices: set[str] = field(default_factory=set)
    prices: Mapping[str, Price] = field(default_factory=lambda: PRICES)

    def __post_init__(self) -> None:
        self.source: ReadsSpend = BedrockMetrics(self.cloud, ACCOUNT, self.price, self.remember, lambda: self.now)

    def price(self, provider: str, model: str) -> Price | None:
        self.asked_prices.add(provider)
        return self.prices.get(model)

    def remember(self, period: str, seen: Sequence[str]) -> Sequence[str]:
        self.remembered.setdefault(period, set()).update(seen)
        return sorted(self.remembered[period])

    def queried(self) -> int:
        return sum(len(params["MetricDataQueries"]) for name, params in self.cloud.asked if name == "GetMetricData")


@pytest.fixture
def world(cloud: Cloud) -> World:
    return World(cloud)


def test_cached_tokens_are_priced_at_their_own_rates_and_counted_once(world: World) -> None:
    tokens(CLAUDE, day(3), input=2 * MILLION, output=MILLION, cache_read=10 * MILLION, cache_write=4 * MILLION)
    found = world.source.read(BUDGET, MONTH)
    # 2 x 3.00 + 1 x 15.00 + 10 x 0.30 + 4 x 3.75
    assert found.spent == pytest.approx(39.0, abs=1e-9)
    assert found.by_path == {f"{CLAUDE} in {ACCOUNT}": pytest.approx(39.0)}
    assert (found.trouble, found.unpriced) == ("", ())
    assert world.asked_prices == {"aws"}


def test_one_call_costs_what_the_price_list_says(world: World) -> None:
    tokens(CLAUDE, day(17, 12, 5), input=1200, output=300)
    found = world.source.read(BUDGET, MONTH)
    assert found.spent == pytest.approx(0.0081, abs=1e-12)
    assert found.hour == found.day == found.spent


def test_hour_and_day_are_those_that_run_in_utc(world: World) -> None:
    for at in (day(1), day(16, 23, 59), day(17), day(17, 12, 1)):
        tokens(NOVA, at, input=MILLION)
    found = world.source.read(BUDGET, MONTH)
    assert [found.spent, found.day, found.hour] == pytest.approx([3.2, 1.6, 0.8])


def test_without_a_rate_for_the_cache_the_full_price_is_taken(world: World) -> None:
    tokens(NOVA, day(3), cache_read=MILLION, cache_write=MILLION)
    assert world.source.read(BUDGET, MONTH).spent == pytest.approx(1.6)


def test_both_spellings_of_a_cache_metric_are_one_metric(world: World) -> None:
    for metric in ("CacheReadInputTokens", "CacheReadInputTokenCount"):
        publish("AWS/Bedrock", metric, {"ModelId": CLAUDE}, (day(3), 10 * MILLION))
    assert world.source.read(BUDGET, MONTH).spent == pytest.approx(3.0)


def test_only_the_set_by_model_counts(world: World) -> None:
    tokens(CLAUDE, day(3), input=MILLION)
    for more in ({"ContextWindow": "<200k"}, {"ServiceTier": "default"}):
        publish("AWS/Bedrock", "InputTokenCount", {"ModelId": CLAUDE, **more}, (day(3), MILLION))
    publish("AWS/Bedrock", "InvocationLatency", {"ModelId": CLAUDE}, (day(3), 900.0))
    assert world.source.read(BUDGET, MONTH).spent == pytest.approx(3.0)
    assert world.queried() == 1


def test_the_mantle_endpoint_counts_beside_the_other(world: World) -> None:
    tokens(NOVA, day(3), input=MILLION)
    for dimensions in ({"Model": NOVA}, {"Model": NOVA, "Project": "p"}, {"Project": "p"}):
        publish("AWS/BedrockMantle", "TotalInputTokens", dimensions, (day(3), MILLION))
        publish("AWS/BedrockMantle", "TotalOutputTokens", dimensions, (day(3), MILLION))
    found = world.source.read(BUDGET, MONTH)
    assert found.spent == pytest.approx(0.8 + 4.0)
    assert found.by_path == {
        f"{NOVA} in {ACCOUNT}": pytest.approx(0.8),
        f"mantle {NOVA} in {ACCOUNT}": pytest.approx(4.0),
    }


def test_models_without_a_price_are_named_and_the_rest_is_counted(world: World) -> None:
    tokens(NOVA, day(3), input=MILLION)
    tokens("new.model-v1:0", day(3), output=5.0)
    tokens("embed", day(3), input=MILLION, output=5.0)
    tokens("amazon.nova-canvas-v1:0", day(3), images=4.0, calls=4.0)
    tokens("amazon.nova-reel-v1:0", day(3), calls=1.0)
    tokens("unused.model-v1:0", datetime(2026, 10, 31, tzinfo=NOON.tzinfo), output=5.0)
    found = world.source.read(BUDGET, MONTH)
    assert found.spent == pytest.approx(0.9)
    assert found.unpriced == (
        "amazon.nova-canvas-v1:0 (images)",
        "amazon.nova-reel-v1:0",
        "embed (output)",
        "new.model-v1:0",
    )


def test_calls_are_read_only_of_models_that_count_nothing_else(world: World) -> None:
    tokens(NOVA, day(3), input=MILLION, output=MILLION, calls=9.0)
    tokens("amazon.nova-reel-v1:0", day(3), calls=1.0)
    world.source.read(BUDGET, MONTH)
    assert world.queried() == 3


def test_a_budget_counts_the_models_it_names(world: World) -> None:
    tokens(CLAUDE, day(3), input=MILLION)
    tokens(NOVA, day(3), input=MILLION)
    tokens("new.model-v1:0", day(3), input=MILLION)
    found = world.source.read(budget("bedrock_metrics", models=("*.anthropic.*", "none?")), MONTH)
    assert found.spent == pytest.approx(3.0)
    assert found.unpriced == ()


@pytest.mark.parametrize(
    ("pattern", "millions"),
    [
        ("anthropic.*", 3),
        ("us.anthropic.*", 1),
        ("global.*", 1),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", 3),
        ("arn:aws:bedrock:*:inference-profile/eu.*", 1),
        ("*", 4),
    ],
)
def test_a_pattern_means_a_model_with_and_without_its_geography(world: World, pattern: str, millions: int) -> None:
    plain = CLAUDE.removeprefix("us.")
    arn = f"arn:aws:bedrock:eu-west-1:{ACCOUNT}:inference-profile/eu.{plain}"
    world.prices = {one: Price(1.0) for one in (CLAUDE, f"global.{plain}", arn, NOVA)}
    for model in world.prices:
        tokens(model, day(3), input=MILLION)
    found = world.source.read(budget("bedrock_metrics", models=(pattern,)), MONTH)
    assert found.spent == pytest.approx(millions)
    assert found.trouble == ""


def test_patterns_that_mean_no_model_while_others_are_used_are_told_of(world: World) -> None:
    wrong = budget("bedrock_metrics", models=("antropic.*", "nova-*"))
    assert world.source.read(wrong, MONTH).trouble == "", "nothing was used yet"
    world.now += timedelta(minutes=2)
    tokens(NOVA, day(3), input=MILLION)
    found = world.source.read(wrong, MONTH)
    assert found.spent == 0.0
    assert found.trouble == "bedrock_metrics: models were used, and none of them is one of antropic.*, nova-*"


def test_a_model_that_listmetrics_has_forgotten_still_counts(world: World, cloud: Cloud) -> None:
    tokens(CLAUDE, day(1), input=MILLION)
    assert world.source.read(BUDGET, MONTH).spent == pytest.approx(3.0)
    world.now += timedelta(days=12)
    cloud.tell("cloudwatch.ListMetrics", {"Metrics": []})
    assert world.source.read(BUDGET, MONTH).spent == pytest.approx(3.0)
    assert world.remembered == {"2026-11": {f"AWS/Bedrock InputTokenCount {CLAUDE}"}}
    # A new period begins without what the last one had.
    world.now = datetime(2026, 12, 1, 0, 5, tzinfo=NOON.tzinfo)
    assert world.source.read(BUDGET, period_at("monthly", world.now)).spent == 0.0


def test_a_metric_that_is_no_longer_counted_is_not_read(world: World) -> None:
    world.remembered["2026-11"] = {f"AWS/Bedrock Forgotten {CLAUDE}"}
    assert world.source.read(BUDGET, MONTH).spent == 0.0
    assert world.queried() == 0


def test_budgets_of_one_period_are_read_together_and_anew_after_a_minute_or_with_the_hour(world: World) -> None:
    tokens(CLAUDE, day(3), input=MILLION)
    for models in ((), ("amazon.*",), (CLAUDE,)):
        world.source.read(budget("bedrock_metrics", models=models), MONTH)
    assert world.queried() == 1
    world.now += timedelta(seconds=60)
    world.source.read(BUDGET, MONTH)
    assert world.queried() == 2
    world.source.read(BUDGET, period_at("daily", world.now))
    assert world.queried() == 3
    world.now = day(17, 12, 59) + timedelta(seconds=50)
    world.source.read(BUDGET, MONTH)
    world.now += timedelta(seconds=20)
    world.source.read(BUDGET, MONTH)
    assert world.queried() == 5


def test_budgets_of_one_period_that_ask_at_the_same_time_wait_for_one_answer(world: World, cloud: Cloud) -> None:
    begun, answer = threading.Event(), threading.Event()

    def slow(_: object) -> Answer:
        begun.set()
        assert answer.wait(60)
        return None

    tokens(CLAUDE, day(3), input=MILLION)
    cloud.told["cloudwatch.GetMetricData"] = slow
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(world.source.read, BUDGET, MONTH)
        assert begun.wait(60)
        others = [pool.submit(world.source.read, BUDGET, MONTH) for _ in range(7)]
        assert not wait(others, 0.1).done
        answer.set()
        assert [one.result().spent for one in (first, *others)] == pytest.approx([3.0] * 8)
    assert world.queried() == 1


def test_those_that_wait_for_an_answer_take_a_refusal_too_and_the_next_one_asks_anew(
    world: World, cloud: Cloud
) -> None:
    begun, answer = threading.Event(), threading.Event()

    def slow(_: object) -> Answer:
        begun.set()
        assert answer.wait(60)
        return Refusal("AccessDenied", "not authorized", 403)

    tokens(CLAUDE, day(3), input=MILLION)
    cloud.told["cloudwatch.GetMetricData"] = slow
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(world.source.read, BUDGET, MONTH)
        assert begun.wait(60)
        others = [pool.submit(world.source.read, BUDGET, MONTH) for _ in range(3)]
        assert not wait(others, 0.1).done
        answer.set()
        assert all("not authorized" in one.result().trouble for one in (first, *others))
    assert world.queried() == 1
    cloud.told.clear()
    assert world.source.read(BUDGET, MONTH).spent == pytest.approx(3.0)


def test_all_pages_of_metrics_are_listed(world: World, cloud: Cloud) -> None:
    def listed(params: object) -> dict[str, object]:
        assert isinstance(params, dict)
        if params["Namespace"] != "AWS/Bedrock":
            return {"Metrics": []}
        model = NOVA if params.get("NextToken") else CLAUDE
        dimensions = [{"Name": "ModelId", "Value": model}]
        metric = {"Namespace": "AWS/Bedrock", "MetricName": "InputTokenCount", "Dimensions": dimensions}
        return {"Metrics": [metric], **({} if params.get("NextToken") else {"NextToken": "more"})}

    tokens(CLAUDE, day(3), input=MILLION)
    tokens(NOVA, day(3), input=MILLION)
    cloud.told["cloudwatch.ListMetrics"] = listed
    assert world.source.read(BUDGET, MONTH).spent == pytest.approx(3.8)
    first = next(params for name, params in cloud.asked if name == "ListMetrics")
    assert first == {"Namespace": "AWS/Bedrock", "Dimensions": [{"Name": "ModelId"}]}


@pytest.mark.parametrize("call", ["cloudwatch.ListMetrics", "cloudwatch.GetMetricData"])
@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Refusal("AccessDenied", "not authorized\nat all", 403), "not authorized"),
        (Refusal("Throttling", "Rate exceeded", retries=4), "Rate exceeded"),
        (ReadTimeoutError(endpoint_url="https://aws.example.com"), "Read timeout"),
    ],
)
def test_what_aws_refuses_is_trouble(world: World, cloud: Cloud, call: str, answer: Answer, said: str) -> None:
    tokens(CLAUDE, day(3), input=MILLION)
    cloud.tell(call, answer)
    found = world.source.read(BUDGET, MONTH)
    assert (found.spent, found.hour, found.day) == (None, None, None)
    assert said in found.trouble
    assert "\n" not in found.trouble


def test_half_an_answer_is_the_least_that_was_spent_or_nothing_at_all(world: World, cloud: Cloud) -> None:
    tokens(CLAUDE, day(3), input=MILLION, output=MILLION)
    half = [answered(0, [(day(3), MILLION)]), answered(1, [], StatusCode="InternalError")]
    cloud.tell("cloudwatch.GetMetricData", {"MetricDataResults": half})
    found = world.source.read(BUDGET, MONTH)
    assert found.spent == pytest.approx(3.0)
    assert (
        found.trouble == f"bedrock_metrics: GetMetricData was incomplete: OutputTokenCount of {CLAUDE}: InternalError"
    )
    world.now += timedelta(minutes=5)
    cloud.tell("cloudwatch.GetMetricData", {"MetricDataResults": half[1:]})
    assert world.source.read(BUDGET, MONTH).spent is None

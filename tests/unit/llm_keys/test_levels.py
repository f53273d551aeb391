"""What a budget's sources say together."""

from __future__ import annotations

import pytest

from functions.llm_keys.sources.reading import Level, Reading


def spent(*readings: Reading) -> float | None:
    return Level(readings).spent


def test_what_a_proxy_reports_is_the_same_money_as_the_bills_behind_it() -> None:
    proxy = Reading("provider_usage", 60.0, proxied=60.0)
    assert spent(Reading("bedrock_metrics", 55.0), proxy) == 60.0
    assert spent(Reading("bedrock_metrics", 70.0), proxy) == 70.0


def test_providers_own_bills_add_to_awss_and_a_proxy_may_have_seen_both() -> None:
    both = Reading("provider_usage", 100.0 + 33.1, proxied=33.1)
    assert spent(Reading("aws", 20.0), Reading("bedrock_metrics", 25.0), both) == 125.0
    assert spent(both) == 100.0, "to the cent at which a breaker opens"
    assert spent(Reading("provider_usage", 10.0 + 200.0, proxied=200.0), Reading("aws", 20.0)) == 200.0
    assert spent(both, Reading("meter", 300.0)) == 300.0


@pytest.mark.parametrize("other", [Reading("aws", None, "denied"), Reading("meter", 0.0)])
def test_a_proxy_alone_is_a_level(other: Reading) -> None:
    assert spent(Reading("provider_usage", 4.5, proxied=4.5), other) == 4.5


def test_what_nobody_could_read_is_not_known() -> None:
    assert spent(Reading("provider_usage", None, "down"), Reading("aws", None, "denied")) is None

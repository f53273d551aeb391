"""What providers say of the keys of a budget, put together."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import monotonic
from typing import Any

import pytest

from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.kinds import KINDS, KeyKind
from functions.llm_keys.periods import period_at
from functions.llm_keys.providers.provider import Provider, ProviderFailed, Usage, Values
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.sources.provider_usage import AT_ONCE, ProviderUsage
from functions.llm_keys.sources.reading import Level, Reading

NOW = datetime(2026, 11, 17, 12, 20, tzinfo=UTC)
Tells = Callable[[], Usage]


@dataclass
class Teller:
    """A provider that tells of each key what it is given to tell; a bill is the kind and the key's name."""

    tells: dict[str, Tells] = field(default_factory=dict)

    def read(self, key: Key) -> Values:
        raise AssertionError(f"nobody asked to read {key.name}")

    def stopped(self, key: Key, values: Values) -> Values:
        raise AssertionError(f"nobody asked to stop {key.name}")

    def write(self, key: Key, values: Values) -> None:
        raise AssertionError(f"nobody asked to write {key.name}")

    def bill(self, key: Key) -> str:
        return f"{key.kind}/{key.name}"

    def spent(self, key: Key, since: datetime, until: datetime) -> Usage:
        assert (since, until) == (datetime(2026, 11, 1, tzinfo=UTC), NOW)
        return self.tells[key.name]()


def said(dollars: float, **more: Any) -> Tells:
    return lambda: Usage(dollars, **more)


def fails(error: Exception) -> Tells:
    def tell() -> Usage:
        raise error

    return tell


IDS: Mapping[KeyKind, str] = {"anthropic": "apikey_01EXAMPLE", "openai_project": "proj_EXAMPLE1", "litellm": "0" * 63}


def read(tells: Mapping[str, Tells], **more: Any) -> Reading:
    """The reading of a budget over keys that are named by their kind, with a number behind it."""
    kinds: dict[str, KeyKind] = {name: name.rstrip("0123456789").replace("-", "_") for name in tells}  # type: ignore[misc]
    keys = tuple(
        Key(name=name, kind=kind, id=f"{IDS[kind]}{number}", provider=KINDS[kind].provider)
        for number, (name, kind) in enumerate(kinds.items())
    )
    budget = Budget(name="Chat", amount=100.0, keys=tuple(kinds), sources=(Source(kind="provider_usage"),))
    accounts = (
        ProviderAccount(name="anthropic", kind="anthropic"),
        ProviderAccount(name="openai", kind="openai"),
        ProviderAccount(name="litellm", kind="litellm", url="https://llm.example.com"),
    )
    settings = LlmKeysSettings(providers=accounts, keys=keys, budgets=(budget,))
    teller = Teller(dict(tells))
    providers: dict[KeyKind, Provider] = dict.fromkeys(kinds.values(), teller)
    return ProviderUsage(providers, settings, lambda: NOW, **more).read(budget, period_at("monthly", NOW))


def test_bills_add_up_and_what_a_proxy_reports_is_told_apart() -> None:
    found = read(
        {"anthropic": said(10.0, by_path={"claude": 10.0}), "openai-project": said(2.5), "litellm": said(11.0)}
    )
    assert (found.spent, found.proxied, found.trouble) == (23.5, 11.0, "")
    assert found.by_path == {
        "anthropic/anthropic claude": 10.0,
        "openai_project/openai-project": 2.5,
        "litellm/litellm": 11.0,
    }


@pytest.mark.parametrize(("name", "proxied"), [("litellm", 7.0), ("anthropic", 0.0)])
def test_one_bill_is_a_proxys_or_a_providers_own(name: str, proxied: float) -> None:
    found = read({name: said(7.0)})
    assert (found.spent, found.proxied) == (7.0, proxied)


def test_each_bill_that_cannot_be_read_is_a_line_of_its_own_and_the_others_count() -> None:
    found = read(
        {
            "anthropic": fails(ProviderFailed("GET /v1/usage: 500")),
            "openai-project": said(2.5, missing="what batches cost"),
            "litellm": fails(ProviderFailed("no answer (ReadTimeoutError)")),
        }
    )
    assert (found.spent, found.proxied) == (2.5, 0.0)
    lines = [
        "provider usage: anthropic/anthropic: GET /v1/usage: 500",
        "provider usage: litellm/litellm: no answer (ReadTimeoutError)",
        "provider usage: openai_project/openai-project does not tell what batches cost",
    ]
    assert sorted(found.trouble.split("\n")) == lines
    assert sorted(Level((found,)).trouble) == lines


def test_no_bill_read_is_not_nothing_spent() -> None:
    found = read({"anthropic": fails(ProviderFailed("no")), "litellm": fails(ProviderFailed("no"))})
    assert found.spent is None


def test_a_bill_that_is_late_is_left_out_and_holds_up_nobody() -> None:
    come = threading.Event()

    def hangs() -> Usage:
        assert come.wait(60)
        return Usage(99.0)

    many = {f"anthropic{number}": hangs for number in range(AT_ONCE)}
    began = monotonic()
    try:
        found = read({**many, "anthropic90": said(1.0), "litellm": hangs}, patience=0.2)
        took = monotonic() - began
        assert found.spent is None, "whoever waited for a turn behind them is late as well"
        found = read({"anthropic": said(1.0), "litellm": hangs}, patience=0.2)
    finally:
        come.set()
    assert (found.spent, found.proxied) == (1.0, 0.0)
    assert found.trouble == "provider usage: litellm/litellm: no answer within 0.2 s"
    assert took < 5.0


@pytest.mark.parametrize(
    "texts",
    [
        [f"GET /v1/usage: 429: it asks to wait for {seconds} s" for seconds in ("3", "61", "1e+06")],
        [f"GET /v1/usage: no answer: the answer does not end ({size} bytes)" for size in (8388611, 9000000)],
    ],
)
def test_a_trouble_is_told_with_the_same_words_each_time(texts: list[str]) -> None:
    told = {tuple(Level((read({"anthropic": fails(ProviderFailed(text))}),)).trouble) for text in texts}
    assert len(told) == 1, "else it would be told with every sweep"

"""Every provider failing, hanging, limiting, redirecting, talking nonsense, and dying before or after a change.

A stop is never lost: it is made, or it is an error, and an error that leaves it open says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from functions.llm_keys.keys import Key
from functions.llm_keys.kinds import KeyKind
from functions.llm_keys.providers.provider import ProviderFailed
from functions.llm_keys.providers.tries import Limits
from local.llm_providers import FakeKey, FakeProviders, call_model
from local.llm_providers.anthropic import FakeAnthropic
from local.llm_providers.faults import (
    DIES,
    DIES_AFTERWARDS,
    EMPTY,
    GARBLED,
    HANGS,
    HANGS_AFTERWARDS,
    Fault,
    fails,
    limits,
    redirects,
)
from local.llm_providers.litellm import FakeLiteLlm
from local.llm_providers.openai import FakeOpenAi
from local.llm_providers.openrouter import FakeOpenRouter
from tests.unit.llm_keys.providers.described import problems
from tests.unit.llm_keys.providers.desk import NOW, SWITCHES, Desk, key

FAKES: dict[str, Any] = {
    "anthropic": FakeAnthropic,
    "openai_by_rate_limits": FakeOpenAi,
    "openai_by_spend_limit": FakeOpenAi,
    "openai_key": FakeOpenAi,
    "openrouter": FakeOpenRouter,
    "litellm": FakeLiteLlm,
}
HASTY = Limits(connect=0.5, read=0.2)


@dataclass
class Case:
    """A key in use at a provider, and the provider's switch."""

    desk: Desk
    key: Key
    used: FakeKey
    provider: Any

    @property
    def stopped(self) -> bool:
        return call_model(self.desk.fake, self.used) != 200

    def stop(self) -> None:
        values = self.provider.read(self.key)
        self.provider.write(self.key, self.provider.stopped(self.key, values))
        assert self.provider.read(self.key) == self.provider.stopped(self.key, values)


def case_of(name: str, fake: Any, limits: Limits) -> Case:
    """A new key in use at a provider, which costs something already."""
    kind: KeyKind = "openai_project" if name.startswith("openai_by_") else name  # type: ignore[assignment]
    more = {"switch": name.removeprefix("openai_by_")} if kind == "openai_project" else {}
    if isinstance(fake, FakeOpenAi):
        project = fake.add_project(models=("gpt-4o-mini",))
        used = fake.add_key(project)
        id = project.id if kind == "openai_project" else used.id
        more |= {} if kind == "openai_project" else {"project": project.id}
    else:
        used = fake.add_key()
        id = used.id
    fake.spend(used, 1.0)
    desk = Desk(fake, limits)
    return Case(desk, key(kind, id, **more), used, SWITCHES[kind](desk))


@pytest.fixture(params=FAKES)
def case(request: pytest.FixtureRequest) -> Iterator[Case]:
    with FAKES[request.param](clock=lambda: NOW) as fake:
        yield case_of(request.param, fake, HASTY)
    assert problems(fake) == []


PASSING = {
    "an error": fails(500),
    "an error after the change": fails(503, applies=True),
    "a limit": limits(),
    "a limit with a time": limits(2),
    "a lost connection": DIES,
    "a lost connection after the change": DIES_AFTERWARDS,
    "no answer": HANGS,
    "no answer after the change": HANGS_AFTERWARDS,
}


@pytest.mark.parametrize("method", ["GET", "POST PATCH DELETE"], ids=["reading", "writing"])
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING.keys())
def test_what_passes_is_got_over(case: Case, fault: Fault, method: str) -> None:
    for one in method.split():
        case.desk.fake.fault(fault, method=one)
    case.stop()
    case.desk.fake.heal()
    assert case.stopped
    assert sum(case.desk.waits) < 20


LASTING = {
    "errors": fails(500),
    "errors after the change": fails(500, applies=True),
    "limits": limits(),
    "limits with a long time": limits(3600),
    "lost connections": DIES,
    "lost connections after the change": DIES_AFTERWARDS,
    "nonsense": GARBLED,
    "nothing in it": EMPTY,
    "a redirect": redirects("http://127.0.0.1:9/"),
}


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_what_lasts_is_an_error_and_never_a_stop_that_was_not_made(case: Case, fault: Fault) -> None:
    values = case.provider.read(case.key)
    for method in ("POST", "PATCH", "DELETE"):
        case.desk.fake.fault(fault, times=None, method=method)
    refused = None
    try:
        case.provider.write(case.key, case.provider.stopped(case.key, values))
    except ProviderFailed as error:
        refused = error
    case.desk.fake.heal()
    stopped = case.stopped
    assert refused is not None or stopped
    assert not (refused is not None and refused.certain and stopped)
    assert sum(case.desk.waits) < 20
    assert len(case.desk.fake.requests) < 20


@pytest.mark.parametrize("fault", LASTING.values(), ids=LASTING.keys())
def test_what_cannot_be_read_is_an_error(case: Case, fault: Fault) -> None:
    case.desk.fake.fault(fault, times=None)
    with pytest.raises(ProviderFailed):
        case.provider.read(case.key)


def test_a_provider_that_never_answers_takes_no_longer_than_its_limits(case: Case) -> None:
    case.desk.fake.fault(HANGS, times=None)
    with pytest.raises(ProviderFailed, match="no answer"):
        case.provider.read(case.key)
    assert len(case.desk.fake.requests) == HASTY.tries


def test_stopping_again_and_again_changes_nothing_more(case: Case) -> None:
    case.stop()
    values = case.provider.read(case.key)
    for _ in range(3):
        case.provider.write(case.key, values)
    assert case.provider.read(case.key) == values
    assert case.stopped


def test_many_threads_stop_the_keys_of_all_providers_at_the_same_time() -> None:
    with FakeProviders(clock=lambda: NOW) as fakes:
        of = {fake.name: fake for fake in fakes.all}
        many = [case_of(name, of[name.split("_")[0]], Limits()) for name in FAKES for _ in range(4)]
        with ThreadPoolExecutor(len(many)) as pool:
            for done in [pool.submit(one.stop) for one in many]:
                done.result()
        assert all(one.stopped for one in many)


def test_one_client_serves_many_threads() -> None:
    with FakeAnthropic() as fake:
        provider = SWITCHES["anthropic"](Desk(fake))
        keys = [key("anthropic", fake.add_key().id) for _ in range(20)]
        with ThreadPoolExecutor(20) as pool:
            list(pool.map(lambda one: provider.write(one, {"status": "inactive"}), keys))
        assert {one.status for one in fake.keys.values()} == {"inactive"}

"""OpenRouter API keys.

Source: https://openrouter.ai/docs/api/api-reference/api-keys/update-keys and openapi/openrouter.yaml
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.llm_keys.providers.openrouter import OpenRouter
from functions.llm_keys.providers.openrouter_usage import sum_for
from functions.llm_keys.providers.provider import (
    Credential,
    ListsCredentials,
    NoSuchKey,
    Probes,
    ProviderFailed,
    ReportsUsage,
)
from local.llm_providers import FakeKey, call_model
from local.llm_providers.exchanges import Reply
from local.llm_providers.faults import Fault
from local.llm_providers.openrouter import FakeOpenRouter
from tests.unit.llm_keys.providers.desk import ACCOUNT, NOW, Desk, key

TODAY = datetime(2026, 3, 11, tzinfo=UTC)
LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def switch(fake: FakeOpenRouter) -> OpenRouter:
    return OpenRouter(Desk(fake).api_of)


def old_key(fake: FakeOpenRouter) -> FakeKey:
    made = fake.add_key()
    made.made = LONG_AGO
    return made


def test_a_key_is_disabled_and_the_same_secret_works_again(openrouter: FakeOpenRouter) -> None:
    batch = openrouter.add_key()
    provider, mine = switch(openrouter), key("openrouter", batch.id)
    before = provider.read(mine)
    assert before == {"disabled": False}
    openrouter.requests.clear()
    provider.write(mine, provider.stopped(mine, before))
    (asked,) = openrouter.requests
    assert (asked.method, asked.path) == ("PATCH", f"/api/v1/keys/{batch.id}")
    assert asked.body == {"disabled": True}
    assert provider.read(mine) == {"disabled": True}
    assert provider.stopped(mine, {"disabled": True}) == {"disabled": True}
    assert call_model(openrouter, batch) == 401
    provider.write(mine, before)
    assert call_model(openrouter, batch) == 200


def test_a_key_that_is_not_there_is_an_error(openrouter: FakeOpenRouter) -> None:
    mine = key("openrouter", "0" * 64)
    with pytest.raises(NoSuchKey):
        switch(openrouter).read(mine)
    with pytest.raises(NoSuchKey):
        switch(openrouter).write(mine, {"disabled": True})


def test_a_key_that_stays_enabled_is_an_error(openrouter: FakeOpenRouter) -> None:
    batch = openrouter.add_key()
    openrouter.fault(Fault(reply=Reply(200, {"data": {"disabled": False}})), method="PATCH")
    with pytest.raises(ProviderFailed, match="left the key enabled"):
        switch(openrouter).write(key("openrouter", batch.id), {"disabled": True})


def test_it_lists_the_enabled_keys_of_every_workspace(openrouter: FakeOpenRouter) -> None:
    openrouter.page_size = 2
    for number in range(3):
        openrouter.add_key(f"key {number}")
    lab = openrouter.add_key("lab", workspace="wks-lab")
    openrouter.add_key("off").status = "disabled"
    listed = switch(openrouter).credentials(ACCOUNT)
    assert [one.name for one in listed] == ["key 0", "key 1", "key 2", "lab"]
    assert listed[-1] == Credential("openrouter", lab.id, "lab", "workspace Lab")


@pytest.mark.parametrize(
    ("since", "dollars"),
    [
        (TODAY, 1.0),
        (datetime(2026, 3, 9, tzinfo=UTC), 3.0),
        (datetime(2026, 3, 1, tzinfo=UTC), 7.0),
        (datetime(2026, 2, 20, tzinfo=UTC), 15.0),
    ],
    ids=["day", "week", "month", "days"],
)
def test_what_was_spent_is_exact_for_thirty_days(openrouter: FakeOpenRouter, since: datetime, dollars: float) -> None:
    batch, other = old_key(openrouter), openrouter.add_key("other")
    for days, spent in ((0, 1.0), (2, 2.0), (8, 4.0), (19, 8.0), (40, 16.0)):
        openrouter.spend(batch, spent, at=NOW - timedelta(days=days))
    openrouter.spend(other, 99.0, at=NOW)
    usage = switch(openrouter).spent(key("openrouter", batch.id), since, NOW)
    assert usage.dollars == pytest.approx(dollars)
    assert sum(usage.by_path.values()) == pytest.approx(dollars)
    assert usage.missing == ""


def test_days_that_openrouter_no_longer_tells_are_said_to_be_missing(openrouter: FakeOpenRouter) -> None:
    batch = old_key(openrouter)
    for days in (0, 30, 31):
        openrouter.spend(batch, 1.0, at=NOW - timedelta(days=days))
    usage = switch(openrouter).spent(key("openrouter", batch.id), datetime(2026, 1, 1, tzinfo=UTC), NOW)
    assert usage.dollars == pytest.approx(2.0)
    assert usage.missing == "OpenRouter tells no days before 2026-02-09"
    (_, asked) = openrouter.requests
    assert (asked.path, asked.query) == ("/api/v1/activity", [("api_key_hash", batch.id)])


def test_the_whole_sum_serves_for_a_key_that_is_younger_than_the_span(openrouter: FakeOpenRouter) -> None:
    batch = openrouter.add_key()
    openrouter.spend(batch, 5.0)
    usage = switch(openrouter).spent(key("openrouter", batch.id), datetime(2026, 1, 1, tzinfo=UTC), NOW)
    assert (usage.dollars, usage.missing) == (5.0, "")


@pytest.mark.parametrize(
    ("first", "made", "field"),
    [
        (TODAY, LONG_AGO, "usage_daily"),
        (datetime(2026, 3, 9, tzinfo=UTC), LONG_AGO, "usage_weekly"),
        (datetime(2026, 3, 1, tzinfo=UTC), LONG_AGO, "usage_monthly"),
        (datetime(2026, 3, 2, tzinfo=UTC), LONG_AGO, ""),
        (datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC), "usage"),
    ],
)
def test_each_sum_is_used_for_exactly_what_it_sums(first: datetime, made: datetime, field: str) -> None:
    assert sum_for(first, TODAY, made) == field


def test_a_probe_asks_what_the_key_is(openrouter: FakeOpenRouter) -> None:
    """The list of models is open to everybody, so it would show nothing."""
    batch = openrouter.add_key()
    provider, mine = switch(openrouter), key("openrouter", batch.id)
    assert provider.works(mine, batch.secret)
    batch.status = "disabled"
    assert not provider.works(mine, batch.secret)
    assert {one.path for one in openrouter.requests} == {"/api/v1/key"}


def test_it_does_all_that_a_provider_can() -> None:
    provider = OpenRouter(lambda _: pytest.fail("not called"))
    assert isinstance(provider, ReportsUsage)
    assert isinstance(provider, ListsCredentials)
    assert isinstance(provider, Probes)
    assert provider.bill(key("openrouter", "0" * 64)) == f"openrouter/acme/{'0' * 64}"

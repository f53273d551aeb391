"""Anthropic API keys.

Source: https://platform.claude.com/docs/en/api/admin/api_keys/update
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.llm_keys.providers.anthropic import Anthropic
from functions.llm_keys.providers.anthropic_usage import pieces
from functions.llm_keys.providers.provider import (
    Credential,
    ListsCredentials,
    NoSuchKey,
    Probes,
    ProviderFailed,
    ReportsUsage,
)
from local.llm_providers import call_model
from local.llm_providers.anthropic import FakeAnthropic
from local.llm_providers.faults import fails
from tests.unit.llm_keys.providers.desk import ACCOUNT, NOW, Desk, key, price_of

MONTH = datetime(2026, 3, 1, tzinfo=UTC)


def switch(fake: FakeAnthropic) -> Anthropic:
    return Anthropic(Desk(fake).api_of, price_of)


def test_a_key_is_made_inactive_and_the_same_secret_works_again(anthropic: FakeAnthropic) -> None:
    batch = anthropic.add_key()
    provider, mine = switch(anthropic), key("anthropic", batch.id)
    before = provider.read(mine)
    provider.write(mine, provider.stopped(mine, before))
    assert provider.read(mine) == {"status": "inactive"}
    assert call_model(anthropic, batch) == 401
    provider.write(mine, before)
    assert call_model(anthropic, batch) == 200


def test_what_is_sent(anthropic: FakeAnthropic) -> None:
    batch = anthropic.add_key()
    switch(anthropic).write(key("anthropic", batch.id), {"status": "inactive"})
    (asked,) = anthropic.requests
    assert (asked.method, asked.path, asked.query) == ("POST", f"/v1/organizations/api_keys/{batch.id}", [])
    assert asked.body == {"status": "inactive"}
    assert asked.headers["anthropic-version"] == "2023-06-01"
    assert asked.headers["user-agent"].startswith("fusebox/")
    assert asked.by == "admin"


@pytest.mark.parametrize(
    ("status", "then"),
    [("active", "inactive"), ("inactive", "inactive"), ("archived", "archived"), ("expired", "expired")],
)
def test_stopped_leaves_alone_what_is_out_of_use(status: str, then: str) -> None:
    provider = Anthropic(lambda _: pytest.fail("pure"), price_of)
    assert provider.stopped(key("anthropic", "apikey_00000001"), {"status": status}) == {"status": then}


def test_archived_is_never_set_since_there_is_no_way_back(anthropic: FakeAnthropic) -> None:
    batch = anthropic.add_key()
    with pytest.raises(ProviderFailed, match="sets no key 'archived'"):
        switch(anthropic).write(key("anthropic", batch.id), {"status": "archived"})
    assert anthropic.requests == []


def test_a_key_that_is_not_there_is_an_error(anthropic: FakeAnthropic) -> None:
    mine = key("anthropic", "apikey_99999999")
    with pytest.raises(NoSuchKey, match=r"acme: GET 127\.0\.0\.1/v1/organizations/api_keys/apikey_99999999: 404"):
        switch(anthropic).read(mine)
    with pytest.raises(NoSuchKey):
        switch(anthropic).write(mine, {"status": "inactive"})


def test_it_lists_every_active_key_and_nothing_of_their_secrets(anthropic: FakeAnthropic) -> None:
    for number in range(1003):
        anthropic.add_key(name=f"key {number}")
    anthropic.keys["apikey_fake00000002"].status = "inactive"
    listed = switch(anthropic).credentials(ACCOUNT)
    assert len(listed) == 1002
    assert listed[0] == Credential("anthropic", "apikey_fake00000001", "key 0")
    assert [one.query for one in anthropic.requests] == [
        [("status", "active"), ("limit", "1000")],
        [("status", "active"), ("limit", "1000"), ("after_id", "apikey_fake00001001")],
    ]


def test_a_probe_shows_whether_a_key_is_still_taken(anthropic: FakeAnthropic) -> None:
    batch = anthropic.add_key()
    provider, mine = switch(anthropic), key("anthropic", batch.id)
    assert provider.works(mine, batch.secret)
    batch.status = "inactive"
    assert not provider.works(mine, batch.secret)
    anthropic.fault(fails(500), times=None)
    with pytest.raises(ProviderFailed):
        provider.works(mine, batch.secret)


def test_it_does_all_that_a_provider_can() -> None:
    provider = Anthropic(lambda _: pytest.fail("not called"), price_of)
    assert isinstance(provider, ReportsUsage)
    assert isinstance(provider, ListsCredentials)
    assert isinstance(provider, Probes)
    assert provider.bill(key("anthropic", "apikey_00000001")) == "anthropic/acme/apikey_00000001"


def test_usage_is_priced_by_model_tier_and_kind_of_token(anthropic: FakeAnthropic) -> None:
    batch, other = anthropic.add_key(), anthropic.add_key(name="other")
    million = 1_000_000
    anthropic.spend(batch, 0, at=MONTH, model="claude-a", input=million, output=0)
    anthropic.spend(batch, 0, at=NOW - timedelta(hours=3), model="claude-a", input=0, output=million)
    anthropic.spend(batch, 0, at=NOW - timedelta(minutes=2), model="claude-a", input=million, output=0, tier="batch")
    cached = {"input": 0, "output": 0, "cache_read": million, "cache_write": million}
    anthropic.spend(batch, 0, at=NOW - timedelta(days=4), model="claude-b", **cached)
    anthropic.spend(batch, 0, at=NOW, model="brand-new")
    anthropic.spend(batch, 0, at=MONTH - timedelta(seconds=1), model="claude-a", output=million)
    anthropic.spend(other, 0, at=NOW, model="claude-a", output=million)

    usage = switch(anthropic).spent(key("anthropic", batch.id), MONTH, NOW)

    assert usage.by_path == pytest.approx({"claude-a": 3.0 + 15.0 + 1.5, "claude-b": 0.3 + 3.75})
    assert usage.dollars == pytest.approx(23.55)
    assert usage.unpriced == ("brand-new",)


def test_usage_is_asked_for_in_buckets_that_fit_the_span(anthropic: FakeAnthropic) -> None:
    """https://platform.claude.com/docs/en/api/admin/usage_report/retrieve_messages"""
    batch = anthropic.add_key()
    switch(anthropic).spent(key("anthropic", batch.id), MONTH, NOW)
    wanted = [("api_key_ids[]", batch.id), ("group_by[]", "model"), ("group_by[]", "service_tier")]
    assert [one.query for one in anthropic.requests] == [
        [*_span("2026-03-01T00:00:00Z", "2026-03-11T00:00:00Z", "1d"), *wanted, ("limit", "31")],
        [*_span("2026-03-11T00:00:00Z", "2026-03-11T14:00:00Z", "1h"), *wanted, ("limit", "168")],
        [*_span("2026-03-11T14:00:00Z", "2026-03-11T14:31:00Z", "1m"), *wanted, ("limit", "1440")],
    ]
    assert {one.path for one in anthropic.requests} == {"/v1/organizations/usage_report/messages"}


def test_a_long_span_takes_several_pages(anthropic: FakeAnthropic) -> None:
    batch = anthropic.add_key()
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(69):
        anthropic.spend(batch, 0, at=start + timedelta(days=day), model="claude-a", input=1_000_000, output=0)
    until = datetime(2026, 3, 11, tzinfo=UTC)
    assert switch(anthropic).spent(key("anthropic", batch.id), start, until).dollars == pytest.approx(69 * 3.0)
    assert [dict(one.query).get("page") for one in anthropic.requests] == [None, "page_31", "page_62"]


@pytest.mark.parametrize(
    ("since", "until", "widths"),
    [
        (MONTH, MONTH, []),
        (MONTH, MONTH + timedelta(days=1), ["1d"]),
        (MONTH, MONTH + timedelta(seconds=1), ["1m"]),
        (MONTH + timedelta(minutes=59), MONTH + timedelta(hours=1), ["1m"]),
        (
            MONTH + timedelta(hours=5, minutes=30),
            MONTH + timedelta(days=3, hours=2, minutes=1),
            ["1m", "1h", "1d", "1h", "1m"],
        ),
    ],
)
def test_a_span_is_covered_once_and_whole(since: datetime, until: datetime, widths: list[str]) -> None:
    found = pieces(since, until)
    assert [width for width, _, _ in found] == widths
    ends = [end for _, _, end in found]
    assert [start for _, start, _ in found[1:]] == ends[:-1]
    assert not found or found[0][1] == since
    assert not found or until <= ends[-1] < until + timedelta(minutes=1)


def _span(start: str, end: str, width: str) -> list[tuple[str, str]]:
    return [("starting_at", start), ("ending_at", end), ("bucket_width", width)]

"""Virtual keys of a LiteLLM proxy.

Source: https://docs.litellm.ai/docs/proxy/virtual_keys and openapi/litellm.yaml
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.llm_keys.providers.litellm import LiteLlm
from functions.llm_keys.providers.provider import (
    Credential,
    ListsCredentials,
    NoSuchKey,
    Probes,
    ProviderFailed,
    ReportsUsage,
)
from local.llm_providers import call_model
from local.llm_providers.exchanges import Reply
from local.llm_providers.faults import Fault
from local.llm_providers.litellm import FakeLiteLlm
from tests.unit.llm_keys.providers.desk import ACCOUNT, NOW, Desk, key


def switch(fake: FakeLiteLlm) -> LiteLlm:
    return LiteLlm(Desk(fake).api_of)


def test_a_key_is_blocked_by_its_hash_and_the_same_secret_works_again(litellm: FakeLiteLlm) -> None:
    batch = litellm.add_key()
    provider, mine = switch(litellm), key("litellm", batch.id)
    before = provider.read(mine)
    assert before == {"blocked": False}
    provider.write(mine, provider.stopped(mine, before))
    assert provider.read(mine) == {"blocked": True}
    assert provider.stopped(mine, {"blocked": True}) == {"blocked": True}
    assert call_model(litellm, batch) == 401
    provider.write(mine, before)
    assert call_model(litellm, batch) == 200
    changes = [
        (one.method, one.path, one.body) for one in litellm.requests if one.method == "POST" and one.by == "admin"
    ]
    assert changes == [("POST", "/key/block", {"key": batch.id}), ("POST", "/key/unblock", {"key": batch.id})]
    assert litellm.requests[0].query == [("key", batch.id)]


def test_a_proxy_that_hashes_the_hash_again_has_blocked_nothing(litellm: FakeLiteLlm) -> None:
    """BerriAI/litellm#13136."""
    batch = litellm.add_key()
    litellm.hashes_twice = True
    with pytest.raises(NoSuchKey, match="does not say that it found the key"):
        switch(litellm).write(key("litellm", batch.id), {"blocked": True})
    assert call_model(litellm, batch) == 200


def test_a_key_that_is_not_there_is_an_error(litellm: FakeLiteLlm) -> None:
    mine = key("litellm", "0" * 64)
    with pytest.raises(NoSuchKey):
        switch(litellm).read(mine)
    with pytest.raises(NoSuchKey):
        switch(litellm).write(mine, {"blocked": True})


def test_a_deleted_key_that_the_proxy_still_tells_of_is_not_there(litellm: FakeLiteLlm) -> None:
    batch = litellm.add_key()
    info = {"blocked": None, "status": "deleted", "deleted_at": "2026-03-01T00:00:00Z"}
    litellm.fault(Fault(reply=Reply(200, {"key": batch.id, "info": info})))
    with pytest.raises(NoSuchKey, match="deleted"):
        switch(litellm).read(key("litellm", batch.id))


def test_an_answer_about_another_key_is_no_success(litellm: FakeLiteLlm) -> None:
    batch = litellm.add_key()
    litellm.fault(Fault(reply=Reply(200, {"token": "1" * 64, "blocked": True})), method="POST")
    with pytest.raises(NoSuchKey):
        switch(litellm).write(key("litellm", batch.id), {"blocked": True})
    litellm.fault(Fault(reply=Reply(200, {"token": batch.id, "blocked": False})), method="POST")
    with pytest.raises(ProviderFailed, match="left the key unblocked"):
        switch(litellm).write(key("litellm", batch.id), {"blocked": True})


def test_it_lists_every_key_that_is_not_blocked(litellm: FakeLiteLlm) -> None:
    for number in range(103):
        litellm.add_key(f"key {number}")
    first = next(iter(litellm.keys.values()))
    first.status = "blocked"
    listed = switch(litellm).credentials(ACCOUNT)
    assert len(listed) == 102
    assert listed[-1] == Credential("litellm", list(litellm.keys)[-1], "key 102")
    assert [dict(one.query)["page"] for one in litellm.requests] == ["1", "2"]


def test_an_empty_proxy_has_no_keys(litellm: FakeLiteLlm) -> None:
    assert switch(litellm).credentials(ACCOUNT) == []


def test_what_was_spent_is_summed_over_days_and_pages(litellm: FakeLiteLlm) -> None:
    batch, other = litellm.add_key(), litellm.add_key("other")
    start = datetime(2023, 1, 1, tzinfo=UTC)
    for day in range(1001):
        litellm.spend(batch, 0.5, at=start + timedelta(days=day), model="gpt-4o")
    litellm.spend(batch, 2.0, at=start, model="claude")
    litellm.spend(batch, 99.0, at=start - timedelta(days=1))
    litellm.spend(other, 99.0, at=start)
    usage = switch(litellm).spent(key("litellm", batch.id), start, NOW)
    assert usage.dollars == pytest.approx(502.5)
    assert usage.by_path == pytest.approx({"gpt-4o": 500.5, "claude": 2.0})
    assert [one.query for one in litellm.requests] == [
        [("start_date", "2023-01-01"), ("end_date", "2026-03-11"), ("api_key", batch.id), ("page_size", "1000"), page]
        for page in (("page", "1"), ("page", "2"))
    ]


def test_a_probe_shows_a_key_that_another_pod_still_serves(litellm: FakeLiteLlm) -> None:
    """Field report F24."""
    batch = litellm.add_key()
    provider, mine = switch(litellm), key("litellm", batch.id)
    provider.write(mine, {"blocked": True})
    litellm.stale_calls = 1
    assert provider.works(mine, batch.secret)
    assert not provider.works(mine, batch.secret)


def test_it_does_all_that_a_provider_can() -> None:
    provider = LiteLlm(lambda _: pytest.fail("not called"))
    assert isinstance(provider, ReportsUsage)
    assert isinstance(provider, ListsCredentials)
    assert isinstance(provider, Probes)
    assert provider.bill(key("litellm", "0" * 64)) == f"litellm/acme/{'0' * 64}"

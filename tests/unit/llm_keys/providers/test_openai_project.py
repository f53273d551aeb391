"""OpenAI projects, by rate limits and by spend limit.

Source: https://developers.openai.com/api/reference/resources/admin and openapi/openai.yaml
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from functions.llm_keys.keys import Key
from functions.llm_keys.providers.openai_project import OpenAiProject
from functions.llm_keys.providers.provider import (
    ListsCredentials,
    NoSuchKey,
    Probes,
    ProviderFailed,
    ReportsUsage,
    Values,
)
from local.llm_providers import call_model
from local.llm_providers.faults import fails
from local.llm_providers.openai import FakeOpenAi
from local.llm_providers.openai_projects import FakeProject
from tests.unit.llm_keys.providers.desk import NOW, Desk, key

TEXT = {
    "max_requests_per_1_minute": 500,
    "max_tokens_per_1_minute": 200_000,
    "max_requests_per_1_day": 10_000,
    "batch_1_day_max_input_tokens": 2_000_000,
}
IMAGES = {"max_requests_per_1_minute": 500, "max_tokens_per_1_minute": 200_000, "max_images_per_1_minute": 5}


def switch(fake: FakeOpenAi) -> OpenAiProject:
    return OpenAiProject(Desk(fake).api_of)


def by_rate_limits(project: FakeProject) -> Key:
    return key("openai_project", project.id)


def by_spend_limit(project: FakeProject) -> Key:
    return key("openai_project", project.id, switch="spend_limit")


def test_rate_limits_go_down_to_one_and_come_back_as_they_were(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch = openai.add_key(project)
    provider, mine = switch(openai), by_rate_limits(project)
    assert call_model(openai, batch) == 200

    before = provider.read(mine)
    assert before == {"rl-gpt-4o-mini": TEXT, "rl-gpt-image-1": IMAGES}
    provider.write(mine, provider.stopped(mine, before))

    now = provider.read(mine)
    assert now == provider.stopped(mine, now)
    assert now["rl-gpt-image-1"] == dict.fromkeys(IMAGES, 1)
    assert call_model(openai, batch) == 429
    provider.write(mine, before)
    assert provider.read(mine) == before
    assert call_model(openai, batch) == 200


def test_only_rate_limits_that_differ_are_written(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    provider, mine = switch(openai), by_rate_limits(project)
    before = provider.read(mine)
    openai.requests.clear()
    provider.write(mine, {**before, "rl-gpt-image-1": dict.fromkeys(IMAGES, 1)})
    asked, written = openai.requests
    assert (asked.method, asked.path) == ("GET", f"/v1/organization/projects/{project.id}/rate_limits")
    assert asked.query == [("limit", "100")]
    assert (written.method, written.path) == ("POST", f"{asked.path}/rl-gpt-image-1")
    assert written.body == dict.fromkeys(IMAGES, 1)


def test_many_rate_limits_take_several_pages_and_are_written_at_the_same_time(openai: FakeOpenAi) -> None:
    project = openai.add_project(models=tuple(f"model-{number}" for number in range(120)))
    provider, mine = switch(openai), by_rate_limits(project)
    before = provider.read(mine)
    assert len(before) == 120
    assert openai.requests[-1].query == [("limit", "100"), ("after", "rl-model-99")]
    provider.write(mine, provider.stopped(mine, before))
    assert provider.read(mine) == provider.stopped(mine, before)


def test_all_rate_limits_are_tried_even_if_one_fails(openai: FakeOpenAi) -> None:
    project = openai.add_project(models=("model-a", "model-b", "model-c"))
    provider, mine = switch(openai), by_rate_limits(project)
    lowered = provider.stopped(mine, provider.read(mine))
    openai.fault(fails(400), method="POST", path="rl-model-b")
    with pytest.raises(
        ProviderFailed, match="1 of 3 rate limits were not written, the first for: acme: POST"
    ) as raised:
        provider.write(mine, lowered)
    assert not raised.value.certain
    assert provider.read(mine)["rl-model-a"] == lowered["rl-model-a"]
    assert provider.read(mine)["rl-model-c"] == lowered["rl-model-c"]


def test_a_model_that_is_gone_does_not_hold_up_the_others(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    provider, mine = switch(openai), by_rate_limits(project)
    before = provider.read(mine)
    del project.rate_limits["rl-gpt-image-1"]
    provider.write(mine, provider.stopped(mine, before))
    assert call_model(openai, openai.add_key(project)) == 429


def test_a_project_without_rate_limits_is_no_stopped_project(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    before = switch(openai).read(by_rate_limits(project))
    project.rate_limits.clear()
    with pytest.raises(NoSuchKey, match="has no rate limits"):
        switch(openai).read(by_rate_limits(project))
    with pytest.raises(NoSuchKey, match="has no rate limits"):
        switch(openai).write(by_rate_limits(project), before)


def test_a_limit_of_nothing_is_not_raised_to_one() -> None:
    provider = OpenAiProject(lambda _: pytest.fail("pure"))
    values: Values = {"rl-a": {"max_requests_per_1_minute": 0, "max_tokens_per_1_minute": 1}}
    assert provider.stopped(key("openai_project", "proj_fake1"), values) == values


def test_the_spend_limit_goes_down_to_a_cent_and_comes_back(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    project.spend_limit_cents = 50_000
    batch = openai.add_key(project)
    openai.spend(batch, 12.0)
    provider, mine = switch(openai), by_spend_limit(project)

    before = provider.read(mine)
    assert before == {"threshold_cents": 50_000}
    openai.requests.clear()
    provider.write(mine, provider.stopped(mine, before))

    (asked,) = openai.requests
    assert (asked.method, asked.path) == ("POST", f"/v1/organization/projects/{project.id}/spend_limit")
    assert asked.body == {"threshold_amount": 1, "currency": "USD", "interval": "month"}
    assert provider.read(mine) == provider.stopped(mine, before)
    assert call_model(openai, batch) == 429
    provider.write(mine, before)
    assert call_model(openai, batch) == 200


def test_where_there_was_no_spend_limit_there_is_none_again(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    provider, mine = switch(openai), by_spend_limit(project)
    before = provider.read(mine)
    assert before == {"threshold_cents": None}
    provider.write(mine, provider.stopped(mine, before))
    assert provider.read(mine) == {"threshold_cents": 1}
    provider.write(mine, before)
    provider.write(mine, before)
    assert provider.read(mine) == before


@pytest.mark.parametrize("chosen", [by_rate_limits, by_spend_limit])
def test_a_project_that_is_not_there_is_an_error(openai: FakeOpenAi, chosen: object) -> None:
    mine = chosen(FakeProject("proj_gone", "gone"))  # type: ignore[operator]
    provider = switch(openai)
    with pytest.raises(NoSuchKey):
        provider.read(mine)
    for cents in (1, None):
        with pytest.raises(NoSuchKey):
            provider.write(mine, {"threshold_cents": cents})


def test_costs_are_asked_for_in_whole_days_and_summed_over_pages(openai: FakeOpenAi) -> None:
    """https://developers.openai.com/api/reference/resources/admin (costs)"""
    project, other = openai.add_project(), openai.add_project("other")
    batch = openai.add_key(project)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for day in range(70):
        openai.spend(batch, 1.5, at=start + timedelta(days=day), model="gpt-4o-mini")
    openai.spend(batch, 4.0, at=NOW, model="gpt-image-1")
    openai.spend(batch, 99.0, at=start - timedelta(seconds=1))
    openai.spend(openai.add_key(other), 99.0, at=NOW)

    usage = switch(openai).spent(by_rate_limits(project), start, NOW)

    assert usage.dollars == pytest.approx(70 * 1.5 + 4.0)
    assert usage.by_path == pytest.approx({"gpt-4o-mini": 105.0, "gpt-image-1": 4.0})
    (asked,) = openai.requests
    assert (asked.method, asked.path) == ("GET", "/v1/organization/costs")
    assert asked.query == [
        ("start_time", str(int(start.timestamp()))),
        ("end_time", str(int(NOW.timestamp()) + 1)),
        ("bucket_width", "1d"),
        ("project_ids", project.id),
        ("group_by", "line_item"),
        ("limit", "180"),
    ]


def test_a_year_of_costs_takes_several_pages(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch = openai.add_key(project)
    start = datetime(2025, 1, 1, tzinfo=UTC)
    for day in range(365):
        openai.spend(batch, 1.0, at=start + timedelta(days=day))
    assert switch(openai).spent(by_rate_limits(project), start, datetime(2026, 1, 1, tzinfo=UTC)).dollars == 365.0
    assert [dict(one.query).get("page") for one in openai.requests] == [None, "page_180", "page_360"]


def test_it_can_tell_usage_but_neither_list_nor_probe() -> None:
    provider = OpenAiProject(lambda _: pytest.fail("not called"))
    assert isinstance(provider, ReportsUsage)
    assert not isinstance(provider, ListsCredentials)
    assert not isinstance(provider, Probes)
    assert provider.bill(key("openai_project", "proj_fake1")) == "openai/acme/proj_fake1"

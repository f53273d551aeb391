"""API keys of OpenAI projects, which are deleted for good.

Source: https://developers.openai.com/api/reference/resources/admin and openapi/openai.yaml
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from functions.llm_keys.providers.openai_key import OpenAiKey
from functions.llm_keys.providers.provider import (
    Credential,
    ListsCredentials,
    NoSuchKey,
    Probes,
    ProviderFailed,
    ReportsUsage,
    added_up,
)
from local.llm_providers import call_model
from local.llm_providers.faults import DIES_AFTERWARDS, fails
from local.llm_providers.openai import FakeOpenAi
from tests.unit.llm_keys.providers.desk import ACCOUNT, NOW, Desk, key


def switch(fake: FakeOpenAi) -> OpenAiKey:
    return OpenAiKey(Desk(fake).api_of)


def test_a_key_is_deleted_and_read_back_as_gone(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch = openai.add_key(project)
    provider, mine = switch(openai), key("openai_key", batch.id, project=project.id)
    before = provider.read(mine)
    assert before == {"exists": True}
    openai.requests.clear()
    provider.write(mine, provider.stopped(mine, before))
    (asked,) = openai.requests
    assert (asked.method, asked.path) == ("DELETE", f"/v1/organization/projects/{project.id}/api_keys/{batch.id}")
    assert asked.body is None
    assert provider.read(mine) == {"exists": False}
    assert call_model(openai, batch) == 401


def test_nothing_brings_it_back(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch = openai.add_key(project)
    provider, mine = switch(openai), key("openai_key", batch.id, project=project.id)
    provider.write(mine, {"exists": True})
    assert call_model(openai, batch) == 200
    provider.write(mine, {"exists": False})
    with pytest.raises(ProviderFailed, match="a deleted key does not come back") as raised:
        provider.write(mine, {"exists": True})
    assert raised.value.certain


def test_a_key_that_was_never_there_reads_as_gone_but_its_project_must_be_there(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    assert switch(openai).read(key("openai_key", "key_never", project=project.id)) == {"exists": False}
    nowhere = key("openai_key", "key_never", project="proj_nowhere")
    with pytest.raises(NoSuchKey, match="proj_nowhere"):
        switch(openai).read(nowhere)
    with pytest.raises(NoSuchKey, match="proj_nowhere"):
        switch(openai).write(nowhere, {"exists": False})


def test_a_delete_that_lost_its_answer_is_found_done_by_the_next_try(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch = openai.add_key(project)
    openai.fault(DIES_AFTERWARDS, method="DELETE")
    switch(openai).write(key("openai_key", batch.id, project=project.id), {"exists": False})
    assert openai.keys == {}


def test_a_key_of_a_service_account_that_openai_does_not_delete_is_an_error(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch = openai.add_key(project)
    openai.fault(fails(400), method="DELETE")
    with pytest.raises(ProviderFailed, match="400 api_error") as raised:
        switch(openai).write(key("openai_key", batch.id, project=project.id), {"exists": False})
    assert raised.value.certain


def test_it_lists_the_keys_of_all_projects(openai: FakeOpenAi) -> None:
    research, support = openai.add_project("research"), openai.add_project("support")
    openai.add_key(research, "batch")
    for number in range(101):
        openai.add_key(support, f"bot {number}")
    listed = switch(openai).credentials(ACCOUNT)
    assert len(listed) == 102
    assert listed[0] == Credential("openai_key", "key_fake1", "batch", "project research", research.id)
    assert listed[-1].note == "project support"
    lists = [one for one in openai.requests if one.path.endswith("/api_keys")]
    assert lists[-1].query == [("limit", "100"), ("owner_project_access", "any"), ("after", "key_fake101")]


def test_its_costs_are_its_own(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch, bot = openai.add_key(project), openai.add_key(project, "bot")
    openai.spend(batch, 3.0, at=NOW)
    openai.spend(bot, 40.0, at=NOW)
    mine = key("openai_key", batch.id, project=project.id)
    assert switch(openai).spent(mine, NOW - timedelta(days=3), NOW).dollars == 3.0
    assert ("api_key_ids", batch.id) in openai.requests[0].query


def test_a_key_is_not_added_up_beside_its_project() -> None:
    provider = OpenAiKey(lambda _: pytest.fail("not called"))
    bill = provider.bill(key("openai_key", "key_fake1", project="proj_fake1"))
    assert bill == "openai/acme/proj_fake1/key_fake1"
    assert added_up([bill, "openai/acme/proj_fake1", "openai/acme/proj_fake11", bill]) == [
        "openai/acme/proj_fake1",
        "openai/acme/proj_fake11",
    ]
    assert added_up([bill, bill]) == [bill]


def test_a_probe_shows_whether_a_key_is_still_taken(openai: FakeOpenAi) -> None:
    project = openai.add_project()
    batch = openai.add_key(project)
    provider, mine = switch(openai), key("openai_key", batch.id, project=project.id)
    assert provider.works(mine, batch.secret)
    openai.keys.clear()
    assert not provider.works(mine, batch.secret)


def test_it_does_all_that_a_provider_can() -> None:
    provider = OpenAiKey(lambda _: pytest.fail("not called"))
    assert isinstance(provider, ReportsUsage)
    assert isinstance(provider, ListsCredentials)
    assert isinstance(provider, Probes)

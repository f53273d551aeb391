"""The fake LLM providers themselves."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection, RemoteDisconnected
from typing import Any

import pytest

from local.llm_providers import FakeProvider, FakeProviders, call_model
from local.llm_providers.faults import DIES, DIES_AFTERWARDS, HANGS, fails, limits, slow

NOW = datetime(2026, 3, 11, 14, 30, tzinfo=UTC)


@pytest.fixture
def fakes() -> Iterator[FakeProviders]:
    with FakeProviders(clock=lambda: NOW) as all_four:
        yield all_four


def ask(fake: FakeProvider, method: str, path: str, body: Any = None, secret: str | None = None) -> tuple[int, Any]:
    connection = HTTPConnection(fake.url.removeprefix("http://"), timeout=5)
    try:
        headers = fake.signed(fake.admin_key if secret is None else secret)
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")
    finally:
        connection.close()


PATHS = {
    "anthropic": "/v1/organizations/api_keys",
    "openai": "/v1/organization/projects",
    "openrouter": "/api/v1/keys",
    "litellm": "/key/list",
}


@pytest.mark.parametrize("name", PATHS)
def test_each_takes_its_admin_key_and_no_other(fakes: FakeProviders, name: str) -> None:
    fake = getattr(fakes, name)
    assert ask(fake, "GET", PATHS[name])[0] == 200
    for wrong in ("", "fake-wrong-key"):
        assert ask(fake, "GET", PATHS[name], secret=wrong)[0] == 401
    assert ask(fake, "PUT", PATHS[name])[0] == 405
    assert ask(fake, "GET", "/nowhere")[0] == 404
    assert [one.by for one in fake.requests] == ["admin", "", "", "admin", "admin"]


@pytest.mark.parametrize(
    ("name", "method", "path", "body", "status"),
    [
        ("anthropic", "POST", "/v1/organizations/api_keys/apikey_fake00000001", {"status": "off"}, 400),
        ("anthropic", "POST", "/v1/organizations/api_keys/apikey_fake00000001", {"state": "inactive"}, 400),
        ("anthropic", "GET", "/v1/organizations/usage_report/messages?bucket_width=1d", None, 400),
        ("anthropic", "POST", "/v1/organizations/api_keys/apikey_gone", {"status": "inactive"}, 404),
        ("openai", "POST", "/v1/organization/projects/proj_fake1/spend_limit", {"threshold_amount": 0}, 400),
        ("openai", "POST", "/v1/organization/projects/proj_fake1/rate_limits/rl-gpt-4o-mini", {"max": 1}, 400),
        ("openai", "GET", "/v1/organization/projects/proj_fake1/spend_limit", None, 404),
        ("openai", "GET", "/v1/organization/costs", None, 400),
        ("openrouter", "PATCH", "/api/v1/keys/HASH", {"disabled": "yes"}, 400),
        ("litellm", "POST", "/key/block", {}, 422),
        ("litellm", "POST", "/key/block", {"key": "no hash"}, 400),
    ],
)
def test_what_the_api_would_refuse_is_refused(
    fakes: FakeProviders, name: str, method: str, path: str, body: Any, status: int
) -> None:
    fakes.anthropic.add_key()
    fakes.openai.add_project()
    path = path.replace("HASH", fakes.openrouter.add_key().id)
    assert ask(getattr(fakes, name), method, path, body)[0] == status


def test_an_archived_anthropic_key_stays_archived(fakes: FakeProviders) -> None:
    path = f"/v1/organizations/api_keys/{fakes.anthropic.add_key().id}"
    assert ask(fakes.anthropic, "POST", path, {"status": "archived"})[0] == 200
    assert ask(fakes.anthropic, "POST", path, {"status": "active"})[0] == 400


def test_a_call_of_a_model_costs_something_until_the_key_is_stopped(fakes: FakeProviders) -> None:
    project = fakes.openai.add_project()
    used = [
        (fakes.anthropic, fakes.anthropic.add_key()),
        (fakes.openai, fakes.openai.add_key(project)),
        (fakes.openrouter, fakes.openrouter.add_key()),
        (fakes.litellm, fakes.litellm.add_key()),
    ]
    for fake, key in used:
        assert call_model(fake, key) == 200
        key.status = "inactive"
        assert call_model(fake, key) == 401
        assert [(one.key, one.dollars, one.at) for one in fake.spent] == [(key.id, 0.25, NOW)]


def test_a_project_of_openai_refuses_calls_over_its_limits(fakes: FakeProviders) -> None:
    project = fakes.openai.add_project()
    key = fakes.openai.add_key(project)
    project.rate_limits["rl-gpt-4o-mini"]["max_requests_per_1_minute"] = 2
    assert [call_model(fakes.openai, key) for _ in range(3)] == [200, 200, 429]
    assert call_model(fakes.openai, key, model="gpt-4o") == 200
    project.spend_limit_cents = 75
    assert call_model(fakes.openai, key, model="gpt-4o") == 429


def test_faults_come_in_order_and_end(fakes: FakeProviders) -> None:
    fake = fakes.litellm
    fake.fault(limits(7), times=2)
    fake.fault(fails(503), path="/key/list")
    assert [ask(fake, "GET", "/key/list")[0] for _ in range(4)] == [429, 429, 503, 200]
    fake.fault(fails(500), times=None, method="POST")
    assert ask(fake, "GET", "/key/list")[0] == 200
    assert ask(fake, "POST", "/key/block", {})[0] == 500
    fake.heal()
    assert ask(fake, "POST", "/key/block", {})[0] == 422
    assert [one.genuine for one in fake.requests] == [False, False, False, True, True, False, True]


def test_a_connection_dies_before_or_after_the_change(fakes: FakeProviders) -> None:
    key = fakes.anthropic.add_key()
    path = f"/v1/organizations/api_keys/{key.id}"
    for fault, then in ((DIES, "active"), (DIES_AFTERWARDS, "inactive")):
        fakes.anthropic.fault(fault)
        with pytest.raises((RemoteDisconnected, ConnectionResetError)):
            ask(fakes.anthropic, "POST", path, {"status": "inactive"})
        assert key.status == then


def test_a_request_that_hangs_ends_with_the_fake() -> None:
    with FakeProviders() as fakes:
        fakes.openrouter.fault(HANGS)
        connection = HTTPConnection(fakes.openrouter.url.removeprefix("http://"), timeout=0.05)
        connection.request("GET", "/api/v1/keys")
        with pytest.raises(TimeoutError):
            connection.getresponse()
        connection.close()


def test_latency_is_of_every_answer_and_does_not_add_up() -> None:
    with FakeProviders(latency=0.05) as fakes:
        fakes.anthropic.fault(slow(0.05))
        start = time.monotonic()
        assert ask(fakes.anthropic, "GET", PATHS["anthropic"])[0] == 200
        assert time.monotonic() - start >= 0.1
    (one,) = fakes.requests
    assert one.answered - one.at >= 0.1


def test_what_arrived_is_kept_without_the_keys_that_came_with_it(fakes: FakeProviders) -> None:
    ask(fakes.anthropic, "GET", PATHS["anthropic"])
    ask(fakes.litellm, "GET", PATHS["litellm"])
    assert [one.path for one in fakes.requests] == [PATHS["anthropic"], PATHS["litellm"]]
    assert not [secret for secret in fakes.secrets if secret in repr(fakes.requests)]

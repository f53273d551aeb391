"""No key, the admin's or another, gets into an error, a log line, a traceback or a repr, whatever is answered."""

from __future__ import annotations

import logging
import traceback
from typing import Any

import pytest

from functions.llm_keys.kinds import KeyKind
from functions.llm_keys.providers.provider import ProviderFailed
from functions.llm_keys.providers.tries import Limits, Request
from local.llm_providers import FakeProviders
from local.llm_providers.exchanges import Reply
from local.llm_providers.faults import DIES, GARBLED, HANGS, Fault, fails, limits, redirects
from tests.unit.llm_keys.providers.desk import ACCOUNT, NOW, SWITCHES, Desk, key

HASTY = Limits(read=0.05, tries=2)


def echoes(secrets: list[str]) -> list[Fault]:
    """A provider that puts what it was sent into its answers, as some do with a part of a wrong key."""
    said = " ".join(secrets)
    bodies: list[Any] = [
        {"error": {"type": said, "code": said, "message": said}},
        {"error": {"type": secrets[0], "code": secrets[0], "message": f"Incorrect API key provided: {said}"}},
        {"error": said},
        {"detail": said},
        said,
    ]
    return [
        Fault(reply=Reply(status, body, {"x-echo": said, "location": f"http://127.0.0.1:9/?key={secrets[0]}"}))
        for body in bodies
        for status in (200, 307, 400, 401, 403, 404, 429, 500)
    ]


@pytest.mark.parametrize("kind", SWITCHES)
def test_nothing_that_a_person_may_see_holds_a_key(kind: KeyKind, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with FakeProviders(clock=lambda: NOW) as fakes:
        project = fakes.openai.add_project()
        fakes.openai.add_key(project)
        fakes.anthropic.add_key()
        fakes.openrouter.add_key()
        fakes.litellm.add_key()
        fake = next(one for one in fakes.all if kind.startswith(one.name))
        used = next(iter(fake.keys.values()))
        more = {"project": project.id} if kind == "openai_key" else {}
        mine = key(kind, project.id if kind == "openai_project" else used.id, **more)
        seen: list[str] = []
        faults = [
            *echoes(fakes.secrets),
            fails(500),
            limits(99),
            redirects("http://127.0.0.1:9/"),
            GARBLED,
            DIES,
            HANGS,
        ]
        for fault in (Fault(), *faults):
            desk = Desk(fake, HASTY)
            provider: Any = SWITCHES[kind](desk)
            fake.fault(fault, times=None)
            tries = [
                lambda provider=provider: provider.read(mine),
                lambda provider=provider: provider.write(mine, provider.stopped(mine, provider.read(mine))),
                lambda provider=provider: provider.spent(mine, NOW.replace(day=1), NOW),
            ]
            if hasattr(provider, "credentials"):
                tries.append(lambda provider=provider: provider.credentials(ACCOUNT))
            if hasattr(provider, "works"):
                tries.append(lambda provider=provider: provider.works(mine, used.secret))
            for one in tries:
                seen += [repr(provider), repr(desk.api), outcome(one)]
            fake.heal()
        seen += [caplog.text, repr(fake.requests), repr(fake.keys), repr(fakes.requests)]
        assert len(seen) > 300
        for secret in fakes.secrets:
            assert not [text for text in seen if secret in text]


def test_a_request_does_not_show_its_headers() -> None:
    shown = repr(Request(method="GET", url="https://example.com", headers={"x-api-key": "fake-key"}))
    assert "fake-key" not in shown


def outcome(one: Any) -> str:
    """What is shown of a call: its result, or its error with the whole traceback."""
    try:
        return repr(one())
    except ProviderFailed as error:
        return "".join(traceback.format_exception(error)) + repr(error)

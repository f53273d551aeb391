"""The fake providers; whatever a test asks of them has to be as the provider's API is published."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from local.llm_providers.anthropic import FakeAnthropic
from local.llm_providers.litellm import FakeLiteLlm
from local.llm_providers.openai import FakeOpenAi
from local.llm_providers.openrouter import FakeOpenRouter
from tests.unit.llm_keys.providers.described import problems
from tests.unit.llm_keys.providers.desk import NOW


@pytest.fixture
def anthropic() -> Iterator[FakeAnthropic]:
    with FakeAnthropic(clock=lambda: NOW) as fake:
        yield fake
    assert problems(fake) == []


@pytest.fixture
def openai() -> Iterator[FakeOpenAi]:
    with FakeOpenAi(clock=lambda: NOW) as fake:
        yield fake
    assert problems(fake) == []


@pytest.fixture
def openrouter() -> Iterator[FakeOpenRouter]:
    with FakeOpenRouter(clock=lambda: NOW) as fake:
        yield fake
    assert problems(fake) == []


@pytest.fixture
def litellm() -> Iterator[FakeLiteLlm]:
    with FakeLiteLlm(clock=lambda: NOW) as fake:
        yield fake
    assert problems(fake) == []

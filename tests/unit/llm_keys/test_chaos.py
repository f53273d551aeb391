"""Whatever happens, in any order: no stop is lost, no key comes back that is held, and all of it is told once."""

from __future__ import annotations

from hypothesis import settings as hypothesis_settings

from tests.unit.llm_keys.chaos import Chaos

Chaos.TestCase.settings = hypothesis_settings(
    derandomize=True, deadline=None, max_examples=40, stateful_step_count=30, database=None
)
TestChaos = Chaos.TestCase

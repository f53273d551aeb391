"""The policy of docs/examples/llm-keys.yaml, and a stack of llm_keys alone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from functions.core.guardrail import Guardrail
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.spec import SPEC
from functions.policy import load_policy
from functions.registry import GUARDRAILS
from tests.conftest import ROOT
from tests.lamps import LAMPS
from tests.stacks.conftest import Build
from tests.stacks.template import Template

EXAMPLE = ROOT / "docs" / "examples" / "llm-keys.yaml"
LLM: Guardrail[Any, Any] = replace(LAMPS, spec=SPEC)
"""As far as the stack sees it, a guardrail is its spec."""
WITH_LLM = (*(one for one in GUARDRAILS if one.name != SPEC.name), LLM)


def example() -> LlmKeysSettings:
    """Every kind of key, provider account and source."""
    settings = load_policy(EXAMPLE, (LLM,)).guardrails[SPEC.name]
    assert isinstance(settings, LlmKeysSettings)
    return settings


def stack_of(build: Build, settings: LlmKeysSettings) -> Template:
    """The template of a Fusebox whose only guardrail is llm_keys."""
    return build([LLM], settings={SPEC.name: settings})

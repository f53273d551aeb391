"""Templates to look at: the one of the default policy, and others made to measure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from functions.core.guardrail import Guardrail
from functions.core.spec import GuardrailSettings, GuardrailSpec
from functions.policy import Policy, load_policy
from functions.registry import GUARDRAILS
from stacks.synthesis import new_app, synthesise
from tests.stacks.template import Template

Build = Callable[..., Template]


@pytest.fixture(scope="session")
def template(assembly: Path) -> Template:
    return Template.load(assembly)


@pytest.fixture(params=GUARDRAILS, ids=lambda guardrail: guardrail.name)
def spec(request: pytest.FixtureRequest) -> GuardrailSpec:
    found: GuardrailSpec = request.param.spec
    return found


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(Path(__file__).parents[2] / "fusebox.yaml")


@pytest.fixture(scope="session")
def build(policy: Policy, tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Synthesises the policy with some of its values replaced, for other guardrails if given."""

    def build(
        guardrails: Sequence[Guardrail[Any, Any]] = GUARDRAILS,
        settings: Mapping[str, GuardrailSettings] | None = None,
        **changes: Any,
    ) -> Template:
        app = new_app(tmp_path_factory.mktemp("built"))
        changed = replace(policy, guardrails={**policy.guardrails, **(settings or {})}, **changes)
        return Template.load(synthesise(app, changed, guardrails))

    return build


def respecified(guardrail: Guardrail[Any, Any], **changes: Any) -> Guardrail[Any, Any]:
    """The same guardrail with a changed spec."""
    return replace(guardrail, spec=replace(guardrail.spec, **changes))

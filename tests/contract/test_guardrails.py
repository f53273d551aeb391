"""What every guardrail keeps, whatever it watches: modes, permissions, repeats, resumption."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from functions.core.spec import GuardrailSpec
from tests.aws_world import Context
from tests.contract.conftest import Stage
from tests.contract.test_events import CASES

StageOf = Callable[[Any], Stage]
SWEEP = {
    "fusebox": "sweep",
    "execution": "one",
    "started": "2026-11-02T12:00:00.000Z",
    "cursor": "",
    "report": None,
}


def granted(spec: GuardrailSpec) -> set[str]:
    return {action for one in spec.permissions if not one.dependent for action in one.actions}


def used(stage: Stage) -> set[str]:
    return {call for call in stage.clients.calls if not call.startswith(("dynamodb:", "sns:"))}


def test_the_calls_it_makes_are_the_permissions_it_declares(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")
    for one, file in CASES:
        case = json.loads(file.read_text())
        if one is guardrail and case["expect"] in ("act", "ask", "nothing"):
            function.handle(case["event"], Context())
    function.handle(SWEEP, Context())
    assert used(stage) == granted(guardrail.spec)


def test_observe_mode_writes_nothing(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    before = stage.world.state()
    function = stage.function("observe")
    answer = function.handle(SWEEP, Context())
    assert answer["done"]
    assert answer["report"]["counts"]["observed"] > 0
    for one, file in CASES:
        case = json.loads(file.read_text())
        if one is guardrail and case["expect"] in ("act", "ask", "nothing"):
            function.handle(case["event"], Context())
    assert stage.clients.writes == []
    assert stage.world.state() == before


def test_approve_mode_writes_nothing_and_asks(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    answer = stage.function("approve").handle(SWEEP, Context())
    assert answer["report"]["counts"]["needs_approval"] > 0
    assert stage.clients.writes == []


def test_a_second_sweep_does_nothing_and_says_nothing(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")
    function.handle(SWEEP, Context())
    writes, told = len(stage.clients.writes), stage.clients.calls.count("sns:Publish")
    assert writes > 0
    assert told == 1
    answer = function.handle({**SWEEP, "execution": "two"}, Context())
    assert not answer["report"]["new"]
    assert len(stage.clients.writes) == writes
    assert stage.clients.calls.count("sns:Publish") == told


def test_every_permission_has_a_reason_and_no_unexplained_star(guardrail: Any) -> None:
    for one in guardrail.spec.permissions:
        assert one.reason
        assert not any("*" in action for action in one.actions)
        assert "*" not in one.resources or "no resource" in one.reason


def test_every_setting_is_documented(guardrail: Any) -> None:
    from dataclasses import fields

    for field in fields(guardrail.spec.settings):
        assert field.metadata.get("doc"), field.name

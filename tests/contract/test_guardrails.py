"""What every guardrail keeps, whatever it watches: modes, permissions, repeats, resumption."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from datetime import timedelta
from typing import Any

import pytest

from functions.core import answers, ledger, requests, state
from functions.core.entry import Function
from functions.core.guardrail import Page
from functions.core.items import of_request
from functions.core.requests import Answer
from functions.core.spec import GuardrailSpec, Permission
from functions.core.types import ActionFailed, Refused, iso
from tests.aws_world import OWN, Context, function_of
from tests.contract.conftest import Stage
from tests.contract.test_events import CASES, LOOKING, came_of
from tests.contract.worlds import WORLDS, World

StageOf = Callable[[Any], Stage]
SWEEP = {
    "fusebox": "sweep",
    "execution": "one",
    "started": "2026-11-02T12:00:00.000Z",
    "cursor": "",
    "report": None,
}


def granted(spec: GuardrailSpec, world: World) -> list[Permission]:
    """What it is granted with the settings that the world tries, each option's included."""
    further = [world.further()] if world.further is not None else []
    tried = (world.settings("enforce"), *world.options, *further)
    return [one for settings in tried for one in spec.granted(settings)]


def declared(spec: GuardrailSpec, world: World) -> set[str]:
    return {action for one in granted(spec, world) if not one.dependent for action in one.actions}


def used(stage: Stage) -> set[str]:
    return set(stage.clients.calls) - OWN


def actions(stage: Stage, function: Function) -> list[list[str]]:
    """Resources and ids of what was done."""
    now = function.clock()
    since = ledger.entries_since(function.table, now - timedelta(hours=1), now)
    done = [one for one in since if one["kind"] == "outcome" and one["result"] == "done"]
    return [[str(one["resource"]), str(one["action_id"])] for one in done]


def test_the_calls_it_makes_are_the_permissions_it_declares(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")
    for one, file in CASES:
        case = json.loads(file.read_text())
        if one is guardrail and case["expect"] in LOOKING:
            function.handle(case["event"], Context())
    function.handle(SWEEP, Context())
    stage.world.release(function)
    function.handle({"fusebox": "undo", "actions": actions(stage, function), "by": "link holder"}, Context())
    stage.world.furnish()
    for number, settings in enumerate(stage.world.options):
        function_of(guardrail, settings, stage.clients).handle({**SWEEP, "execution": f"option {number}"}, Context())
    stage.world.beyond(guardrail, stage.clients)
    assert used(stage) - declared(guardrail.spec, stage.world) == set()
    assert declared(guardrail.spec, stage.world) - used(stage) == set()


def test_what_it_did_is_undone_by_its_own_function(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")
    before = stage.world.state()
    function.handle(SWEEP, Context())
    assert stage.world.state() != before
    stage.world.release(function)
    function.handle({"fusebox": "undo", "actions": actions(stage, function), "by": "link holder"}, Context())
    assert stage.world.state() == before


def test_what_a_person_approves_is_done_and_nothing_else(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("approve")
    (request,) = function.handle(SWEEP, Context())["report"]["requests"]
    asked = answers.ask(function.table, requests.existing(function.table, request), "token", "nonce", function.clock())
    assert asked is not None
    held = of_request(function.table, request)
    now = iso(function.clock())
    answer = Answer("ada", "iam", now, (held[0].id,), until=now)
    answers.approve(function.table, asked, answer, held)
    before = stage.world.state()
    assert function.handle({"fusebox": "act", "request": request}, Context())["done"]
    after = stage.world.state()
    assert [name for name in after if after[name] != before[name]] == [held[0].name]


@pytest.mark.parametrize("status", ["gathering", "asked"])
def test_it_acts_on_no_request_that_nobody_approved(guardrail: Any, stage_of: StageOf, status: str) -> None:
    stage = stage_of(guardrail)
    function = stage.function("approve")
    (request,) = function.handle(SWEEP, Context())["report"]["requests"]
    if status == "asked":
        answers.ask(function.table, requests.existing(function.table, request), "t", "n", function.clock())
    with pytest.raises(Refused, match="nothing to act on"):
        function.handle({"fusebox": "act", "request": request}, Context())
    assert stage.clients.writes == []


def test_observe_mode_writes_nothing(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    before = stage.world.state()
    function = stage.function("observe")
    answer = function.handle(SWEEP, Context())
    assert answer["done"]
    assert answer["report"]["counts"]["observed"] > 0
    for one, file in CASES:
        case = json.loads(file.read_text())
        if one is guardrail and case["expect"] in LOOKING:
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
    for one in granted(guardrail.spec, WORLDS[guardrail.name]):
        assert one.reason
        assert not any("*" in action for action in one.actions)
        assert "*" not in one.resources or "no resource" in one.reason


def test_every_setting_is_documented(guardrail: Any) -> None:
    for field in fields(guardrail.spec.settings):
        assert field.metadata.get("doc"), field.name


def acting_sample(guardrail: Any) -> dict[str, Any]:
    cases = (json.loads(file.read_text()) for one, file in CASES if one is guardrail)
    event: dict[str, Any] = next(case["event"] for case in cases if case["expect"] == "act")
    return event


def test_an_event_on_a_resource_whose_action_is_open_is_tried_again(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")

    def no_answer(facts: Any, action: Any) -> None:
        raise ActionFailed("read timed out", certain=False)

    function.account.act = no_answer
    with pytest.raises(ActionFailed):
        function.handle(acting_sample(guardrail), Context())
    if guardrail.spec.urgent:
        # Its next sweep comes before a third try would.
        assert came_of(function.handle(acting_sample(guardrail), Context()))["counts"]["in_flight"] == 1
        return
    with pytest.raises(ActionFailed):
        function.handle(acting_sample(guardrail), Context())


def test_a_sweep_that_breaks_off_tells_what_it_did_and_fails(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")
    pages = function.account.pages

    def one_page_then_trouble(cursor: str) -> Iterator[Any]:
        yield next(pages(cursor))
        raise ConnectionError("the network went away")

    def with_more(cursor: str) -> Iterator[Any]:
        for page in one_page_then_trouble(cursor):
            yield Page(page.facts, "more")

    function.account.pages = with_more
    with pytest.raises(ConnectionError):
        function.handle(SWEEP, Context())
    assert len(stage.clients.writes) > 0
    assert stage.clients.calls.count("sns:Publish") == 1


def test_a_sweep_goes_on_in_the_next_step_when_time_runs_low(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")
    account = function.account
    arns = [one.arn for page in account.pages("") for one in page.facts]

    def small_pages(cursor: str) -> Iterator[Any]:
        for position in range(int(cursor or 0), len(arns)):
            more = str(position + 1) if position + 1 < len(arns) else ""
            yield Page(list(account.read([arns[position]]).values()), more)

    function.account.pages = small_pages
    step, steps = dict(SWEEP), 0
    while True:
        answer = function.handle(step, Context(*[1_000] * 50))
        steps += 1
        if answer["done"]:
            break
        step |= {"cursor": answer["cursor"], "report": json.loads(json.dumps(answer["report"]))}
    assert steps == answer["report"]["seen"] > 1
    assert stage.clients.writes == [*stage.world.change] * answer["report"]["counts"]["done"]
    assert stage.clients.calls.count("sns:Publish") == 1


def test_a_sweep_beside_another_is_skipped_and_says_so(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    function = stage.function("enforce")
    state.acquire_lease(function.table, guardrail.name, "another", function.clock(), timedelta(minutes=20))
    answer = function.handle(SWEEP, Context())
    assert (answer["done"], "another" in answer["skipped"]) == (True, True)
    assert stage.clients.writes == []

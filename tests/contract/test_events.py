"""Every sample event of every guardrail: does its rule let it through, and what comes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.core.messages import is_from_topic
from functions.core.types import MalformedEvent, Refused
from functions.registry import GUARDRAILS
from local.patterns import matches
from tests.aws_world import OWN, ROLE, Context
from tests.contract.conftest import Stage

EVENTS = Path(__file__).parents[2] / "events"
CASES = [(one, file) for one in GUARDRAILS for file in sorted((EVENTS / one.name).glob("*.json"))]
BY_RULE = [(one, file) for one, file in CASES if not is_from_topic(json.loads(file.read_text())["event"])]
"""What EventBridge delivers; a topic has no rules, and its messages go to the function as they come."""
LOOKING = ("act", "ask", "report", "nothing")
"""What is expected of events that make the guardrail look at a resource."""
LOOKED_AT = [(one, file) for one, file in CASES if json.loads(file.read_text())["expect"] in LOOKING]


def _one_of_each() -> Iterator[tuple[Any, Path]]:
    """Of samples that are heard alike, the first: what is heard in each is for their readers' tests."""
    seen = set()
    for one, file in LOOKED_AT:
        case = json.loads(file.read_text())
        heard = (one.name, case["expect"], *sorted(case["hears"])) if "hears" in case else (one.name, file.stem)
        if heard not in seen:
            seen.add(heard)
            yield one, file


NOT_LOOKED_AT = [one for one in CASES if one not in LOOKED_AT]
COUNTED = {"act": {"done": 1}, "ask": {"needs_approval": 1}, "report": {"reported": 1}}
BESIDE = {"act": {"reported", "left"}, "ask": {"reported", "left"}, "report": {"left"}}
"""What may come of others that are looked at together with what a sample hears of: of the keys of a budget, say."""
StageOf = Callable[..., Stage]


def named(one: Any) -> str:
    """A guardrail or a file as a test's id."""
    return str(getattr(one, "stem", "") or one.name)


def came_of(answer: dict[str, Any]) -> dict[str, Any]:
    """What came of the one event, or of the one message of a topic."""
    (one,) = answer.get("messages", [answer])
    found: dict[str, Any] = one
    return found


def assert_counts(counts: dict[str, int], case: dict[str, Any]) -> None:
    """Whether what became of what was looked at is what a sample expects."""
    expect = case["expect"]
    if "hears" in case and expect == "nothing":
        assert counts.keys() == {"left"}
    elif "hears" in case:
        assert {what: count for what, count in counts.items() if what not in BESIDE[expect]} == COUNTED[expect]
    else:
        assert counts == COUNTED.get(expect, {"left": 1} if counts else {})


def test_every_guardrail_with_events_has_samples() -> None:
    assert {one.name for one in GUARDRAILS if one.spec.events} == {one.name for one, _ in CASES}


@pytest.mark.parametrize(("guardrail", "file"), BY_RULE, ids=named)
def test_the_rules_let_through_what_they_should(guardrail: Any, file: Path) -> None:
    case = json.loads(file.read_text())
    patterns = [trigger.pattern_for(ROLE) for trigger in guardrail.spec.events]
    assert any(matches(pattern, case["event"]) for pattern in patterns) is case["matches"]


@pytest.mark.parametrize(
    ("guardrail", "file"), list(_one_of_each()), ids=lambda one: getattr(one, "stem", getattr(one, "name", ""))
)
def test_what_comes_of_an_event_and_nothing_more_of_its_repeat(guardrail: Any, file: Path, stage_of: StageOf) -> None:
    case = json.loads(file.read_text())
    stage = stage_of(guardrail)
    before = stage.world.state()
    function, expect = stage.function("enforce"), case["expect"]
    answer = function.handle(case["event"], Context())
    assert_counts(came_of(answer)["counts"], case)
    after = stage.world.state()
    changed = sum(before[name] != now for name, now in after.items())
    assert changed == (1 if expect == "act" else 0)
    assert stage.clients.writes == [*stage.world.change] * changed
    function.handle(case["event"], Context())
    assert stage.world.state() == after
    assert stage.clients.writes == [*stage.world.change] * changed


def test_what_is_passed_over_or_raised_before_any_look(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail, furnished=False)
    handle = stage.function("enforce").handle
    for file in (file for one, file in NOT_LOOKED_AT if one is guardrail):
        case = json.loads(file.read_text())
        stage.clients.calls.clear()
        if case["expect"] == "failure":
            with pytest.raises((MalformedEvent, Refused)):
                handle(case["event"], Context())
        else:
            assert came_of(handle(case["event"], Context()))["skipped"], file.stem
        # Of a message that cannot be read somebody is told; the queue's alarm tells of an event.
        told = OWN if is_from_topic(case["event"]) else frozenset()
        assert set(stage.clients.calls) <= told, file.stem


@pytest.mark.parametrize("nonsense", [None, 7, "text", [], {}, {"Records": "no"}, {"detail": {}}, {"fusebox": "dance"}])
def test_nonsense_ends_as_a_failure_and_never_in_a_change(guardrail: Any, stage_of: StageOf, nonsense: object) -> None:
    stage = stage_of(guardrail, furnished=False)
    with pytest.raises(MalformedEvent):
        stage.function("enforce").handle(nonsense, Context())
    assert stage.clients.writes == []


def test_one_bad_message_of_a_batch_does_not_hold_up_the_others(guardrail: Any, stage_of: StageOf) -> None:
    stage = stage_of(guardrail)
    good = next(
        case["event"]
        for one, file in BY_RULE
        if one is guardrail and (case := json.loads(file.read_text()))["expect"] == "act"
    )
    records = [
        {"messageId": "bad", "body": "{", "attributes": {}, "messageAttributes": {}},
        {"messageId": "good", "body": json.dumps(good), "attributes": {}, "messageAttributes": {}},
    ]
    answer = stage.function("enforce").handle({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert stage.clients.writes == [*stage.world.change]

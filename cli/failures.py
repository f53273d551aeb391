"""Pure: what a message of the failure queue holds, and whom it is for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.core.events import Event, read_event
from functions.core.guardrail import Guardrail
from functions.core.messages import is_from_topic
from functions.core.types import MalformedEvent

FUNCTION_ARN_PARTS = 7
DEEPEST = 4
"""Envelopes within envelopes: a destination around a batch around an event is three."""


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """What one message holds: EventBridge events as they were sent, notices that Slack did not take, and undos and
    batches of a topic's messages with the name of the function that was to take them. `problems` says what in it is
    nothing of that.
    """

    events: tuple[Mapping[str, Any], ...] = ()
    problems: tuple[str, ...] = ()
    notices: tuple[Mapping[str, Any], ...] = ()
    undos: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    heard: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def __add__(self, other: Unwrapped) -> Unwrapped:
        return Unwrapped(
            self.events + other.events,
            self.problems + other.problems,
            self.notices + other.notices,
            self.undos + other.undos,
            self.heard + other.heard,
        )


def unwrap(body: str) -> Unwrapped:
    """The events in a message: bare, in a Lambda destination's envelope, or in a batch of SQS records."""
    try:
        found = _text(body, 0)
        json.dumps([found.events, found.notices, found.undos, found.heard])
    except RecursionError:
        return Unwrapped(problems=("is nested too deeply to be handed on",))
    return found


def takers(event: Mapping[str, Any], guardrails: Iterable[Guardrail[Any, Any]]) -> tuple[str, ...]:
    """The guardrails one of whose event patterns could match: by source, detail type and event name."""
    read = read_event(event)
    return tuple(
        one.name for one in guardrails if any(_could_match(trigger.pattern, read) for trigger in one.spec.events)
    )


def _text(text: str, depth: int) -> Unwrapped:
    try:
        payload = json.loads(text)
    except ValueError:
        return Unwrapped(problems=(f"is no JSON: {text!r:.60}",))
    return _payload(payload, depth)


def _payload(payload: Any, depth: int) -> Unwrapped:
    if depth > DEEPEST:
        return Unwrapped(problems=("holds envelopes in envelopes without end",))
    if not isinstance(payload, dict):
        return Unwrapped(problems=(f"is no JSON object: {payload!r:.60}",))
    if isinstance(payload.get("requestContext"), dict) and "requestPayload" in payload:
        sent = payload["requestPayload"]
        if isinstance(sent, dict) and sent.get("fusebox") == "undo":
            function = _function(payload["requestContext"])
            return (
                Unwrapped(undos=((function, sent),)) if function else Unwrapped(problems=("is an undo of no function",))
            )
        if is_from_topic(sent):
            function = _function(payload["requestContext"])
            return (
                Unwrapped(heard=((function, sent),)) if function else Unwrapped(problems=("was sent to no function",))
            )
        return _payload(sent, depth + 1)
    if payload.get("fusebox") == "notice":
        return Unwrapped(notices=(payload,))
    if isinstance(payload.get("Records"), list):
        return sum((_record(one, depth + 1) for one in payload["Records"]), Unwrapped())
    if payload.get("fusebox") == "sweep":
        return Unwrapped(problems=("is a step of a sweep: the next sweep does it all again",))
    try:
        read_event(payload)
    except MalformedEvent as error:
        return Unwrapped(problems=(str(error),))
    return Unwrapped(events=(payload,))


def _function(context: Mapping[str, Any]) -> str:
    """The name of the function that failed, or ""."""
    parts = str(context.get("functionArn", "")).split(":")
    return parts[6] if len(parts) >= FUNCTION_ARN_PARTS else ""


def _record(record: Any, depth: int) -> Unwrapped:
    if not isinstance(record, dict) or not isinstance(record.get("body"), str):
        return Unwrapped(problems=(f"holds a record without a body: {record!r:.60}",))
    return _text(record["body"], depth)


def _could_match(pattern: Mapping[str, Any], event: Event) -> bool:
    """The plain values of a pattern only; what else it asks for, the function checks again."""
    if event.source not in pattern.get("source", [event.source]):
        return False
    if event.detail_type not in pattern.get("detail-type", [event.detail_type]):
        return False
    names = pattern.get("detail", {}).get("eventName")
    return names is None or event.detail.get("eventName") in names

"""What an alarm of Fusebox's own is about, from the event of its state change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from functions.core.events import Event, Skip
from functions.core.types import MalformedEvent

ALARM_CHANGE = "CloudWatch Alarm State Change"


def subject(event: Event, prefix: str, dimension: str) -> str | Skip:
    """The one value of a dimension in all of the alarm's metrics; the alarm's name alone would not prove whose it is.

    Skip for alarms whose names do not begin with `prefix`, and for states but ALARM. Raises MalformedEvent.
    """
    name = event.detail.get("alarmName")
    if not isinstance(name, str):
        raise MalformedEvent(f"event {event.id}: the alarm's name {name!r:.80} is no text")
    if not name.startswith(prefix):
        return Skip(f"alarm {name:.80} is not one of Fusebox's own")
    state = _at(event.detail, "state", "value")
    if not isinstance(state, str):
        raise MalformedEvent(f"event {event.id}: the alarm's state {state!r:.80} is no text")
    if state != "ALARM":
        return Skip(f"alarm {name:.80} is {state:.40}")
    about = {_text(event, dimension, one) for one in _values(event, dimension)}
    if len(about) != 1:
        raise MalformedEvent(f"event {event.id}: alarm {name:.80} is about {len(about)} values of {dimension}, not one")
    return about.pop()


def _values(event: Event, dimension: str) -> Iterator[object]:
    """The dimension's value in every metric of an alarm; expressions have none."""
    metrics = _at(event.detail, "configuration", "metrics")
    if not isinstance(metrics, list):
        raise MalformedEvent(f"event {event.id}: an alarm without metrics")
    for one in metrics:
        dimensions = _at(one, "metricStat", "metric", "dimensions")
        if isinstance(dimensions, Mapping):
            yield dimensions.get(dimension)


def _text(event: Event, dimension: str, value: object) -> str:
    if not isinstance(value, str):
        raise MalformedEvent(f"event {event.id}: {value!r:.80} is no {dimension}")
    return value


def _at(value: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value

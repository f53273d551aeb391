"""Which instance an event is about."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from functions.core.events import Event, Skip
from functions.core.types import MalformedEvent, Scope
from functions.idle_gpu.facts import ALARM_PREFIX
from functions.idle_gpu.spec import SPEC

INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)
"""Instance ids: 8 digits until 2016, 17 since (EC2 user guide, "Resource IDs")."""
STATES = frozenset({"running", "stopped"})
STATE_CHANGE = "EC2 Instance State-change Notification"
ALARM_CHANGE = "CloudWatch Alarm State Change"


def subjects(event: Event, scope: Scope) -> Sequence[str] | Skip:
    """The ARN of the instance that started or stopped, or whose alarm went on."""
    if (event.source, event.detail_type) == ("aws.ec2", STATE_CHANGE):
        found = _changed(event)
    elif (event.source, event.detail_type) == ("aws.cloudwatch", ALARM_CHANGE):
        found = _alarmed(event)
    else:
        return Skip(f"a {event.detail_type!r} event of {event.source} is not watched")
    if isinstance(found, Skip):
        return found
    return [SPEC.arn(found, partition=scope.partition, region=scope.region, account=scope.account)]


def _changed(event: Event) -> str | Skip:
    state = event.detail.get("state")
    if not isinstance(state, str):
        raise MalformedEvent(f"event {event.id}: the state {state!r:.80} is no text")
    if state not in STATES:
        return Skip(f"state {state:.40} is not watched")
    return _checked(event, event.detail.get("instance-id"))


def _alarmed(event: Event) -> str | Skip:
    """The one instance that all the alarm's metrics are about; the name alone would not prove whose alarm it is."""
    name = event.detail.get("alarmName")
    if not isinstance(name, str):
        raise MalformedEvent(f"event {event.id}: the alarm's name {name!r:.80} is no text")
    if not name.startswith(ALARM_PREFIX):
        return Skip(f"alarm {name:.80} is not one of Fusebox's own")
    state = _at(event.detail, "state", "value")
    if not isinstance(state, str):
        raise MalformedEvent(f"event {event.id}: the alarm's state {state!r:.80} is no text")
    if state != "ALARM":
        return Skip(f"alarm {name:.80} is {state:.40}")
    about = {_checked(event, one) for one in _instances(event)}
    if len(about) != 1:
        raise MalformedEvent(f"event {event.id}: alarm {name:.80} is about {len(about)} instances, not one")
    return about.pop()


def _instances(event: Event) -> Iterator[object]:
    """The InstanceId of every metric of an alarm; expressions have none."""
    metrics = _at(event.detail, "configuration", "metrics")
    if not isinstance(metrics, list):
        raise MalformedEvent(f"event {event.id}: an alarm without metrics")
    for one in metrics:
        dimensions = _at(one, "metricStat", "metric", "dimensions")
        if isinstance(dimensions, Mapping):
            yield dimensions.get("InstanceId")


def _at(value: Any, *path: str) -> Any:
    for key in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def _checked(event: Event, identity: object) -> str:
    if not isinstance(identity, str) or not INSTANCE.fullmatch(identity):
        raise MalformedEvent(f"event {event.id}: {identity!r:.80} is no instance id")
    return identity

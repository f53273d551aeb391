"""Which instance an event is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from functions.core import alarm_events
from functions.core.events import Event, Skip
from functions.core.types import MalformedEvent, Scope
from functions.idle_gpu.facts import ALARM_PREFIX
from functions.idle_gpu.spec import SPEC

INSTANCE = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})", re.ASCII)
"""Instance ids: 8 digits until 2016, 17 since (EC2 user guide, "Resource IDs")."""
STATES = frozenset({"running", "stopped"})
STATE_CHANGE = "EC2 Instance State-change Notification"


def subjects(event: Event, scope: Scope) -> Sequence[str] | Skip:
    """The ARN of the instance that started or stopped, or whose alarm went on."""
    if (event.source, event.detail_type) == ("aws.ec2", STATE_CHANGE):
        found = _changed(event)
    elif (event.source, event.detail_type) == ("aws.cloudwatch", alarm_events.ALARM_CHANGE):
        about = alarm_events.subject(event, ALARM_PREFIX, "InstanceId")
        found = about if isinstance(about, Skip) else _checked(event, about)
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


def _checked(event: Event, identity: object) -> str:
    if not isinstance(identity, str) or not INSTANCE.fullmatch(identity):
        raise MalformedEvent(f"event {event.id}: {identity!r:.80} is no instance id")
    return identity

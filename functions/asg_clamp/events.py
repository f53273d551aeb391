"""Which group an event is about, and what it says that a later look at the group cannot see."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from functions.asg_clamp import causes
from functions.asg_clamp.facts import ALARM_PREFIX, Call, Launch
from functions.asg_clamp.spec import LAUNCHED, NOT_LAUNCHED, SPEC, WATCHED
from functions.core import alarm_events
from functions.core.events import Event, Skip, api_call
from functions.core.types import MalformedEvent, Scope

NAME = re.compile(r"[^:\x00-\x1f]{1,255}")
"""A group's name: up to 255 characters without a colon (Auto Scaling API reference)."""
SIZES = (("minSize", "min"), ("desiredCapacity", "desired"), ("maxSize", "max"))


def subjects(event: Event, scope: Scope) -> Sequence[str] | Skip:
    """The ARN of the group that launched, was changed, or whose alarm went on."""
    if (event.source, event.detail_type) in (("aws.autoscaling", LAUNCHED), ("aws.autoscaling", NOT_LAUNCHED)):
        name = event.detail.get("AutoScalingGroupName")
    elif (event.source, event.detail_type) == ("aws.cloudwatch", alarm_events.ALARM_CHANGE):
        alarmed = alarm_events.subject(event, ALARM_PREFIX, "AutoScalingGroupName")
        if isinstance(alarmed, Skip):
            return alarmed
        name = alarmed
    else:
        parameters = api_call(event, "autoscaling.amazonaws.com", frozenset(WATCHED), scope)
        if isinstance(parameters, Skip):
            return parameters
        name = parameters.get("autoScalingGroupName")
    return [SPEC.arn(_checked(event, name), partition=scope.partition, region=scope.region, account=scope.account)]


def launch_of(event: Event) -> Launch | None:
    """The launch that an event tells of; None for other events."""
    if event.detail_type not in (LAUNCHED, NOT_LAUNCHED):
        return None
    return causes.of_event(event.detail, event.time, failed=event.detail_type == NOT_LAUNCHED)


def call_of(event: Event) -> Call | None:
    """The change through the API that an event tells of; None for other events."""
    if event.detail_type != "AWS API Call via CloudTrail":
        return None
    parameters = event.detail.get("requestParameters")
    sizes = [f"{short} {parameters[key]}" for key, short in SIZES if key in parameters] if parameters else []
    identity = event.detail.get("userIdentity")
    by = identity.get("arn") or identity.get("invokedBy") if isinstance(identity, Mapping) else ""
    what = " ".join([str(event.detail["eventName"]), *sizes])
    return Call(event.time, event.id, what, str(by or "an unknown caller")[-120:])


def _checked(event: Event, name: object) -> str:
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise MalformedEvent(f"event {event.id}: {name!r:.80} is no name of an Auto Scaling group")
    return name

"""Reads EventBridge envelopes, and those of CloudTrail in them, without trusting their shape.

Shapes: AWS EventBridge user guide; what varies in practice (missing keys, null parameters, hosts in
sourceIPAddress) comes from public captures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from functions.core.state import CLOCK_SLACK, parse_moment
from functions.core.types import MalformedEvent, Refused, Scope


@dataclass(frozen=True, slots=True)
class Skip:
    """An event that asks for nothing, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event or a message asks to look at, and what it says in one line for people.

    Nothing follows from its word alone: what it names is read and judged anew.
    """

    arns: Sequence[str]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """An EventBridge event whose envelope has been checked; `detail` and what `resources` say has not."""

    id: str
    source: str
    detail_type: str
    account: str
    region: str
    time: datetime
    detail: Mapping[str, Any]
    resources: tuple[str, ...] = ()


def read_event(raw: object) -> Event:
    """The envelope as values; raises MalformedEvent with what is missing or of the wrong type."""
    if not isinstance(raw, Mapping):
        raise MalformedEvent(f"an event is a JSON object, not {type(raw).__name__}")
    text = {}
    for key in ("id", "source", "detail-type", "account", "region", "time"):
        if not isinstance(raw.get(key), str) or not raw[key]:
            raise MalformedEvent(f"event field {key!r} is missing or no text: {shown(raw.get(key))}")
        text[key] = raw[key]
    if not isinstance(raw.get("detail"), Mapping):
        raise MalformedEvent(f"event {text['id']}: 'detail' is missing or no object")
    try:
        time = parse_moment(text["time"])
    except ValueError as error:
        raise MalformedEvent(f"event {text['id']}: 'time' is no ISO time: {text['time']!r:.40}") from error
    named = raw.get("resources")
    resources = tuple(one for one in named if isinstance(one, str)) if isinstance(named, list) else ()
    account, region, about = text["account"], text["region"], raw["detail"]
    return Event(text["id"], text["source"], text["detail-type"], account, region, time, about, resources)


def foreign(event: Event, scope: Scope, now: datetime) -> Skip | None:
    """Why an event is none of this function's business, if so. An event from the future is a wrong clock."""
    if (event.account, event.region) != (scope.account, scope.region):
        return Skip(f"from {event.account} {event.region}, not {scope.account} {scope.region}")
    if event.time > now + CLOCK_SLACK:
        raise Refused(f"event {event.id} is from {event.time:%Y-%m-%dT%H:%M:%SZ}, after now: no action on odd clocks")
    return None


def api_call(event: Event, source: str, names: frozenset[str], scope: Scope) -> Mapping[str, Any] | Skip:
    """The request parameters of a successful API call by somebody else, or why there are none to look at.

    The role's own calls are skipped here as well as in the event pattern: Lambda does not cut loops
    that run through CloudTrail.
    """
    detail = event.detail
    if event.detail_type != "AWS API Call via CloudTrail":
        return Skip(f"a {event.detail_type!r} event, not an API call")
    if detail.get("eventSource") != source or detail.get("eventName") not in names:
        return Skip(f"{shown(detail.get('eventSource'))} {shown(detail.get('eventName'))} is not watched")
    if detail.get("errorCode") is not None:
        return Skip(f"the call failed with {shown(detail['errorCode'])}")
    if scope.role_arn and session_issuer(detail) == scope.role_arn:
        return Skip("Fusebox's own call")
    parameters = detail.get("requestParameters")
    if not isinstance(parameters, Mapping):
        raise MalformedEvent(f"event {event.id}: {detail['eventName']} without request parameters")
    return parameters


def shown(value: object) -> str:
    """A value of an event in a message: of a list or an object only that it is one, for it may be of any depth."""
    if isinstance(value, Mapping):
        return "an object"
    return "a list" if isinstance(value, list | tuple) else f"{value!s:.80}"


def session_issuer(detail: Mapping[str, Any]) -> str:
    """ARN of the role behind a call, or "": users, services and Root have none."""
    found: Any = detail
    for key in ("userIdentity", "sessionContext", "sessionIssuer", "arn"):
        if not isinstance(found, Mapping):
            return ""
        found = found.get(key)
    return found if isinstance(found, str) else ""

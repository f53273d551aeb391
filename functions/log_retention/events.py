"""Which log group an event is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

from functions.core.events import Event, Skip, api_call
from functions.core.types import MalformedEvent, Scope
from functions.log_retention.spec import SPEC, WATCHED

NAME = re.compile(r"[\w./#-]{1,512}", re.ASCII)
"""Characters and length of a log group name (CloudWatch Logs API reference)."""


def subjects(event: Event, scope: Scope) -> Sequence[str] | Skip:
    """The ARN of the group that a call created or changed."""
    parameters = api_call(event, "logs.amazonaws.com", frozenset(WATCHED), scope)
    if isinstance(parameters, Skip):
        return parameters
    name = parameters.get("logGroupName")
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise MalformedEvent(f"event {event.id}: {name!r:.80} is no log group name")
    return [SPEC.arn(name, partition=scope.partition, region=scope.region, account=scope.account)]

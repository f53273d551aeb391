"""What an EventBridge event is about: an alarm on what the meter reports, or an anomaly that AWS found."""

from __future__ import annotations

from functions.core import alarm_events
from functions.core.alarm_events import ALARM_CHANGE
from functions.core.events import Event, Heard, Skip
from functions.core.types import Scope
from functions.llm_keys import names
from functions.llm_keys.arns import ALL, budget_arn
from functions.llm_keys.messages.anomaly import anomaly_of

ANOMALY = "Anomaly Detected"


def subjects(event: Event, scope: Scope) -> list[str] | Heard | Skip:
    """The budget of an alarm, or all budgets where AWS found an anomaly.

    Raises MalformedEvent, Refused. Whether the policy knows the budget is for the account to see to.
    """
    if event.source == "aws.ce" and event.detail_type == ANOMALY:
        return Heard([budget_arn(scope, ALL)], anomaly_of(event).note)
    if event.source != "aws.cloudwatch" or event.detail_type != ALARM_CHANGE:
        return Skip(f"a {event.detail_type!r:.80} event, which llm_keys does not read")
    about = alarm_events.subject(event, names.ALARM_PREFIX, names.BUDGET_DIMENSION)
    return about if isinstance(about, Skip) else [budget_arn(scope, about)]

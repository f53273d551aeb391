"""Which budget an alarm of Fusebox's own is about, from EventBridge's event of its state."""

from __future__ import annotations

from functions.core import alarm_events
from functions.core.events import Event, Skip
from functions.core.types import MalformedEvent
from functions.llm_keys import names
from functions.llm_keys.settings import LlmKeysSettings


def budget_of_alarm(event: Event, settings: LlmKeysSettings) -> str | Skip:
    """The policy's name of the budget, by the metric's dimension; Skip for other alarms and states but ALARM.

    Raises MalformedEvent where the alarm is about no budget of the policy, or about several.
    """
    about = alarm_events.subject(event, names.ALARM_PREFIX, names.BUDGET_DIMENSION)
    if isinstance(about, Skip) or any(one.name == about for one in settings.budgets):
        return about
    raise MalformedEvent(f"event {event.id}: the policy has no budget {about!r:.80}")

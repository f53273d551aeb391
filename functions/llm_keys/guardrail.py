"""llm_keys, wired."""

from __future__ import annotations

from functions.core.events import Heard, Skip
from functions.core.guardrail import Guardrail
from functions.core.messages import Message
from functions.core.types import Scope
from functions.llm_keys.arns import ALL, budget_arn
from functions.llm_keys.connecting import connect
from functions.llm_keys.decide import decide
from functions.llm_keys.events import subjects
from functions.llm_keys.facts import Subject, keeps, shows
from functions.llm_keys.messages.reader import hear
from functions.llm_keys.spec import SPEC, LlmKeysSettings

__all__ = ["GUARDRAIL"]


def _hears(message: Message, scope: Scope, settings: LlmKeysSettings) -> Heard | Skip:
    """The budgets that a message of the topic is about."""
    heard = hear(message, scope, settings)
    if isinstance(heard, Skip):
        return heard
    return Heard([budget_arn(scope, name) for name in heard.budgets or (ALL,)], heard.note)


GUARDRAIL: Guardrail[Subject, LlmKeysSettings] = Guardrail(
    spec=SPEC,
    decide=decide,
    shows=shows,
    subjects=subjects,
    connect=connect,
    undo_note="a key that was deleted does not come back: a new one has to be made",
    hears=_hears,
    keeps=keeps,
)

"""log_retention, wired."""

from __future__ import annotations

from functions.core.guardrail import Guardrail
from functions.log_retention.aws import LogGroups
from functions.log_retention.decide import LogGroup, decide, shows
from functions.log_retention.events import subjects
from functions.log_retention.spec import SPEC, LogRetentionSettings

GUARDRAIL: Guardrail[LogGroup, LogRetentionSettings] = Guardrail(
    spec=SPEC,
    decide=decide,
    shows=shows,
    subjects=subjects,
    connect=lambda to: LogGroups(to.clients, to.scope, to.settings, to.clock),
    undo_note="log data that expired meanwhile does not come back",
)

"""tag_check, wired."""

from __future__ import annotations

from functions.core.guardrail import Guardrail
from functions.tag_check.aws import Resources
from functions.tag_check.decide import decide
from functions.tag_check.events import subjects
from functions.tag_check.facts import Resource, shows
from functions.tag_check.spec import SPEC, TagCheckSettings

GUARDRAIL: Guardrail[Resource, TagCheckSettings] = Guardrail(
    spec=SPEC,
    decide=decide,
    shows=shows,
    subjects=subjects,
    connect=lambda to: Resources(to.clients, to.scope, to.settings, to.clock, to.memory),
    undo_note="of tags nothing is lost; of what was stopped its memory is, and an automatic public address",
)

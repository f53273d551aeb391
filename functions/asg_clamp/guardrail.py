"""asg_clamp, wired."""

from __future__ import annotations

from functions.asg_clamp.aws import ScalingGroups
from functions.asg_clamp.decide import decide
from functions.asg_clamp.events import subjects
from functions.asg_clamp.facts import Group, shows
from functions.asg_clamp.spec import SPEC, AsgClampSettings
from functions.asg_clamp.standing import MOVING
from functions.core.guardrail import Guardrail

GUARDRAIL: Guardrail[Group, AsgClampSettings] = Guardrail(
    spec=SPEC,
    decide=decide,
    shows=shows,
    subjects=subjects,
    connect=lambda to: ScalingGroups(to.clients, to.scope, to.settings, to.clock, to.memory),
    undo_note="instances that a shrink terminated do not come back; new ones are launched, if AWS has capacity",
    moving=MOVING,
)

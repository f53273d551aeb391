"""idle_gpu, wired."""

from __future__ import annotations

from functions.core.guardrail import Guardrail
from functions.idle_gpu.aws import GpuFleet
from functions.idle_gpu.decide import decide, shows
from functions.idle_gpu.events import subjects
from functions.idle_gpu.facts import Instance
from functions.idle_gpu.spec import SPEC, IdleGpuSettings

GUARDRAIL: Guardrail[Instance, IdleGpuSettings] = Guardrail(
    spec=SPEC,
    decide=decide,
    shows=shows,
    subjects=subjects,
    connect=lambda to: GpuFleet(to.clients, to.scope, to.settings, to.clock),
    undo_note="what was in memory and on instance store does not come back, and AWS may have no capacity for a restart",
)

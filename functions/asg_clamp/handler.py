"""Entry of the asg_clamp function."""

from __future__ import annotations

from functions.asg_clamp.guardrail import GUARDRAIL
from functions.core.entry import entry

handle = entry(GUARDRAIL)

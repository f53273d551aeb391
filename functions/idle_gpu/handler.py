"""Entry of the idle_gpu function."""

from __future__ import annotations

from functions.core.entry import entry
from functions.idle_gpu.guardrail import GUARDRAIL

handle = entry(GUARDRAIL)

"""Entry of the log_retention function."""

from __future__ import annotations

from functions.core.entry import entry
from functions.log_retention.guardrail import GUARDRAIL

handle = entry(GUARDRAIL)

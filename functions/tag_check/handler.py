"""Entry of the tag_check function."""

from __future__ import annotations

from functions.core.entry import entry
from functions.tag_check.guardrail import GUARDRAIL

handle = entry(GUARDRAIL)

"""Entry of the llm_keys function."""

from __future__ import annotations

from typing import Any

from functions.core.entry import Function
from functions.llm_keys.guardrail import GUARDRAIL

_FUNCTION = Function(GUARDRAIL)


def handle(raw: Any, context: Any) -> Any:
    """What every guardrail's function takes, and beside it {"fusebox": "keys"}: what there is, for `fusebox keys`."""
    if isinstance(raw, dict) and raw.get("fusebox") == "keys":
        return _FUNCTION.account.inventory()
    return _FUNCTION.handle(raw, context)

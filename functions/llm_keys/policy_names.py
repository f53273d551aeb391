"""What people call keys and budgets on the command line: by the names that the policy gives them."""

from __future__ import annotations

from functions.core.types import Scope
from functions.llm_keys.arns import budget_arn, key_arn
from functions.llm_keys.settings import LlmKeysSettings


def arns_of(settings: LlmKeysSettings, name: str, scope: Scope) -> list[str]:
    """The ARNs of the key and the budget of a name in the policy: none, one or both."""
    keys = [key_arn(scope, one) for one in settings.keys if one.name == name]
    return keys + [budget_arn(scope, one) for one in settings.budgets if one.name == name]

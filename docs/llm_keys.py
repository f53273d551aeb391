"""The table of the kinds of keys for llm_keys' README: what a stop changes, and what a restore brings back."""

from __future__ import annotations

from functions.llm_keys import names
from functions.llm_keys.budgets import SEES
from functions.llm_keys.kinds import KINDS, KeyKind
from functions.llm_keys.spec import SPEC

__all__ = ["HEAD", "SPEC", "rows"]

HEAD = ("Kind", "`id`", "A stop", "Same key again", "Seen by", "Left open")
STOPS: dict[KeyKind, str] = {
    "anthropic": "makes it inactive",
    "openai_project": "`switch: rate_limits`: all limits of all models down to 1; `spend_limit`: one cent a month",
    "openai_key": "deletes it: **asks**",
    "openrouter": "disables it",
    "litellm": "blocks it",
    "bedrock_key": "makes it inactive",
    "bedrock_principal": "attaches the stack's one managed policy, which only denies",
    "api_gateway": "disables it",
    "iam_access_key": "makes it inactive",
    "secret": f"gives its readers the version that you labelled `{names.STOPPED_STAGE}`",
}
"""In words; the providers' files say with which calls."""


def rows() -> list[tuple[str, ...]]:
    """One row for each kind that the policy may name."""
    found: list[tuple[str, ...]] = []
    for name, kind in KINDS.items():
        id = kind.id_is + (f"; needs a `provider` account of kind {kind.provider}" if kind.provider else "")
        seen = ", ".join(f"`{source}`" for source, bills in SEES.items() if kind.biller in bills)
        again = f"no: {kind.irreversible}" if kind.irreversible else "yes"
        found.append((f"`{name}`", id, STOPS[name], again, seen, kind.caveat))
    return found

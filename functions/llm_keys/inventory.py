"""What there is to stop, for `fusebox keys`: budgets, their sources, keys, and credentials that no budget covers.

Only the function may read the providers' admin credentials, so it answers and the command shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from functions.core.types import Json
from functions.llm_keys.breaker import ceiling
from functions.llm_keys.budgets import SourceKind
from functions.llm_keys.facts import BudgetFacts, KeyFacts, Subject
from functions.llm_keys.kinds import KINDS
from functions.llm_keys.providers.provider import Credential
from functions.llm_keys.settings import LlmKeysSettings

LAGS: dict[SourceKind, str] = {
    "aws": "up to a day",
    "bedrock_metrics": "minutes",
    "meter": "minutes",
    "provider_usage": "minutes to hours",
}
"""How far behind what is spent each source is. AWS Budgets: its user guide, "Creating a cost budget"."""


def shown(
    facts: Sequence[Subject],
    settings: LlmKeysSettings,
    uncovered: Sequence[Credential],
    trouble: Sequence[str],
    orphans: Mapping[str, str],
) -> dict[str, Any]:
    """All of it as plain JSON. No value is a secret: ids and names alone were ever read."""
    budgets = [one for one in facts if isinstance(one, BudgetFacts)]
    keys = [one for one in facts if isinstance(one, KeyFacts)]
    return {
        "budgets": [_budget(one) for one in budgets],
        "keys": [_key(one, settings) for one in keys],
        "uncovered": [{"kind": one.kind, "id": one.id, "name": one.name, "note": one.note} for one in uncovered],
        "going_on": list(dict.fromkeys(text for one in budgets for text in one.going_on)),
        "trouble": [*trouble, *(text for one in budgets for text in one.trouble)],
        "unstoppable": [f"{name} ({arn}) was stopped and is no longer in the policy" for arn, name in orphans.items()],
    }


def not_covered(found: Sequence[Credential], settings: LlmKeysSettings) -> list[Credential]:
    """The credentials that no budget covers (field report F32)."""
    covered = {(one.kind, one.id) for one in settings.stopping}
    # A project that is stopped as a whole stops its keys.
    projects = {one.id for one in settings.stopping if one.kind == "openai_project"}
    return [one for one in found if (one.kind, one.id) not in covered and one.within not in projects]


def _budget(facts: BudgetFacts) -> dict[str, Json]:
    breaker, budget = facts.breaker, facts.budget
    override = breaker.override
    return {
        "name": budget.name,
        "period": breaker.period,
        "amount": budget.amount,
        "spent": facts.level.spent,
        "state": breaker.state,
        "since": breaker.since,
        "why": breaker.why,
        "ceiling": ceiling(breaker, budget),
        "until": "" if override is None else override.until,
        "keys": list(budget.keys),
        "sources": [
            {
                "kind": one.source,
                "spent": one.spent,
                "trouble": one.trouble.replace("\n", "; "),
                "lag": LAGS[one.source],
            }
            for one in facts.level.readings
        ],
        "leaks": dict(breaker.flows.leaks),
    }


def _key(facts: KeyFacts, settings: LlmKeysSettings) -> dict[str, Json]:
    key, kind = facts.key, KINDS[facts.key.kind]
    state = "missing" if facts.missing else "unknown" if facts.values is None else _state(facts)
    return {
        "name": key.name,
        "kind": key.kind,
        "id": key.id,
        "provider": key.provider,
        "state": state,
        "stopped_by_fusebox": facts.stopped_here,
        "held_by": [*sorted(facts.holds)],
        "budgets": [one.name for one in settings.covering(key)],
        "same_key": not kind.irreversible,
        "caveat": kind.irreversible or kind.caveat,
        "probe": facts.probe,
        "trouble": facts.trouble,
    }


def _state(facts: KeyFacts) -> str:
    return "stopped" if facts.is_stopped else "active"

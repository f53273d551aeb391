"""The gates between a decision and an action, as one pure function and a fresh look at the switches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from functions.core import state
from functions.core.guardrail import Facts
from functions.core.spec import OWN_TAG, GuardrailSettings
from functions.core.table import Table
from functions.core.types import Decision, Disposition

FRESH = timedelta(seconds=60)
"""How old what was seen of a resource may be at the moment of acting."""
CAP_USED_UP = "the hour's cap is used up"
TAKES_A_NAME = "a person known by name has to decide"


def is_own(facts: Facts, own_prefix: str) -> bool:
    """Whether a resource belongs to Fusebox itself, by its tag or by its name."""
    if facts.tags and OWN_TAG in facts.tags:
        return True
    return any(part.startswith(own_prefix) for part in re.split("[:/]", facts.arn))


def gate(
    decision: Decision,
    settings: GuardrailSettings,
    exemption: state.Exemption | None,
    paused: str,
    *,
    capped: bool = False,
) -> tuple[Disposition, str] | None:
    """Where a decision ends before any action, with the detail; None lets it through to the cap.

    An exemption comes first, because it also ends questions; observe mode neither acts nor asks.
    `capped` says that the pause is the guardrail's own, after a used-up cap: then a person is asked. What gives back
    what was taken for a time is held up by observe mode and a person's pause only, and so is what takes a person known
    by name, who is asked in every other mode.
    """
    if decision.action is None and not decision.report:
        return Disposition.LEFT, ""
    if exemption is not None and not (decision.returns or decision.named):
        return Disposition.EXEMPT, str(exemption)
    if decision.action is None:
        return Disposition.REPORTED, ""
    if settings.mode == "observe":
        return Disposition.OBSERVED, ""
    if paused and not capped:
        return Disposition.PAUSED, paused
    if decision.named:
        return Disposition.NEEDS_APPROVAL, decision.action.irreversible or decision.asks or TAKES_A_NAME
    if decision.returns:
        return None
    if settings.mode == "approve":
        why = decision.action.irreversible or decision.asks or "the guardrail's mode is approve"
        return Disposition.NEEDS_APPROVAL, why
    if decision.action.irreversible and not settings.allow_irreversible:
        return Disposition.NEEDS_APPROVAL, decision.action.irreversible
    if decision.asks:
        return Disposition.NEEDS_APPROVAL, decision.asks
    return (Disposition.CAPPED, CAP_USED_UP) if paused else None


def last_look(
    table: Table, guardrail: str, batch: Sequence[Facts], now: datetime, *, despite_itself: bool = False
) -> list[tuple[Disposition, str] | None]:
    """The pause switch and the exemptions once more, right before an action (field report F19), or several at once.

    What a person approved is done despite the pause that the guardrail gave itself.
    """
    arns = [facts.arn for facts in batch]
    paused, recorded = state.switches(table, guardrail, arns, now, despite_itself=despite_itself)
    if paused:
        return [(Disposition.PAUSED, paused) for _ in batch]
    exempt = [exemption_of(facts, recorded, now) for facts in batch]
    return [(Disposition.EXEMPT, str(one)) if one else None for one in exempt]


def exemption_of(facts: Facts, recorded: dict[str, state.Exemption], now: datetime) -> state.Exemption | None:
    """The exemption of a resource from the table or its tags, whichever there is."""
    return recorded.get(facts.arn) or state.exemption_by_tag(facts.arn, facts.tags or {}, now)

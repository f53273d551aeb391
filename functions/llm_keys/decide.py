"""What follows from what was seen of a key or a budget. Pure.

A breaker is judged, a key is acted on: the guardrail's mode stands between the two.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from functions.core.types import RIGHT, Action, Decision, Json
from functions.llm_keys.budget_decision import decide_budget
from functions.llm_keys.facts import BudgetFacts, KeyFacts, Subject
from functions.llm_keys.kinds import KINDS
from functions.llm_keys.settings import LlmKeysSettings
from functions.llm_keys.stops import RESTORE, STOP

SPREADS = timedelta(minutes=5)
"""How long a stop may take to reach every part of a provider (field report F24)."""


def decide(facts: Subject, settings: LlmKeysSettings, now: datetime) -> Decision:
    """The decision about one key or one budget."""
    if isinstance(facts, BudgetFacts):
        return decide_budget(facts, settings, now)
    return _decide_key(facts, settings, now)


def _decide_key(facts: KeyFacts, settings: LlmKeysSettings, now: datetime) -> Decision:
    if facts.values is None:
        return _unknown(facts, settings, now)
    if facts.holds:
        return _held(facts, settings, now)
    return _free(facts, settings)


def _unknown(facts: KeyFacts, settings: LlmKeysSettings, now: datetime) -> Decision:
    """A key whose state nobody knows: told of every day, and every hour while a budget wants it stopped."""
    verdict = "missing" if facts.missing else "unknown"
    if facts.holds:
        rule, why = f"stopped while held, {now:%Y-%m-%dT%H}", f"{_why(facts)}, and whether it is stopped is not known: "
    else:
        rule, why = f"can be stopped, {now:%Y-%m-%d}", "could not be stopped if its budget were spent: "
    unseen = bool(facts.holds) and settings.mode != "observe"
    return replace(_decision(facts, settings, verdict, rule, why + facts.trouble, report=True), unseen=unseen)


def _held(facts: KeyFacts, settings: LlmKeysSettings, now: datetime) -> Decision:
    # The same whichever budgets are open: an approval is not asked for anew because one more has opened.
    rule = "stopped while a breaker is open"
    if facts.is_stopped and facts.probe == "works" and _settled(facts, now):
        rule = f"refused once stopped, {now:%Y-%m-%dT%H}"
        return _decision(
            facts, settings, "still_works", rule, f"{_why(facts)}; shown as stopped, and still taken", report=True
        )
    if facts.is_stopped:
        whose = "by Fusebox" if facts.stopped_here else "not by Fusebox, which will not give it back"
        return _decision(facts, settings, "stopped", rule, f"{_why(facts)}; stopped {whose}")
    assert facts.values is not None
    assert facts.stopped is not None
    # What is left of an earlier stop tells what each value was before any (field report F13).
    prior = {**facts.values, **facts.before}
    lost = KINDS[facts.key.kind].irreversible
    action = Action(STOP, dict(facts.stopped), prior, lost)
    again = "; it was stopped and works again, whoever did that" if facts.stop is not None else ""
    # Deleting a key takes a person whatever the mode, and whatever the policy allows elsewhere.
    return replace(_decision(facts, settings, "held", rule, _why(facts) + again, action), asks=lost)


def _free(facts: KeyFacts, settings: LlmKeysSettings) -> Decision:
    if facts.stop is None:
        return _decision(facts, settings, RIGHT, RIGHT, "no open breaker holds it")
    if not facts.before:
        return _decision(
            facts, settings, RIGHT, RIGHT, "no open breaker holds it, and somebody else has changed it since"
        )
    if KINDS[facts.key.kind].irreversible:
        reason = f"no open breaker holds it; {KINDS[facts.key.kind].irreversible}"
        return _decision(facts, settings, "gone", "gone for good", reason, report=True)
    assert facts.values is not None
    action = Action(RESTORE, {**facts.values, **facts.before}, dict(facts.values))
    return _decision(facts, settings, "free", "no budget", "no open breaker holds it any longer", action, returns=True)


def _settled(facts: KeyFacts, now: datetime) -> bool:
    """Whether the stop is old enough for every part of a provider to know of it."""
    return facts.stop is None or now - facts.stop.at > SPREADS


def _why(facts: KeyFacts) -> str:
    return "; ".join(f"budget {name} is open: {why}" for name, why in sorted(facts.holds.items()))


def _decision(
    facts: KeyFacts,
    settings: LlmKeysSettings,
    verdict: str,
    rule: str,
    reason: str,
    action: Action | None = None,
    *,
    report: bool = False,
    returns: bool = False,
) -> Decision:
    key, kind = facts.key, KINDS[facts.key.kind]
    evidence: dict[str, Json] = {"kind": key.kind, "id": key.id}
    if key.provider:
        evidence["provider"] = key.provider
    if action is not None and not returns and kind.caveat:
        evidence["note"] = kind.caveat
    owners = {one.owner for one in settings.covering(key) if one.owner}
    return Decision(
        facts.arn,
        key.name,
        verdict,
        rule,
        reason,
        action,
        report=report,
        evidence=evidence,
        identity=facts.identity,
        returns=returns,
        cures=action is not None,
        concerns=key.owner or ", ".join(sorted(owners)),
    )

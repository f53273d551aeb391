"""What follows from a budget's breaker: what to tell, and what a person wants to close it with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from functions.core.state import parse_moment
from functions.core.types import RIGHT, Action, Decision, Json
from functions.llm_keys import breaker as breakers
from functions.llm_keys.facts import OVERRIDE, BudgetFacts
from functions.llm_keys.overriding import Wish, is_due, terms_of
from functions.llm_keys.settings import LlmKeysSettings

SETTLED = timedelta(minutes=10)
"""How long after a breaker has opened its keys may still be on their way to be stopped."""
REMINDS_HOURS = 6
"""How often it is told that keys of an open breaker still work."""
NOTHING_MORE: Mapping[str, Json] = {}


def decide_budget(facts: BudgetFacts, settings: LlmKeysSettings, now: datetime) -> Decision:
    """The decision about one budget. Its breaker has been judged already; here it is told of."""
    breaker = facts.breaker
    if breaker.state == "open":
        return _open(facts, settings, now)
    if facts.level.spent is None:
        reason = "what was spent is not known: " + "; ".join(facts.level.trouble)
        return _decision(facts, "unknown", f"can be read, {now:%Y-%m-%d}", reason, report=True)
    if breaker.state == "warned":
        limit = breakers.ceiling(breaker, facts.budget)
        of = "" if limit is None else f" of ${limit:,.2f}"
        reason = f"${facts.level.spent:,.2f}{of} spent in {breaker.period}: over {breaker.percent:g} %"
        return _decision(facts, "warned", f"warns at {breaker.percent:g} %, {breaker.period}", reason, report=True)
    return _decision(facts, RIGHT, RIGHT, f"${facts.level.spent:,.2f} spent in {breaker.period}")


def _open(facts: BudgetFacts, settings: LlmKeysSettings, now: datetime) -> Decision:
    breaker, budget = facts.breaker, facts.budget
    leaks = breaker.flows.leaks if facts.stopped and settings.mode != "observe" else {}
    spent = facts.level.spent if facts.level.spent is not None else breaker.spent
    wish = facts.wish if facts.wish is not None and is_due(facts.wish, spent, now) else None
    # A leak is told while a question waits, which needs no second asking.
    if wish is not None and not (leaks and facts.waits):
        return _override(facts, wish)
    if leaks:
        paths = ", ".join(f"${amount:,.2f} through {path}" for path, amount in sorted(leaks.items()))
        reason = f"spend goes on after the stop: {paths}"
        return _decision(facts, "leaking", f"nothing flows, {now:%Y-%m-%dT%H}", reason, report=True)
    if facts.working and settings.mode != "observe" and now - parse_moment(breaker.since) > SETTLED:
        reason = (
            f"{breaker.why}; still working: {', '.join(facts.working)}, which may be exempt, asked about or failing"
        )
        rule = f"all keys stopped, {now:%Y-%m-%d} {now.hour // REMINDS_HOURS}"
        return _decision(facts, "not_stopped", rule, reason, report=True)
    rule = f"stops at {budget.stop_percent:g} %, open since {breaker.since[:19]}Z"
    goes_on = {"goes on": ", ".join(facts.going_on)} if facts.going_on else {}
    return _decision(facts, "open", rule, f"{breaker.why}; it covers {_keys(facts)}", report=True, evidence=goes_on)


def _override(facts: BudgetFacts, wish: Wish) -> Decision:
    breaker = facts.breaker
    after: dict[str, Json] = {"breaker": "closed", "ceiling": wish.ceiling, "until": wish.until}
    on = " and ".join(
        [
            *([f"a ceiling of ${wish.ceiling:,.2f}"] if wish.ceiling is not None else []),
            *([f"an end at {wish.until[:16]}Z"] if wish.until else []),
        ]
    )
    reason = f"{wish.by} asks to close the breaker with {on}: {wish.reason}"
    # Bound to this very wish: another one on the same terms is another question.
    action = Action(OVERRIDE, after, dict(terms_of(breaker)), terms={**after, "wish": wish.request})
    why: dict[str, Json] = {"open because": breaker.why, "holds": _keys(facts)}
    return _decision(facts, "override", "override", reason, action, evidence=why)


def _keys(facts: BudgetFacts) -> str:
    some = facts.budget.keys
    return f"{len(some)} {'key' if len(some) == 1 else 'keys'}: {', '.join(some)}"


def _decision(
    facts: BudgetFacts,
    verdict: str,
    rule: str,
    reason: str,
    action: Action | None = None,
    *,
    report: bool = False,
    evidence: Mapping[str, Json] = NOTHING_MORE,
) -> Decision:
    """A decision with its evidence, what matters most first: messages show only some of it."""
    budget, breaker = facts.budget, facts.breaker
    evidence = {**evidence, "amount": budget.amount}
    spent = breaker.spent if facts.level.spent is None else facts.level.spent
    if spent is not None:
        evidence["spent"] = round(spent, 2)
    for one in facts.level.readings:
        untold = one.trouble.replace("\n", "; ")
        evidence[f"by {one.source}"] = untold if one.spent is None else round(float(one.spent), 2)
    evidence["period"] = breaker.period
    return Decision(
        facts.arn,
        budget.name,
        verdict,
        rule,
        reason,
        action,
        report=report,
        evidence=evidence,
        identity=f"budget {budget.name}",
        asks="giving keys back is a person's decision" if action is not None else "",
        named=action is not None,
        cures=action is not None,
        concerns=budget.owner,
        budget=budget.name if breaker.state == "open" and action is None else "",
    )

"""Turns one recorded action back, and refuses rather than overwrite what happened since.

Works like the engine's own actions: an intent with the prior state under a claim, the change, the
outcome. A pause does not stop it: turning things back is what people do while all is paused.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.core import claims, gates, items, ledger, state
from functions.core.guardrail import Guardrail, still_there
from functions.core.recorded import Recorded, check_undoable
from functions.core.run import new_run_id
from functions.core.state import parse_moment
from functions.core.table import Table
from functions.core.types import (
    Action,
    ActionFailed,
    Decision,
    Disposition,
    Json,
    Refused,
    ResourceChanged,
    ResourceGone,
)

MOVES_ON = timedelta(days=1)
"""How long a value that the account itself moves counts as left where the action put it, if it looks so."""
BY_HAND = "undo"
"""What stands for a mode in an undo's entries: a person acts, whatever the guardrail's mode is."""


@dataclass(frozen=True)
class Undoer:
    """Who turns an action back, with what: a guardrail at work in an account, its table and a clock.

    `by` is the caller's ARN; `own_prefix` begins the names of Fusebox's own resources.
    """

    guardrail: Guardrail[Any, Any]
    settings: Any
    account: Any
    table: Table
    clock: Callable[[], datetime]
    own_prefix: str
    by: str


@dataclass(frozen=True, slots=True)
class Undo:
    """An undo that may be carried out: what it reverses, the change it makes, and what that loses, if anything."""

    of: Recorded
    action: Action


@dataclass(frozen=True, slots=True)
class Undone:
    """How an undo ended: its own action id, the disposition, and the detail where it is not done.

    `exempt_until` is None where no exemption is needed: what only a person known by name does is not done again.
    """

    action_id: str
    disposition: Disposition
    detail: str
    exempt_until: datetime | None

    @property
    def exemption(self) -> str:
        """Until when the resource is exempt, as the end of a sentence; "" where it is not."""
        return f"; exempt until {self.exempt_until:%Y-%m-%d}" if self.exempt_until is not None else ""


def prepare(undoer: Undoer, recorded: Recorded) -> Undo:
    """Checks the ledger and looks at the resource; Refused, with why, where the action cannot be turned back."""
    check_undoable(recorded, undoer.table)
    return Undo(recorded, _reverse(undoer, recorded, _look(undoer, recorded)))


def carry_out(undoer: Undoer, undo: Undo, *, reason: str, exempt_for: timedelta) -> Undone:
    """Exempts the resource, then makes the change under a claim, and records both.

    The exemption comes first: without it the next sweep or the event of the undo itself would do
    the action again. It stays if the change then fails.
    """
    recorded = undo.of
    until = _exempt(undoer, recorded, reason, exempt_for) if needs_exemption(recorded) else None
    check_undoable(recorded, undoer.table)
    facts = _look(undoer, recorded)
    undo = Undo(recorded, _reverse(undoer, recorded, facts))
    now = undoer.clock()
    name, before = undoer.guardrail.name, claims.current(undoer.table, undoer.guardrail.name, [recorded.resource])
    held = before.get(recorded.resource)
    if claims.standing(held, facts.read_at, now) != "free":
        raise Refused(f"{recorded.name}: another action on it is under way; try again when it has ended")
    decision = _decision(undoer, undo, reason)
    intent = ledger.intent_row(new_run_id(now), name, BY_HAND, decision, now, undoes=recorded.id)
    claim = claims.opened(name, recorded.resource, held, intent, now)
    if undoer.table.write([(claim, intent)]):
        raise Refused(f"{recorded.name}: another action on it began just now; try again when it has ended")
    disposition, detail = _act(undoer, facts, undo.action)
    if disposition is not Disposition.UNSETTLED:
        ended = undoer.clock()
        outcome = ledger.outcome_row(intent.body, disposition, detail, ended)
        undoer.table.write([(outcome, claims.closed(claim, ended))])
    if disposition is Disposition.DONE:
        mark(undoer, recorded, f"turned back by {undoer.by}", result="undone")
    else:
        mark(undoer, recorded, f"not turned back: {detail}")
    return Undone(str(intent.body["action_id"]), disposition, detail, until)


def needs_exemption(recorded: Recorded) -> bool:
    """Whether Fusebox might do an action again by itself once it is turned back."""
    return not recorded.intent.get("named")


def mark(undoer: Undoer, recorded: Recorded, detail: str, result: str = "") -> None:
    """Notes on the request that approved an action, if one did, what became of its undo."""
    warrant = recorded.intent.get("warrant")
    if not isinstance(warrant, dict):
        return
    identity = items.item_id(recorded.resource, str(recorded.intent["plan"]))
    items.marked(undoer.table, str(warrant["request"]), identity, result, detail)


def _reverse(undoer: Undoer, recorded: Recorded, facts: Any) -> Action:
    """The action turned round, without what has moved on by itself or is back already."""
    forward, shown = recorded.change, undoer.guardrail.shows(facts)
    old = undoer.clock() - parse_moment(recorded.intent["at"]) > MOVES_ON
    moved = set(undoer.guardrail.moving) if old else set()
    there = still_there(shown, (key for key in _changed(forward) if key not in moved))
    back = [key for key, value in there.items() if value == forward.parameters[key]]
    if not back:
        raise Refused(f"{recorded.id} changed nothing that is still as it left it")
    parameters, prior = ({key: some[key] for key in back} for some in (forward.prior, forward.parameters))
    return Action(forward.kind, parameters, prior, _loss(forward), forward.terms)


def _changed(forward: Action) -> list[str]:
    """The keys that an action changed; the others it only kept an eye on."""
    return [key for key, value in forward.parameters.items() if value != forward.prior.get(key)]


def _look(undoer: Undoer, recorded: Recorded) -> Any:
    """The resource as it is now; Refused where it is gone or no longer shows what the action set."""
    forward = recorded.change
    facts = undoer.account.read([recorded.resource]).get(recorded.resource)
    if facts is None:
        raise Refused(f"{recorded.name} no longer exists, so nothing can be restored")
    if facts.arn != recorded.resource:
        raise Refused(f"{recorded.resource} is not in this account and Region (found {facts.arn})")
    if gates.is_own(facts, undoer.own_prefix):
        raise Refused(f"{recorded.name} belongs to Fusebox itself")
    stays = undoer.guardrail.keeps(facts)
    if stays:
        raise Refused(f"{recorded.name} {stays}")
    identity = str(recorded.intent.get("identity", ""))
    if identity and undoer.guardrail.decide(facts, undoer.settings, undoer.clock()).identity != identity:
        raise Refused(f"{recorded.name} was deleted and made anew since: this is not what the action changed")
    try:
        shown = undoer.guardrail.shows(facts)
    except ResourceGone:
        raise Refused(f"{recorded.name} no longer exists, so nothing can be restored") from None
    firm = still_there(shown, (key for key in _changed(forward) if key not in undoer.guardrail.moving))
    drifted = {k: v for k, v in firm.items() if v not in (forward.parameters[k], forward.prior[k])}
    if drifted:
        raise Refused(
            f"{recorded.name} was changed since: the action set {dict(forward.parameters)}, "
            f"it now shows {drifted}; an undo overwrites no later change"
        )
    return facts


def _loss(forward: Action) -> str:
    """What turning an action back may delete, or "".

    Taking a number down (a retention, a size), or giving one to what had no limit, may cut off what
    lies above it; a guardrail whose numbers mean less merely asks once too often.
    """
    for key, value in forward.parameters.items():
        prior = forward.prior.get(key)
        if not isinstance(prior, int | float) or isinstance(prior, bool):
            continue
        if value is None or (isinstance(value, int | float) and prior < value):
            shown = "none" if value is None else value
            return f"taking {key} back from {shown} to {prior} deletes what lies between and cannot be undone"
    return ""


def _exempt(undoer: Undoer, recorded: Recorded, reason: str, lasts: timedelta) -> datetime:
    """Exempts the resource, unless a longer exemption holds; returns until when it is exempt."""
    now = undoer.clock()
    present = state.exemptions(undoer.table, [recorded.resource], now).get(recorded.resource)
    if present and present.until >= now + lasts:
        return present.until
    why = f"undo of {recorded.id}" + (f": {reason}" if reason else "")
    state.exempt(undoer.table, [state.Exemption(recorded.resource, undoer.by, why, now + lasts)], now)
    return now + lasts


def _decision(undoer: Undoer, undo: Undo, reason: str) -> Decision:
    intent = undo.of.intent
    evidence: dict[str, Json] = {"by": undoer.by}
    why = f"undo of {undo.of.id} by {undoer.by}" + (f": {reason}" if reason else "")
    saving = 0.0 - float(str(intent["saving"]))
    return Decision(
        undo.of.resource,
        undo.of.name,
        "undo",
        str(intent["rule"]),
        why,
        undo.action,
        saving=saving,
        evidence=evidence,
        identity=str(intent.get("identity", "")),
    )


def _act(undoer: Undoer, facts: Any, action: Action) -> tuple[Disposition, str]:
    try:
        undoer.account.act(facts, action)
    except ResourceGone:
        return Disposition.GONE, "it no longer exists"
    except ResourceChanged as error:
        return Disposition.CHANGED, str(error)
    except ActionFailed as error:
        return (Disposition.FAILED if error.certain else Disposition.UNSETTLED), str(error)
    return Disposition.DONE, ""

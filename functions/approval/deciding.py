"""Takes an answer, whichever way it came: checks who gives it, records it once, and wakes the workflow."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from functions.approval import deciders
from functions.approval.deciders import Decider
from functions.approval.environment import Environment
from functions.approval.steps import UNDO_ASKED, undoable
from functions.core import answers, workflow
from functions.core.items import Item, of_request
from functions.core.requests import Answer, Request
from functions.core.state import parse_moment
from functions.core.types import Refused, iso

UNDOS_AT_ONCE = 300
"""Undos in one invocation: at half a second each, with CloudWatch Logs' five calls a second, they fit into its time."""
NEARLY_OVER = timedelta(minutes=2)


class NotAllowed(Refused):
    """Somebody who may not decide this, for the one-line reason given."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants: `items` None means all; `days` is how long what is not approved stays exempt."""

    items: tuple[str, ...] | None = None
    reason: str = ""
    owner: str = ""
    days: int = 0


def approve(here: Environment, request: Request, who: Decider, wish: Wish) -> Request:
    """Records an approval; NotAllowed, or what `answers.approve` raises, with nothing changed."""
    _check(here, request, who, "approve")
    found = of_request(here.table, request.id)
    wanted = [one for one in found if wish.items is None or one.id in wish.items]
    too_much = deciders.too_much(who, here.settings, wanted)
    if too_much:
        raise NotAllowed(too_much)
    beyond = tuple(one.id for one in found if deciders.too_much(who, here.settings, [one]))
    answer = replace(_answer(here, who, wish), beyond=beyond)
    return _recorded(here, lambda: answers.approve(here.table, request, answer, found))


def reject(here: Environment, request: Request, who: Decider, wish: Wish) -> Request:
    """Records a rejection; NotAllowed, or what `answers.reject` raises, with nothing changed."""
    _check(here, request, who, "reject")
    return _recorded(here, lambda: answers.reject(here.table, request, _answer(here, who, wish)))


def undo(here: Environment, request: Request, who: Decider, wish: Wish) -> list[Item]:
    """Hands what was done back to the guardrail's function, to be turned back; returns the items concerned.

    The function checks each once more: what was changed since is refused there, and told. Handed over first
    and marked afterwards: a repeated undo does no harm, a lost one would.
    """
    if who.how == "slack":
        _check(here, request, who, "undo")
    found = [one for one in of_request(here.table, request.id) if undoable(one, here.clock())]
    wanted = [one for one in found if wish.items is None or one.id in wish.items]
    if who.how == "link":
        wanted = [one for one in wanted if not one.named]
    if not wanted:
        raise Refused("there is nothing among it that can be turned back here")
    for start in range(0, len(wanted), UNDOS_AT_ONCE):
        some = wanted[start : start + UNDOS_AT_ONCE]
        payload = {
            "fusebox": "undo",
            "actions": [[one.resource, one.action_id] for one in some],
            "by": who.by,
            "reason": wish.reason,
        }
        here.clients.get("lambda").invoke(
            FunctionName=here.function_of(request.guardrail),
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )
        said = f"{UNDO_ASKED} {iso(here.clock())[:16]}Z by {who.by}"
        here.table.write([(replace(one, detail=said).row(),) for one in some])
    return wanted


def _check(here: Environment, request: Request, who: Decider, what: str) -> None:
    why = deciders.refusal(who, here.settings, request, what)
    if why:
        raise NotAllowed(why)


def _answer(here: Environment, who: Decider, wish: Wish) -> Answer:
    now = here.clock()
    days = wish.days or here.settings.reject_days
    return Answer(
        who.by,
        who.how,
        iso(now),
        wish.items,
        wish.reason.strip(),
        wish.owner.strip() or who.by,
        iso(now + timedelta(days=days)),
    )


def _recorded(here: Environment, record: Callable[[], Request]) -> Request:
    """Records an answer and wakes the workflow; a late one wakes it once more, should the first call have been lost."""
    try:
        decided = record()
    except answers.NotOpen as late:
        if late.request.in_hand:
            _wake(here, late.request)
        raise
    _wake(here, decided)
    return decided


def _wake(here: Environment, decided: Request) -> None:
    if workflow.wake(here.clients, decided):
        return
    # Either its time has just run out, and it finds the answer in the table; or it has died, and another follows.
    here.log.warning("the workflow no longer waits", extra={"request": decided.id})
    now = here.clock()
    if parse_moment(decided.deadline) - now > NEARLY_OVER:
        machine, function = os.environ["FUSEBOX_APPROVAL_MACHINE"], here.function_of(decided.guardrail)
        workflow.restart(here.clients, machine, function, decided, now)


def chosen(fields: Sequence[str]) -> tuple[str, ...]:
    """The ids of ticked items, each once."""
    return tuple(dict.fromkeys(fields))

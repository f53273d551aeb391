"""Takes an answer, whichever way it came: checks who gives it, records it once, and wakes the workflow."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from functions.approval import deciders
from functions.approval.deciders import Decider
from functions.approval.environment import Environment
from functions.approval.steps import undoable
from functions.core import answers, requests, workflow
from functions.core.requests import Answer, Item, Request
from functions.core.types import Refused, iso


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
    _check(here, request, who)
    found = requests.items(here.table, request.id)
    wanted = [one for one in found if wish.items is None or one.id in wish.items]
    too_much = deciders.too_much(who, here.settings, wanted)
    if too_much:
        raise NotAllowed(too_much)
    return _recorded(here, lambda: answers.approve(here.table, request, _answer(here, who, wish), found))


def reject(here: Environment, request: Request, who: Decider, wish: Wish) -> Request:
    """Records a rejection; NotAllowed, or what `answers.reject` raises, with nothing changed."""
    _check(here, request, who)
    return _recorded(here, lambda: answers.reject(here.table, request, _answer(here, who, wish)))


def undo(here: Environment, request: Request, who: Decider, wish: Wish) -> list[Item]:
    """Hands what was done back to the guardrail's function, to be turned back; returns the items concerned.

    The function checks each once more: what was changed since is refused there, and told.
    """
    if who.how == "slack":
        _check(here, request, who)
    found = [one for one in requests.items(here.table, request.id) if undoable(one)]
    wanted = [one for one in found if wish.items is None or one.id in wish.items]
    if not wanted:
        raise Refused("there is nothing among it that can be turned back here")
    now = here.clock()
    marked = [replace(one, detail=f"undo asked for by {who.by} at {iso(now)[:16]}Z") for one in wanted]
    lost = set(here.table.write([(one.row(),) for one in marked]))
    mine = [one for position, one in enumerate(wanted) if position not in lost]
    if mine:
        payload = {
            "fusebox": "undo",
            "actions": [one.action_id for one in mine],
            "by": who.by,
            "how": who.how,
            "reason": wish.reason,
        }
        here.clients.get("lambda").invoke(
            FunctionName=here.function_of(request.guardrail),
            InvocationType="Event",
            Payload=json.dumps(payload).encode(),
        )
    return mine


def _check(here: Environment, request: Request, who: Decider) -> None:
    why = deciders.refusal(who, here.settings, request)
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
    if not workflow.wake(here.clients, decided):
        here.log.warning("the workflow no longer waits; its time-out finds the answer", extra={"id": decided.id})


def chosen(fields: Sequence[str]) -> tuple[str, ...]:
    """The ids of ticked items, each once."""
    return tuple(dict.fromkeys(fields))

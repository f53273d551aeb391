"""The steps of the approval workflow: ask, what to do once the time is over, and the end."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from functions.approval import deciders, links, telling
from functions.approval.deciders import LINK_HOLDER, Decider
from functions.approval.environment import Environment
from functions.core import alerts, answers, requests, workflow
from functions.core.items import Item, of_request
from functions.core.requests import Request
from functions.core.state import parse_moment
from functions.core.types import Refused

UNDO_LINK = timedelta(days=7)
TRIES = 5
EARLY = timedelta(minutes=5)
"""The workflow's clock may run out this long before the deadline, which counts from when the question was put."""


def ask(here: Environment, step: Mapping[str, Any]) -> dict[str, Any]:
    """Opens the request for answers, keeps the workflow's token in the table, and puts the question to people.

    Safe to repeat: links stay the same, and a request that was answered meanwhile wakes the workflow at once.
    """
    for _ in range(TRIES):
        request = requests.existing(here.table, str(step["request"]))
        if request.status == "asked" and parse_moment(request.deadline) <= here.clock():
            # Its first workflow died; this one ends it as that would have done.
            request = _timed_out(here, request)
        if request.status not in ("gathering", "asked"):
            woken = workflow.wake(here.clients, replace(request, token=str(step["token"])))
            return {"asked": False, "woken": woken}
        asked = answers.ask(here.table, request, str(step["token"]), secrets.token_urlsafe(18), here.clock())
        if asked is not None:
            _put_question(here, asked)
            return {"asked": True, "deadline": asked.deadline}
    raise Refused(f"request {step['request']} is being changed by others; try again")


def expire(here: Environment, step: Mapping[str, Any]) -> dict[str, Any]:
    """What follows once the time is over. An answer that came in time counts, though its workflow did not hear it."""
    request = requests.existing(here.table, str(step["request"]))
    if request.status == "asked" and here.clock() < parse_moment(request.deadline) - EARLY:
        raise Refused(f"request {request.id} is open until {request.deadline}")
    return {"status": _timed_out(here, request).status}


def _timed_out(here: Environment, request: Request) -> Request:
    ended = answers.time_out(here.table, request, here.clock())
    if ended.status == "timed_out":
        _tell_end(here, ended)
    return ended


def finish(here: Environment, step: Mapping[str, Any]) -> dict[str, Any]:
    """Ends an answered request and tells everyone; repeated, it only tells again, under the same key."""
    request = requests.existing(here.table, str(step["request"]))
    if request.status in requests.OPEN and request.status not in requests.ANSWERED:
        raise Refused(f"request {request.id} has no answer yet ({request.status})")
    request = answers.finish(here.table, request, here.clock())
    _tell_end(here, request)
    return {"status": request.status}


STEPS = {"ask": ask, "expire": expire, "finish": finish}


UNDO_ASKED = "undo asked for at"
UNDO_LASTS = timedelta(minutes=15)
"""Longer than a guardrail's function runs: an undo that has not ended by then may be asked for again."""


def undoable(item: Item, now: datetime) -> bool:
    """Whether what was done to an item may be turned back from a page or a button."""
    if item.result != "done" or not item.action_id:
        return False
    if item.detail.startswith(UNDO_ASKED):
        asked_at = item.detail.removeprefix(UNDO_ASKED).split()[0]
        return parse_moment(asked_at) + UNDO_LASTS <= now
    return True


def _put_question(here: Environment, request: Request) -> None:
    items = of_request(here.table, request.id)
    made = {}
    if here.page:
        keys, deadline = here.keys(), parse_moment(request.deadline)
        made["reject"] = here.url + links.path(keys, request.id, "reject", deadline, request.nonce)
        holder = Decider(LINK_HOLDER, "link")
        if any(not deciders.too_much(holder, here.settings, [one]) for one in items):
            made["approve"] = here.url + links.path(keys, request.id, "approve", deadline, request.nonce)
    approvers = here.settings.approvers
    buttons = here.slack_app and bool(approvers.slack)
    nobody = not (made.get("approve") or approvers.iam or buttons)
    notice = telling.question(request, items, here.scope, here.commands, links=made, buttons=buttons, nobody=nobody)
    alerts.publish(here.clients, here.topic, notice)


def _tell_end(here: Environment, request: Request) -> None:
    items = of_request(here.table, request.id)
    link = ""
    if here.page and any(undoable(one, here.clock()) for one in items):
        link = here.url + links.path(here.keys(), request.id, "undo", here.clock() + UNDO_LINK, request.nonce)
    buttons = here.slack_app and bool(here.settings.approvers.slack)
    notice = telling.ended(request, items, here.scope, here.commands, link=link, buttons=buttons)
    alerts.publish(here.clients, here.topic, notice)

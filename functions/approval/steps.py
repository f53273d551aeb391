"""The steps of the approval workflow: ask, what to do once the time is over, and the end."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from functions.approval import links, telling
from functions.approval.environment import Environment
from functions.core import alerts, answers, requests, workflow
from functions.core.requests import Item, Request
from functions.core.state import parse_moment
from functions.core.types import Refused

UNDO_LINK = timedelta(days=7)
TRIES = 5


def ask(here: Environment, step: Mapping[str, Any]) -> dict[str, Any]:
    """Opens the request for answers, keeps the workflow's token in the table, and puts the question to people.

    Safe to repeat: links stay the same, and a request that was answered meanwhile wakes the workflow at once.
    """
    for _ in range(TRIES):
        request = requests.existing(here.table, str(step["request"]))
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
    request = answers.time_out(here.table, requests.existing(here.table, str(step["request"])), here.clock())
    if request.status == "timed_out":
        _tell_end(here, request)
    return {"status": request.status}


def finish(here: Environment, step: Mapping[str, Any]) -> dict[str, Any]:
    """Ends an answered request and tells everyone; repeated, it only tells again, under the same key."""
    request = requests.existing(here.table, str(step["request"]))
    if request.status in requests.OPEN and request.status not in requests.ANSWERED:
        raise Refused(f"request {request.id} has no answer yet ({request.status})")
    request = answers.finish(here.table, request, here.clock())
    _tell_end(here, request)
    return {"status": request.status}


STEPS = {"ask": ask, "expire": expire, "finish": finish}


def undoable(item: Item) -> bool:
    """Whether what was done to an item may be turned back from a page or a button."""
    return item.result == "done" and bool(item.action_id) and not item.detail


def _put_question(here: Environment, request: Request) -> None:
    items = requests.items(here.table, request.id)
    made = {}
    if here.page:
        keys, deadline = here.keys(), parse_moment(request.deadline)
        made["reject"] = here.url + links.path(keys, request.id, "reject", deadline, request.nonce)
        if here.settings.links_may == "anything" or request.irreversible < request.count:
            made["approve"] = here.url + links.path(keys, request.id, "approve", deadline, request.nonce)
    approvers = here.settings.approvers
    buttons = here.slack_app and bool(approvers.slack)
    nobody = not (made.get("approve") or approvers.iam or buttons)
    notice = telling.question(request, items, here.scope, here.commands, links=made, buttons=buttons, nobody=nobody)
    alerts.publish(here.clients, here.topic, notice)


def _tell_end(here: Environment, request: Request) -> None:
    items = requests.items(here.table, request.id)
    link = ""
    if here.page and any(undoable(one) for one in items):
        link = here.url + links.path(here.keys(), request.id, "undo", here.clock() + UNDO_LINK, request.nonce)
    buttons = here.slack_app and bool(here.settings.approvers.slack)
    notice = telling.ended(request, items, here.scope, here.commands, link=link, buttons=buttons)
    alerts.publish(here.clients, here.topic, notice)

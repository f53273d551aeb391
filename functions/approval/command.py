"""The `fusebox` command's answers, through a function URL that IAM guards: the ledger holds the real caller."""

from __future__ import annotations

import json
from typing import Any

from functions.approval import deciding
from functions.approval.deciders import Decider
from functions.approval.deciding import NotAllowed, Wish
from functions.approval.environment import Environment
from functions.approval.web import WebAnswer, WebRequest
from functions.core import requests
from functions.core.answers import NotOpen, told
from functions.core.types import Refused

LONGEST_DAYS = 3650


def answer(here: Environment, request: WebRequest) -> WebAnswer:
    """POST with {"request", "decision", "items", "reason", "owner", "days"} in JSON; answers in JSON."""
    if not request.caller:
        return _json(403, error="no caller: this URL takes requests that IAM has verified")
    if request.method != "POST" or request.content_type != "application/json":
        return _json(405, error="POST a JSON object")
    try:
        said = json.loads(request.body)
        who, wish = Decider(request.caller, "iam"), _wish(said)
        found = requests.existing(here.table, str(said["request"]))
        decide = {"approve": deciding.approve, "reject": deciding.reject}[said["decision"]]
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        return _json(400, error=f"not a decision: {error!r:.120}")
    except Refused as error:
        return _json(404, error=str(error))
    try:
        decided = decide(here, found, who, wish)
    except NotAllowed as error:
        return _json(403, error=str(error))
    except NotOpen as error:
        return _json(409, error=str(error))
    except Refused as error:
        return _json(400, error=str(error))
    return _json(200, request=decided.id, status=decided.status, by=who.by, told=told(decided))


def _wish(said: Any) -> Wish:
    if not isinstance(said, dict):
        raise TypeError("a JSON object is wanted")
    items, days = said.get("items"), int(said.get("days") or 0)
    if items is not None and not (isinstance(items, list) and all(isinstance(one, str) for one in items)):
        raise TypeError("items is null or a list of ids")
    if not 0 <= days <= LONGEST_DAYS:
        raise ValueError(f"days is 0 to {LONGEST_DAYS}")
    chosen = None if items is None else deciding.chosen(items)
    return Wish(chosen, str(said.get("reason") or ""), str(said.get("owner") or ""), days)


def _json(code: int, **body: Any) -> WebAnswer:
    return WebAnswer(code, json.dumps(body), {"content-type": "application/json"})

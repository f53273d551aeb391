"""One call of EC2 for many resources, in which one that is refused holds up no other."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.refusals import action_failed, surely_undone
from functions.core.types import ActionFailed, ResourceGone

Outcome = ActionFailed | ResourceGone | None
AT_MOST = 1000
"""Ids of one call."""
REFUSALS = 64
"""Refused calls of one batch, after which the rest is given up: then it is not single resources that are wrong."""
GONE = frozenset({"InvalidInstanceID", "InvalidID"})
NOT_FOUND = ".NotFound"
"""How EC2's codes end for what is not there: InvalidVolume.NotFound, InvalidInstanceID.NotFound."""
THROTTLED = frozenset({"RequestLimitExceeded", "Throttling", "ThrottlingException", "RequestThrottled"})
ID = re.compile(r"\b[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,17}\b")


def in_one_go(ids: Sequence[str], call: Callable[[Sequence[str]], Any]) -> dict[str, Outcome]:
    """Calls with as many ids as it takes; where that is refused, finds out which of them is to blame.

    EC2 refuses a whole request for one id. It often names it: then that one is tried alone and the others
    together. Else they are tried in halves.
    """
    ended: dict[str, Outcome] = {}
    todo = [list(ids[start : start + AT_MOST]) for start in range(0, len(ids), AT_MOST)]
    refusals = 0
    while todo:
        some = todo.pop()
        try:
            call(some)
        except ClientError as error:
            refusals += 1
            parts = [] if len(some) == 1 or _is_no_answer(error) or refusals >= REFUSALS else _parts(some, error)
            if parts:
                todo += parts
            else:
                ended |= dict.fromkeys(some, failed(error) if len(some) == 1 else _unproven(error))
        except BotoCoreError as error:
            ended |= dict.fromkeys(some, action_failed(error))
        else:
            ended |= dict.fromkeys(some)
    return ended


def failed(error: ClientError) -> Outcome:
    """What AWS's refusal of one resource means."""
    code = error.response["Error"]["Code"]
    if code in GONE or code.endswith(NOT_FOUND):
        return ResourceGone(str(error))
    return action_failed(error)


def _unproven(error: ClientError) -> ActionFailed:
    return ActionFailed(f"refused together with others: {error}", certain=surely_undone(error))


def _parts(some: list[str], error: ClientError) -> list[list[str]]:
    named = [one for one in some if one in set(ID.findall(str(error)))]
    others = [one for one in some if one not in named]
    if named and others:
        return [others, *([one] for one in named)]
    half = len(some) // 2
    return [some[:half], some[half:]]


def _is_no_answer(error: ClientError) -> bool:
    """Whether AWS did not come to judge the request: more calls would make that worse."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response["Error"]["Code"] in THROTTLED or status >= 500

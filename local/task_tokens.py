"""SendTaskSuccess, SendTaskFailure and SendTaskHeartbeat: a task is answered once, and only while it waits.

Source: https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html. TaskTimedOut is for
a token that expired or whose task is closed, InvalidToken for one that never was; TaskDoesNotExist is about
activities, which are not modelled.
"""

from __future__ import annotations

import json
import threading

from local import moto_tasks
from local.api import Answer, ApiError, ApiRequest
from local.iam import Check
from local.moto_tasks import TaskToken
from local.scope import Scope

MAX_OUTPUT = 262_144
"""Bytes of a task's output."""


class TaskTokens:
    """The answers to tasks. Two at once for the same task are taken one after the other."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._lock = threading.Lock()

    def handle(self, request: ApiRequest) -> Answer:
        """Answers the call."""
        params = request.params
        if request.operation == "SendTaskSuccess":
            _check_output(str(params.get("output", "")))
        with self._lock:
            token = self._open(str(params.get("taskToken", "")))
            if request.operation == "SendTaskSuccess":
                moto_tasks.succeed(token, params["output"])
            elif request.operation == "SendTaskFailure":
                moto_tasks.fail(token, params.get("error"), params.get("cause"))
            else:
                moto_tasks.beat(token)
        return Answer.json({})

    def watch_stop(self, request: ApiRequest) -> None:
        """An execution that was stopped waits for nobody any more."""
        moto_tasks.stop(self._scope, str(request.params["executionArn"]))

    def _open(self, text: str) -> TaskToken:
        token = moto_tasks.find(self._scope, text)
        if token is None:
            raise ApiError("InvalidToken", "Invalid Token: 'Invalid token'")
        if not token.open:
            raise ApiError("TaskTimedOut", "Task Timed Out: 'Provided task does not exist anymore'")
        return token


def _check_output(output: str) -> None:
    try:
        json.loads(output)
    except ValueError as error:
        raise ApiError("InvalidOutput", f"Invalid Output: '{error}'") from None
    if len(output.encode()) > MAX_OUTPUT:
        raise ApiError("ValidationException", f"the output has more than {MAX_OUTPUT} bytes")


def checks(request: ApiRequest, scope: Scope) -> list[Check]:
    """The state machine the token belongs to; none for a token that never was, which nobody may answer.

    Sources: the grants of the CDK's grantTaskResponse, and AWS's own refusals, which name the machine
    (https://github.com/NOAA-OWP/hydrovis/issues/837); the service authorization reference lists no resource.
    """
    token = moto_tasks.find(scope, str(request.params.get("taskToken", "")))
    return [] if token is None else [Check(request.action, token.machine_arn)]

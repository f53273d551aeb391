"""Starts the approval workflow of a request, and wakes the one that waits."""

from __future__ import annotations

import json
from datetime import datetime

from botocore.exceptions import ClientError

from functions.core import requests
from functions.core.clients import Clients
from functions.core.requests import Request
from functions.core.state import parse_moment
from functions.core.table import Table

GONE = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
"""The workflow no longer waits on a token: it has timed out, and reads the answer from the table by itself."""


def start(clients: Clients, table: Table, machine_arn: str, function: str, request_id: str, now: datetime) -> None:
    """Starts the workflow of a request that is still gathered, or a new one where the first must have died.

    Repeating it changes nothing: an execution's name is the request's id, a later one's its id and the hour.
    `function` is the name of the guardrail's function, which carries out what is approved.
    """
    request = requests.read(table, request_id)
    if request is None:
        return
    if request.overdue(now):
        restart(clients, machine_arn, function, request, now)
    elif request.status == "gathering":
        _execute(clients, machine_arn, function, request, request.id)


def restart(clients: Clients, machine_arn: str, function: str, request: Request, now: datetime) -> None:
    """Starts a new workflow, at most one an hour: it asks, times out, or carries out an answer that was given."""
    _execute(clients, machine_arn, function, request, f"{request.id}-{now:%Y%m%d%H}")


def _execute(clients: Clients, machine_arn: str, function: str, request: Request, name: str) -> None:
    given = {
        "request": request.id,
        "function": function,
        "gather_until": f"{parse_moment(request.gather_until or request.opened_at):%Y-%m-%dT%H:%M:%SZ}",
        "timeout_seconds": request.deadline_hours * 3600,
    }
    try:
        clients.get("stepfunctions").start_execution(stateMachineArn=machine_arn, name=name, input=json.dumps(given))
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionAlreadyExists":
            raise


def wake(clients: Clients, request: Request) -> bool:
    """Tells the workflow that its request has been answered; False where it no longer waits for that."""
    try:
        clients.get("stepfunctions").send_task_success(
            taskToken=request.token, output=json.dumps({"status": request.status})
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in GONE:
            return False
        raise
    return True

"""An account in moto, in this process: Fusebox's table and topic, and every API call written down."""

from __future__ import annotations

from typing import Any

import boto3

from functions.core.clients import Clients, Retries
from functions.core.entry import Function
from functions.core.guardrail import Guardrail
from functions.core.iam_actions import action_of, reads

REGION, ACCOUNT = "us-east-1", "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/fusebox-{REGION}-log-retention"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:fusebox-{REGION}-approval"
OWN = frozenset(
    {f"dynamodb:{name}" for name in ("BatchGetItem", "Query", "PutItem", "TransactWriteItems", "DeleteItem")}
    | {"sns:Publish", "states:StartExecution"}
)
"""Calls that functions/core makes for itself."""


class RecordingClients(Clients):
    """Clients that write down each call as "service:Operation", by IAM's name of the service."""

    def __init__(self) -> None:
        super().__init__(REGION)
        self.calls: list[str] = []

    def _make(self, service: str, retries: Retries) -> Any:
        client = super()._make(service, retries)
        client.meta.events.register("before-call.*", self._record)
        return client

    def _record(self, model: Any, **_: Any) -> None:
        self.calls.append(action_of(model.service_model.service_name, model.name))

    @property
    def writes(self) -> list[str]:
        """Calls that change something outside Fusebox's own table, topic and workflow."""
        return [call for call in self.calls if call not in OWN and not reads(call)]


def create_table(name: str = "fusebox") -> Any:
    """Fusebox's table as the stack makes it; returns its client."""
    client = boto3.client("dynamodb", region_name=REGION)
    text = [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "listing", "day", "at")]
    client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=text,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [{"AttributeName": index, "KeyType": "HASH"}, {"AttributeName": "at", "KeyType": "RANGE"}],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in ("listing", "day")
        ],
    )
    return client


def environment(topic: str) -> dict[str, str]:
    """The environment of a function, as the stack sets it."""
    return {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "FUSEBOX_NAME": f"fusebox-{REGION}",
        "FUSEBOX_TABLE": "fusebox",
        "FUSEBOX_ALERTS_TOPIC": topic,
        "FUSEBOX_STACK": "Fusebox",
        "FUSEBOX_APPROVAL_MACHINE": MACHINE,
        "FUSEBOX_DEADLINE_HOURS": "72",
        "FUSEBOX_OWNER_TAG": "owner",
        "AWS_LAMBDA_FUNCTION_NAME": f"fusebox-{REGION}-log-retention",
        "FUSEBOX_ROLE_ARN": ROLE,
        "POWERTOOLS_SERVICE_NAME": "fusebox",
    }


def function_of(guardrail: Guardrail[Any, Any], settings: Any, clients: Clients) -> Function:
    """The guardrail's function as Lambda would run it, with the settings in place of its settings.json."""
    function = Function(guardrail)
    vars(function).update(settings=settings, clients=clients)
    return function


class Context:
    """What Lambda hands a handler; `remaining` gives the milliseconds left, answer by answer."""

    function_name = "fusebox-us-east-1-log-retention"
    aws_request_id = "c0ffee00-0000-4000-8000-000000000000"

    def __init__(self, *remaining: int) -> None:
        self._remaining = list(remaining)

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining.pop(0) if self._remaining else 600_000

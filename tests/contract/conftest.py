"""One account for each test, with the guardrail's world in it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.ec2.models import instance_types

from functions.core.entry import Function
from functions.core.guardrail import Guardrail
from functions.registry import GUARDRAILS
from tests.aws_world import MACHINE, REGION, ROLE, RecordingClients, create_table, environment, function_of
from tests.contract import scaling_world
from tests.contract.worlds import WORLDS, World


@dataclass(frozen=True)
class Stage:
    """A guardrail in its world."""

    guardrail: Guardrail[Any, Any]
    world: World
    clients: RecordingClients

    def function(self, mode: str) -> Function:
        return function_of(self.guardrail, self.world.settings(mode), self.clients)


@pytest.fixture(autouse=True)
def few_instance_types(monkeypatch: pytest.MonkeyPatch) -> None:
    """moto knows a thousand types, and writes them out at every sweep for seconds."""
    some = {name: about for name, about in instance_types.INSTANCE_TYPES.items() if name.startswith(("p3", "m5."))}
    monkeypatch.setattr(instance_types, "INSTANCE_TYPES", some)
    monkeypatch.setattr(instance_types.InstanceTypeBackend, "instance_types", [*map(instance_types.InstanceType, some)])


@pytest.fixture(autouse=True)
def what_moto_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls of a guardrail that moto does not know."""
    scaling_world.teach_moto(monkeypatch)


@pytest.fixture(params=GUARDRAILS, ids=lambda guardrail: guardrail.name)
def guardrail(request: pytest.FixtureRequest) -> Guardrail[Any, Any]:
    found: Guardrail[Any, Any] = request.param
    return found


@cache
def clients_of(guardrail: str) -> RecordingClients:
    """One set for all tests of a guardrail: making clients takes longer than most tests, and leaves much behind."""
    clients = RecordingClients()
    WORLDS[guardrail].teach(clients)
    return clients


@pytest.fixture
def stage_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Stage]]:
    with mock_aws():
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        for key, value in environment("").items():
            monkeypatch.setenv(key, value)
        topic = boto3.client("sns", region_name=REGION).create_topic(Name="alerts")["TopicArn"]
        monkeypatch.setenv("FUSEBOX_ALERTS_TOPIC", topic)
        create_table()
        boto3.client("stepfunctions", region_name=REGION).create_state_machine(
            name=MACHINE.rsplit(":", 1)[1],
            definition=json.dumps({"StartAt": "Ask", "States": {"Ask": {"Type": "Succeed"}}}),
            roleArn=ROLE,
        )

        def stage(guardrail: Guardrail[Any, Any], *, furnished: bool = True) -> Stage:
            world = WORLDS[guardrail.name]
            if furnished:
                world.seed()
            clients = clients_of(guardrail.name)
            clients.calls = []
            return Stage(guardrail, world, clients)

        yield stage

"""What a listing tells of a resource, and which instances are never stopped whatever they lack."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.core.types import Scope
from functions.tag_check.catalog.kinds import KINDS
from functions.tag_check.describing import resource_of
from functions.tag_check.facts import Resource
from functions.tag_check.listing import Item
from tests.unit.tag_check.builders import (
    ACCOUNT,
    ID,
    INSTANCE,
    LONG_AGO,
    NOTEBOOK,
    NOW,
    REGION,
    judged,
    policy,
    quarantine,
)

SCOPE = Scope(ACCOUNT, REGION)


def described(tags: dict[str, str] | None = None, type: str = INSTANCE, **raw: Any) -> Resource:
    kind, id = KINDS[type], ID if type == INSTANCE else "lab"
    about = {"InstanceType": "m5.large", "State": {"Name": "running"}, "RootDeviceType": "ebs", **raw}
    item = Item(kind, id, kind.arn_of(id, SCOPE), LONG_AGO, tags or {}, about)
    return resource_of(item, NOW, SCOPE, listed=True)


def test_an_instance_has_its_type_its_state_and_its_price() -> None:
    found = described()
    assert (found.instance_type, found.state, found.bars) == ("m5.large", "running", "")
    assert found.monthly > 0


def test_what_is_not_priced_on_demand_has_no_price() -> None:
    assert described(InstanceLifecycle="spot").monthly == 0
    assert described(InstanceType="x99.mega").monthly == 0


BARRED = {
    "a member of a group": (
        {"tags": {"aws:autoscaling:groupName": "web"}},
        "its Auto Scaling group web would replace it",
    ),
    "a node of a cluster": ({"tags": {"eks:cluster-name": "ml"}}, "EKS cluster ml"),
    "a node of any Kubernetes": ({"tags": {"kubernetes.io/cluster/ml": "owned"}}, "Kubernetes cluster ml"),
    "one that AWS runs": ({"Operator": {"Managed": True, "Principal": "eks.amazonaws.com"}}, "eks.amazonaws.com"),
    "a spot instance": ({"InstanceLifecycle": "spot"}, "bought as spot"),
    "a capacity block": ({"InstanceLifecycle": "capacity-block"}, "bought as capacity-block"),
    "one without a disk of its own": ({"RootDeviceType": "instance-store"}, "it cannot stop"),
}


@pytest.mark.parametrize(("raw", "why"), BARRED.values(), ids=BARRED)
def test_these_are_never_stopped(raw: dict[str, Any], why: str) -> None:
    found = described(**raw)
    assert why in found.bars
    asked = policy(quarantine=quarantine(after_hours=1))
    assert judged(replace(found, first_told=LONG_AGO), asked).action is None


@pytest.mark.parametrize("state", ["pending", "stopping", "stopped", "shutting-down"])
def test_only_what_runs_is_running(state: str) -> None:
    assert described(State={"Name": state}).state == state


@pytest.mark.parametrize(
    ("status", "state"),
    [("InService", "running"), ("Stopped", "stopped"), ("Stopping", ""), ("Failed", ""), ("Deleting", "")],
)
def test_the_state_of_a_notebook(status: str, state: str) -> None:
    assert described(type=NOTEBOOK, NotebookInstanceStatus=status).state == state

"""idle_gpu from telemetry to the stop, along the template's own wiring."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local import LocalAccount
from local.fleets import InstanceSeed
from local.moto_metrics import MetricSeed
from tests.e2e.asking import approve, ends, links
from tests.e2e.conftest import START, alerts

POLICY = """
alerts: {email: [finops@example.com]}
operations: {email: [platform@example.com]}
approval: {page: function_url, links_may: anything}
guardrails:
  log_retention: {mode: observe}
  idle_gpu: {mode: enforce}
"""
PERIOD = timedelta(minutes=5)
Fleet = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def watching(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stack with idle_gpu in enforce mode at its default settings."""
    from functions.policy import load_policy
    from stacks.synthesis import new_app, synthesise

    folder = tmp_path_factory.mktemp("watching")
    (folder / "fusebox.yaml").write_text(POLICY)
    return synthesise(new_app(folder / "cdk.out"), load_policy(folder / "fusebox.yaml"))


@pytest.fixture
def account(watching: Path) -> Iterator[LocalAccount]:
    with LocalAccount(watching, start=START) as account:
        yield account


def telemetry(instance: str, now: datetime, hours: float, **most: float) -> list[MetricSeed]:
    """Series of an instance for the last hours, up to so much: `gpu` or `gpu_0` …, `memory`, `cpu`, `network`."""
    rnd = random.Random(instance)
    steps = int(timedelta(hours=hours) / PERIOD)
    start = now.replace(second=0, microsecond=0)
    times = [start - PERIOD * step for step in range(steps, -1, -1)]
    names: Mapping[str, tuple[str, tuple[str, ...]]] = {
        "gpu": ("CWAgent", ("nvidia_smi_utilization_gpu",)),
        "memory": ("CWAgent", ("nvidia_smi_memory_used",)),
        "cpu": ("AWS/EC2", ("CPUUtilization",)),
        "network": ("AWS/EC2", ("NetworkIn", "NetworkOut")),
    }
    seeds = []
    for what, top in most.items():
        kind, _, device = what.partition("_")
        namespace, metrics = names[kind]
        dimensions = [("InstanceId", instance)]
        if namespace == "CWAgent":
            dimensions += [("index", device or "0"), ("name", "Tesla T4"), ("arch", "Turing"), ("host", "ip-10-0-0-1")]
        for metric in metrics:
            points = tuple((at, top * rnd.uniform(0.8, 1.0)) for at in times)
            seeds.append(MetricSeed(namespace, metric, tuple(dimensions), points))
    return seeds


QUIET = {"cpu": 1.0, "network": 50_000.0}


@pytest.fixture
def fleet(account: LocalAccount) -> Fleet:
    """Makes instances by name that have run for three days, each with its telemetry."""

    def make(**instances: dict[str, Any]) -> dict[str, str]:
        now = account.clock.now()
        seeds = [
            InstanceSeed(name, one.get("type", "g4dn.xlarge"), now - timedelta(days=3), one.get("tags", {}))
            for name, one in instances.items()
        ]
        ids = account.seed_instances(seeds)
        for name, one in instances.items():
            account.seed_metrics(telemetry(ids[name], now, one.get("hours", 6), **one["series"]))
        return ids

    return make


def sweep(account: LocalAccount) -> None:
    account.run_schedule("fusebox-us-east-1-idle-gpu-sweep")


def states(account: LocalAccount, ids: dict[str, str]) -> dict[str, str]:
    found = account.client("ec2").describe_instances(InstanceIds=list(ids.values()))["Reservations"]
    by_id = {one["InstanceId"]: one["State"]["Name"] for part in found for one in part["Instances"]}
    return {name: by_id[one] for name, one in ids.items()}


def stops(account: LocalAccount) -> list[str]:
    """The instances that Fusebox's role stopped, one for each accepted call and instance."""
    return [
        str(one)
        for call in account.calls
        if call.action == "ec2:StopInstances" and call.error is None and call.principal != "owner"
        for one in call.params["InstanceIds"]
    ]


def test_only_what_is_idle_by_every_series_is_stopped(account: LocalAccount, fleet: Fleet) -> None:
    ids = fleet(
        idle={"series": {"gpu": 0.0, **QUIET}, "type": "p3.2xlarge"},
        busy={"series": {"gpu": 80.0, "cpu": 40.0, "network": 9e6}},
        one_of_four={
            "series": {"gpu_0": 0.0, "gpu_1": 0.0, "gpu_2": 0.0, "gpu_3": 70.0, **QUIET},
            "type": "g4dn.12xlarge",
        },
        starved={"series": {"gpu": 0.5, "cpu": 95.0, "network": 9e8}},
        agent_died={"series": {**QUIET}},
        protected={"series": {"gpu": 0.0, **QUIET}, "tags": {"fusebox:protect": "yes"}},
        exempt={"series": {"gpu": 0.0, **QUIET}, "tags": {"fusebox:exempt-until": "2027-01-01"}},
    )
    sweep(account)
    now = states(account, ids)
    assert [name for name, state in now.items() if state != "running"] == ["idle"]
    assert stops(account) == [ids["idle"]]
    assert account.losses == []


def test_two_triggers_at_once_stop_it_once_and_say_it_once(account: LocalAccount, fleet: Fleet) -> None:
    ids = fleet(idle={"series": {"gpu": 0.0, **QUIET}, "type": "p3.2xlarge"})
    event = {
        "version": "0",
        "detail-type": "EC2 Instance State-change Notification",
        "source": "aws.ec2",
        "account": "123456789012",
        "time": f"{account.clock.now():%Y-%m-%dT%H:%M:%SZ}",
        "region": "us-east-1",
        "resources": [f"arn:aws:ec2:us-east-1:123456789012:instance/{ids['idle']}"],
        "detail": {"instance-id": ids["idle"], "state": "running"},
    }
    for number in range(3):
        account.put_event(event | {"id": f"{number:08}-0000-4000-8000-000000000000"})
    sweep(account)
    account.advance(timedelta(minutes=10))
    assert stops(account) == [ids["idle"]]
    assert len([text for text in alerts(account) if "1 done" in text]) == 1


def test_memory_that_is_held_asks_first_and_the_answer_stops_it(account: LocalAccount, fleet: Fleet) -> None:
    ids = fleet(notebook={"series": {"gpu": 0.0, "memory": 9000.0, **QUIET}, "type": "p3.2xlarge"})
    sweep(account)
    assert states(account, ids) == {"notebook": "running"}
    (text,) = alerts(account)
    assert "of GPU memory held" in text
    assert "restart not guaranteed" in text
    assert approve(links(account)["approve"]).status == 303
    account.settle()
    assert states(account, ids) == {"notebook": "stopped"}
    assert ends(account) == ["SUCCEEDED: ApprovedAndDone"]


def test_an_approval_stops_nothing_that_has_begun_to_work(account: LocalAccount, fleet: Fleet) -> None:
    ids = fleet(notebook={"series": {"gpu": 0.0, "memory": 9000.0, **QUIET}, "type": "p3.2xlarge"})
    sweep(account)
    account.seed_metrics(telemetry(ids["notebook"], account.clock.now(), 0, gpu=90.0))
    assert approve(links(account)["approve"]).status == 303
    account.settle()
    assert states(account, ids) == {"notebook": "running"}
    assert ends(account) == ["SUCCEEDED: Superseded"]


def test_an_undo_starts_it_again(account: LocalAccount, fleet: Fleet, fusebox: Callable[..., Any]) -> None:
    ids = fleet(notebook={"series": {"gpu": 0.0, "memory": 9000.0, **QUIET}, "type": "p3.2xlarge"})
    sweep(account)
    approve(links(account)["approve"])
    account.settle()
    assert states(account, ids) == {"notebook": "stopped"}
    from tests.e2e.asking import undo

    assert undo(links(account)["undo"]).status == 303
    account.settle()
    assert states(account, ids) == {"notebook": "running"}
    account.advance(timedelta(hours=5))
    assert states(account, ids) == {"notebook": "running"}

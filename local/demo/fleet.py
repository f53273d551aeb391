"""An AI team's accelerated instances, one of each kind, with a day of telemetry."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from local.account import LocalAccount
from local.fleets import InstanceSeed
from local.moto_metrics import MetricSeed

PERIOD = timedelta(minutes=5)
HOURS = 25
QUIET = {"cpu": 1.0, "network": 50_000.0}
SERIES = {
    "gpu": ("CWAgent", ("nvidia_smi_utilization_gpu",)),
    "memory": ("CWAgent", ("nvidia_smi_memory_used",)),
    "cpu": ("AWS/EC2", ("CPUUtilization",)),
    "network": ("AWS/EC2", ("NetworkIn", "NetworkOut")),
}
AGENT = (("index", "0"), ("name", "NVIDIA A10G"), ("arch", "Ampere"), ("host", "ip-10-0-0-7"))
"""What the CloudWatch agent adds to InstanceId, besides the number of the GPU in `index`."""


@dataclass(frozen=True)
class Machine:
    """An instance: how much of each series it shows at the most, and until how many hours ago."""

    name: str
    type: str
    series: dict[str, float]
    silent_hours: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


MACHINES = (
    Machine("forgotten-p3", "p3.2xlarge", {"gpu_0": 0.0, **QUIET}),
    Machine("notebook-ada", "p3.8xlarge", {f"gpu_{n}": 0.0 for n in range(4)} | {"memory": 14_000.0, **QUIET}),
    Machine(
        "training", "p4d.24xlarge", {f"gpu_{n}": 0.0 for n in range(7)} | {"gpu_7": 96.0, "cpu": 30.0, "network": 9e8}
    ),
    Machine("starved-loader", "g5.xlarge", {"gpu_0": 0.4, "cpu": 97.0, "network": 9e8}),
    Machine("no-agent", "g4dn.xlarge", {**QUIET}),
    Machine("agent-died", "g5.xlarge", {"gpu_0": 0.0, **QUIET}, silent_hours={"gpu_0": 3.0}),
    Machine("keep-this-one", "g5.xlarge", {"gpu_0": 0.0, **QUIET}, tags={"fusebox:protect": "yes"}),
    Machine(
        "exempt",
        "g5.xlarge",
        {"gpu_0": 0.0, **QUIET},
        tags={
            "fusebox:exempt-until": "2099-01-01",
            "fusebox:exempt-owner": "bob@example.com",
            "fusebox:exempt-reason": "customer demo",
        },
    ),
)


def move_in(account: LocalAccount) -> dict[str, str]:
    """Fills the account with the machines and their telemetry; returns their ids by name."""
    now = account.clock.now()
    launched = now - timedelta(days=9)
    ids = account.seed_instances(InstanceSeed(one.name, one.type, launched, one.tags) for one in MACHINES)
    for machine in MACHINES:
        account.seed_metrics(
            series
            for what, most in machine.series.items()
            for series in _series(ids[machine.name], what, most, now, machine.silent_hours.get(what, 0.0))
        )
    return ids


def states(account: LocalAccount, ids: dict[str, str]) -> dict[str, str]:
    """The state of each machine by its name."""
    pages = account.client("ec2").get_paginator("describe_instances").paginate(InstanceIds=list(ids.values()))
    found = {
        one["InstanceId"]: one["State"]["Name"]
        for page in pages
        for r in page["Reservations"]
        for one in r["Instances"]
    }
    return {name: found[one] for name, one in ids.items()}


def _series(instance: str, what: str, most: float, now: datetime, silent: float) -> list[MetricSeed]:
    rnd = random.Random(f"{instance} {what}")  # noqa: S311 - a repeatable fleet, no secret
    kind, _, device = what.partition("_")
    namespace, metrics = SERIES[kind]
    last = now.replace(minute=now.minute - now.minute % 5, second=0, microsecond=0) - timedelta(hours=silent)
    times = [last - PERIOD * step for step in range(int((HOURS - silent) * 12), -1, -1)]
    dimensions = [("InstanceId", instance)]
    if namespace == "CWAgent":
        dimensions += [("index", device or "0"), *AGENT[1:]]
    return [
        MetricSeed(namespace, metric, tuple(dimensions), tuple((at, most * rnd.uniform(0.8, 1.0)) for at in times))
        for metric in metrics
    ]

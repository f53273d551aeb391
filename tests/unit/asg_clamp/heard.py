"""A stage that remembers everything it was told, and the people and policies that act on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from functions.asg_clamp.aws import ScalingGroups
from functions.asg_clamp.guardrail import GUARDRAIL
from functions.asg_clamp.settings import AsgClampSettings
from functions.core import ledger, state
from functions.core.memory import Memory
from functions.core.report import RunReport
from tests.unit.asg_clamp.cloud import Cloud, CloudClients, Group, refusal
from tests.unit.asg_clamp.stage import SCOPE, Stage, launch_event


class Crash(BaseException):
    """The function's process ends between two calls."""


class CloudWatch:
    """Alarms by name, and the calls about them."""

    def __init__(self) -> None:
        self.alarms: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []

    def describe_alarms(self, **request: Any) -> dict[str, Any]:
        self.calls.append("describe_alarms")
        return {
            "MetricAlarms": [one for name, one in self.alarms.items() if name.startswith(request["AlarmNamePrefix"])]
        }

    def put_metric_alarm(self, **alarm: Any) -> None:
        self.calls.append("put_metric_alarm")
        self.alarms[alarm["AlarmName"]] = alarm

    def delete_alarms(self, AlarmNames: list[str]) -> None:
        self.calls.append("delete_alarms")
        for name in AlarmNames:
            del self.alarms[name]


class Clients(CloudClients):
    """Clients of an account that has alarms, too."""

    def __init__(self, cloud: Cloud, watch: CloudWatch) -> None:
        super().__init__(cloud)
        self._watch = watch

    def get(self, service: str, retries: str = "standard") -> Any:
        return self._watch if service == "cloudwatch" else super().get(service, retries)


@dataclass
class Heard(Stage):
    """A stage on which nothing is lost: `heard` gathers how each resource ended that was told of, in order."""

    heard: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    watch: CloudWatch = field(default_factory=CloudWatch)
    launches: int = 0

    @property
    def account(self) -> ScalingGroups:
        clients: Any = Clients(self.cloud, self.watch)
        memory = Memory(self.table, GUARDRAIL.name)
        return ScalingGroups(clients, SCOPE, self.settings, self.clock, memory, sleep=lambda seconds: None)

    def _tell(self, report: RunReport) -> RunReport:
        self.heard += sorted(report.new.elements())
        self.requests += [one for one in report.requests if one not in self.requests]
        return super()._tell(report)

    @property
    def group(self) -> Group:
        """The only group there is."""
        (only,) = self.cloud.groups.values()
        return only

    def with_settings(self, **changes: Any) -> None:
        """The owner changes the policy."""
        self.settings = replace(self.settings, **changes)

    def climb(self, by: int, *, name: str = "") -> list[dict[str, Any]]:
        """A policy wants more; returns the events of what was launched, none of them delivered."""
        group = self.cloud.groups[name] if name else self.group
        before = group.desired
        group.scale_out(by)
        raws = []
        for _ in range(group.desired - before):
            self.launches += 1
            raws.append(launch_event(group.name, f"a{self.launches}", self.now, before=before, after=group.desired))
        return raws

    def deliver(self, raws: list[dict[str, Any]]) -> list[RunReport]:
        """The events arrive, one after another."""
        reports = []
        for raw in raws:
            self.later(seconds=1)
            reports.append(self.event(raw))
        return reports

    def person_sets(self, **sizes: int) -> None:
        """Somebody sets sizes by hand: `min`, `max`, `desired`."""
        names = {"min": "minimum", "max": "maximum", "desired": "desired"}
        for key, value in sizes.items():
            setattr(self.group, names[key], value)
        self.group.reconcile()

    def pause(self) -> None:
        state.pause(self.table, GUARDRAIL.name, by="ada", reason="wait", now=self.now)

    def resume(self) -> None:
        state.resume(self.table, GUARDRAIL.name)

    def exempt(self, days: int = 30) -> None:
        arn = next(iter(self.account.pages(""))).facts[0].arn
        one = state.Exemption(arn, "ada", "a launch party", self.now + timedelta(days=days))
        state.exempt(self.table, [one], self.now)

    def sweeps(self, count: int, **apart: float) -> None:
        for _ in range(count):
            self.later(**(apart or {"minutes": 30}))
            self.sweep()


def on(settings: AsgClampSettings, *groups: Group) -> Heard:
    """A stage with these groups, of which `train` with 5 of at most 100 is the first where none is given."""
    return Heard(Cloud(*(groups or (Group("train"),))), settings)


def at_call(number: int, then: Callable[[], object]) -> Callable[[str], None]:
    """Does something right before the so-manieth call."""
    calls: Iterator[int] = iter(range(10_000))

    def between(call: str) -> None:
        if next(calls) == number:
            then()

    return between


def prior_of(entry: ledger.Entry) -> Any:
    """What an action overwrote."""
    action: Any = entry["action"]
    return action["prior"]


def crash() -> None:
    raise Crash


def refuse(name: str) -> None:
    raise refusal(f"{name}: You must use a valid fully-formed launch template")

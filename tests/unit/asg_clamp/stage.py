"""asg_clamp at work on a cloud in memory: sweeps, events, approvals and undos, with a clock that stands still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from functions.asg_clamp.aws import ScalingGroups
from functions.asg_clamp.facts import Group as Facts
from functions.asg_clamp.guardrail import GUARDRAIL
from functions.asg_clamp.settings import AsgClampSettings
from functions.core import answers, approved, engine, ledger, requests, undoing
from functions.core.events import Heard, Skip, read_event
from functions.core.items import of_request
from functions.core.memory import Memory
from functions.core.recorded import find_one
from functions.core.report import RunReport
from functions.core.requests import Answer
from functions.core.run import Run
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Scope, iso
from functions.core.undoing import Undoer, Undone
from tests.unit.asg_clamp.cloud import Cloud, CloudClients

SCOPE = Scope("123456789012", "us-east-1", "aws", "arn:aws:iam::123456789012:role/fusebox-us-east-1-asg-clamp")
START = datetime(2026, 11, 25, 12, tzinfo=UTC)
OWN = "fusebox-us-east-1-"


def enforce(**more: Any) -> AsgClampSettings:
    return AsgClampSettings(mode="enforce", **more)


@dataclass
class Stage:
    """A cloud, Fusebox's table, and the time; `told` gathers what each look had to tell."""

    cloud: Cloud
    settings: AsgClampSettings
    table: SqliteTable = field(default_factory=lambda: SqliteTable(Path(":memory:")))
    now: datetime = START
    looks: int = 0
    told: list[RunReport] = field(default_factory=list)

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def clock(self) -> datetime:
        # Every look takes a moment, so that what follows is younger than what it follows on.
        self.now += timedelta(milliseconds=1)
        return self.now

    @property
    def account(self) -> ScalingGroups:
        clients: Any = CloudClients(self.cloud)
        memory = Memory(self.table, GUARDRAIL.name)
        return ScalingGroups(clients, SCOPE, self.settings, self.clock, memory, sleep=lambda seconds: None)

    def run(self) -> Run[Facts, AsgClampSettings]:
        self.looks += 1
        return Run(
            GUARDRAIL, self.settings, self.account, self.table, self.clock, OWN, f"20261125T120000-{self.looks:06x}"
        )

    def sweep(self) -> RunReport:
        run = self.run()
        report = run.new_report()
        engine.sweep(run, report, "", stop=lambda: False)
        return self._tell(report)

    def event(self, raw: dict[str, Any]) -> RunReport:
        """An event on its way through the function: noted, then the group is looked at."""
        event = read_event(raw)
        named = GUARDRAIL.subjects(event, SCOPE)
        assert not isinstance(named, Skip | Heard), named
        run = self.run()
        account: Any = run.account
        account.note(event)
        return self._tell(engine.look_at(run, named))

    def approve(self, request: str) -> RunReport:
        """A person says yes to all of a request, and its workflow acts."""
        asked = requests.existing(self.table, request)
        held = of_request(self.table, request)
        at = iso(self.clock())
        question = answers.ask(self.table, asked, "token", "nonce", self.clock())
        assert question is not None
        every = tuple(one.id for one in held)
        answers.approve(self.table, question, Answer("ada", "iam", at, every, until=at), held)
        run = self.run()
        report = run.new_report()
        approved.act_on(run, requests.existing(self.table, request), report, stop=lambda: False)
        return report

    def undo(self, action_id: str) -> Undone:
        undoer = Undoer(
            GUARDRAIL, self.settings, self.account, self.table, self.clock, OWN, "arn:aws:iam::123456789012:user/ada"
        )
        prepared = undoing.prepare(undoer, find_one(self.table, action_id))
        return undoing.carry_out(undoer, prepared, reason="a test", exempt_for=timedelta(days=30))

    def done(self) -> list[ledger.Entry]:
        """What the ledger holds as done, in the order of time: the intents."""
        entries = list(ledger.entries_since(self.table, START - timedelta(days=1), self.now))
        ended = {one["action_id"] for one in entries if one["kind"] == ledger.OUTCOME and one["result"] == "done"}
        return [one for one in entries if one["kind"] in (ledger.INTENT, ledger.UNDO) and one["action_id"] in ended]

    def _tell(self, report: RunReport) -> RunReport:
        if report.has_news:
            self.told.append(report)
        return report


Interference = Callable[[str], None]


def launch_event(
    group: str, activity: str, at: datetime, *, before: int, after: int, ok: bool = True, policy: str = "leak-out"
) -> dict[str, Any]:
    """A launch as EventBridge delivers it."""
    time = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    cause = (
        f"At {time} a monitor alarm leak in state ALARM triggered policy {policy} changing the desired capacity from "
        f"{before} to {after}.  At {time} an instance was started in response to a difference between desired and "
        f"actual capacity, increasing the capacity from {before} to {after}."
    )
    return {
        "version": "0",
        "id": f"event-{activity}",
        "detail-type": f"EC2 Instance Launch {'Successful' if ok else 'Unsuccessful'}",
        "source": "aws.autoscaling",
        "account": SCOPE.account,
        "time": time,
        "region": SCOPE.region,
        "resources": [],
        "detail": {
            "StatusCode": "InProgress" if ok else "Failed",
            "Description": "Launching a new EC2 instance: i-0123456789abcdef0",
            "AutoScalingGroupName": group,
            "ActivityId": activity,
            "Details": {"Availability Zone": "us-east-1a"},
            "StatusMessage": "" if ok else "We currently do not have sufficient capacity",
            "EndTime": time,
            "EC2InstanceId": "i-0123456789abcdef0" if ok else "",
            "StartTime": time,
            "Cause": cause,
        },
    }

"""tag_check's function at work in moto: sweeps, events, answers and undos, with a clock that moves when told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from moto.ec2.models import ec2_backends

from functions.core import answers, approved, engine, ledger, requests, undoing
from functions.core.clients import Clients, Retries
from functions.core.entry import Function
from functions.core.items import of_request
from functions.core.memory import Memory
from functions.core.recorded import find_one
from functions.core.report import RunReport
from functions.core.requests import Answer
from functions.core.run import Run, new_run_id
from functions.core.sqlite_table import SqliteTable
from functions.core.types import Disposition, Scope, iso
from functions.core.undoing import Undoer
from functions.tag_check.aws import Resources
from functions.tag_check.facts import Resource
from functions.tag_check.guardrail import GUARDRAIL
from functions.tag_check.settings import TagCheckSettings
from tests.aws_world import ACCOUNT, REGION, Context, RecordingClients, function_of

IMAGE = "ami-12c6146b"
"""One of those that moto comes with."""
SCOPE = Scope(ACCOUNT, REGION)
OWN = f"fusebox-{REGION}-"
Sent = Callable[[Any], bool]


class SharingClients(RecordingClients):
    """Recording clients of one botocore session, which reads what it knows of each service once."""

    @property
    def session(self) -> Any:
        return _session()


@cache
def _session() -> Any:
    return Clients(REGION).session


@cache
def client(service: str) -> Any:
    """What people use; making one takes as long as launching an instance."""
    return boto3.client(service, region_name=REGION)


def pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def launch(tags: Mapping[str, str] | None = None, count: int = 1, kind: str = "m5.large", **how: Any) -> list[str]:
    """Running instances; returns their ids."""
    if tags:
        how["TagSpecifications"] = [{"ResourceType": "instance", "Tags": pairs(tags)}]
    made = client("ec2").run_instances(ImageId=IMAGE, InstanceType=kind, MinCount=count, MaxCount=count, **how)
    return [str(one["InstanceId"]) for one in made["Instances"]]


def arn(id: str) -> str:
    return f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{id}"


def tags_of(id: str) -> dict[str, str]:
    return {tag["key"]: tag["value"] for tag in ec2_backends[ACCOUNT][REGION].describe_tags({"resource-id": [id]})}


def state_of(id: str) -> str:
    return str(ec2_backends[ACCOUNT][REGION].get_instance(id)._state.name)


def created(*ids: str, by: str = "alice", at: datetime | None = None) -> dict[str, Any]:
    """The event of a launch, as EventBridge delivers it."""
    now = at or datetime.now(UTC)
    return {
        "id": f"made-{ids[0]}",
        "source": "aws.ec2",
        "detail-type": "AWS API Call via CloudTrail",
        "account": ACCOUNT,
        "region": REGION,
        "time": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "resources": [],
        "detail": {
            "eventSource": "ec2.amazonaws.com",
            "eventName": "RunInstances",
            "userIdentity": {"type": "IAMUser", "userName": by},
            "requestParameters": {},
            "responseElements": {"instancesSet": {"items": [{"instanceId": id} for id in ids]}},
        },
    }


def retagged(arn: str, *keys: str) -> dict[str, Any]:
    """The event of changed tags, as EventBridge delivers it."""
    return {
        "id": f"tags-{arn}",
        "source": "aws.tag",
        "detail-type": "Tag Change on Resource",
        "account": ACCOUNT,
        "region": REGION,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "resources": [arn],
        "detail": {"changed-tag-keys": list(keys), "tags": {}},
    }


@dataclass
class Stage:
    """An account, Fusebox's table, and the time: an hour after everything was made."""

    settings: TagCheckSettings
    table: SqliteTable = field(default_factory=lambda: SqliteTable(Path(":memory:")))
    clients: RecordingClients = field(default_factory=lambda: SharingClients())
    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(hours=1))
    sweeps: int = 0

    def clock(self) -> datetime:
        # Every look takes a moment, so that what follows is younger than what it follows on.
        self.now += timedelta(milliseconds=1)
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)

    def policy(self, **changes: Any) -> None:
        """The owner changes the policy."""
        self.settings = replace(self.settings, **changes)
        vars(self).pop("function", None)

    @cached_property
    def function(self) -> Function:
        made = function_of(GUARDRAIL, self.settings, self.clients)
        vars(made).update(table=self.table, clock=self.clock, start=lambda wanted: None)
        return made

    @property
    def account(self) -> Resources:
        found: Resources = self.function.account
        return found

    def planned(self) -> Resources:
        """The account as a plan sees it: nothing is noted."""
        memory = Memory(self.table, GUARDRAIL.name, lasts=False)
        return Resources(self.clients, SCOPE, self.settings, self.clock, memory)

    # --- looks

    def sweep(self, cursor: str = "") -> RunReport:
        self.sweeps += 1
        step = {"fusebox": "sweep", "execution": str(self.sweeps), "started": iso(self.now), "cursor": cursor}
        return RunReport.from_json(self.function.handle({**step, "report": None}, Context())["report"])

    def hear(self, event: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = self.function.handle(event, Context())
        return found

    def facts(self) -> list[Resource]:
        return [one for page in self.account.pages("") for one in page.facts]

    def verdicts(self) -> dict[str, str]:
        return {one.id: GUARDRAIL.decide(one, self.settings, self.clock()).verdict for one in self.facts()}

    # --- people

    def approve(self, request: str) -> RunReport:
        """A person says yes to all of a request, and its workflow acts."""
        held, at = of_request(self.table, request), iso(self.clock())
        asked = answers.ask(self.table, requests.existing(self.table, request), "token", "nonce", self.clock())
        assert asked is not None
        every = tuple(one.id for one in held)
        answers.approve(self.table, asked, Answer("ada", "iam", at, every, until=at), held)
        run = self.run()
        report = run.new_report()
        approved.act_on(run, requests.existing(self.table, request), report, stop=lambda: False)
        return report

    def undo(self, resource: str) -> Disposition:
        """Turns the last change of a resource back."""
        undoer = Undoer(GUARDRAIL, self.settings, self.account, self.table, self.clock, OWN, "ada")
        prepared = undoing.prepare(undoer, find_one(self.table, self.actions(resource)[-1]))
        return undoing.carry_out(undoer, prepared, reason="", exempt_for=timedelta(days=1)).disposition

    def run(self) -> Run[Any, Any]:
        return Run(GUARDRAIL, self.settings, self.account, self.table, self.clock, OWN, new_run_id(self.clock()))

    def look_at(self, *arns: str) -> RunReport:
        return engine.look_at(self.run(), arns)

    # --- what became of it

    def history(self, resource: str, kind: str) -> list[dict[str, Any]]:
        entries = [one for one in ledger.entries_of_resource(self.table, resource) if one["kind"] == kind]
        return sorted(entries, key=lambda one: str(one["at"]))

    def actions(self, resource: str) -> list[str]:
        return [str(one["action_id"]) for one in self.history(resource, ledger.INTENT)]

    def ends(self, resource: str) -> list[str]:
        return [str(one["result"]) for one in self.history(resource, ledger.OUTCOME)]

    def count(self, call: str) -> int:
        return self.clients.calls.count(call)

    @property
    def told(self) -> int:
        """How many messages went out."""
        return self.count("sns:Publish")

    # --- what AWS does

    def refuse(self, service: str, operation: str, code: str = "AccessDenied", when: Sent = lambda sent: True) -> None:
        """Calls of an operation fail from then on."""

        def answer(params: Any = None, **_: Any) -> None:
            if when(params):
                raise refused(code)

        self.on(service, operation, answer)

    def meanwhile(self, service: str, operation: str, happens: Callable[[], Any]) -> None:
        """Something happens once, right before a call of an operation."""
        left = [happens]

        def answer(**_: Any) -> None:
            if left:
                left.pop()()

        self.on(service, operation, answer)

    def answers(self, service: str, operation: str, change: Callable[[Any], Any]) -> None:
        """What AWS answers is changed before Fusebox reads it."""

        def after(parsed: Any = None, **_: Any) -> None:
            change(parsed)

        self.on(service, operation, after, when="after-call")

    def on(self, service: str, operation: str, does: Callable[..., None], when: str = "before-call") -> None:
        """What happens before or after the calls of an operation."""
        adaptive = service in ("autoscaling", "resourcegroupstaggingapi")
        retries: Retries = "adaptive" if adaptive else "standard"
        self.clients.get(service, retries).meta.events.register(f"{when}.*.{operation}", does)


def refused(code: str, words: str = "no") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": words}}, "Operation")


def ids(found: Sequence[Resource]) -> list[str]:
    return [one.id for one in found]

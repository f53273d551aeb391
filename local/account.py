"""The account on a laptop: a synthesised template, deployed and alive on the loopback interface.

    with LocalAccount(Path("cdk.out"), start=datetime(2026, 3, 1, tzinfo=UTC)) as account:
        account.put_event(event)
        account.advance(timedelta(hours=1))

Events, schedules and messages travel along the template's own rules, targets, permissions and inputs to the
real handlers in child processes. While an account is open, the whole process lives in its virtual time.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from local import log_groups, moto_hooks, moto_machines, moto_tables, schedules
from local.alarms import Alarms, AlarmState
from local.clock import VirtualClock
from local.delivery import Bus
from local.deploy import Deployer
from local.errors import LocalAccountError, NeverQuiet
from local.gateway import Fault, Gateway, Quota
from local.lambda_process import LambdaProcesses
from local.lambdas import Lambdas
from local.moto_hooks import LogGroupSeed
from local.template import Stack, read_assembly
from local.topics import Topics
from local.wiring import Rule
from local.world import OWNER_KEY, Call, Delivery, Invocation, Loss, Message, World

MAX_STEPS = 10_000


class LocalAccount:
    """A context manager; one account may be open in a process at a time, because moto's state is global.

    Deploying raises DeploymentRejected for what AWS would refuse and UnmodelledResource for what would be
    ignored here. Every method that delivers raises UnmodelledCall if a function made a call the permission
    tables do not know.
    """

    _open: ClassVar[bool] = False

    def __init__(
        self,
        assembly: Path,
        *,
        start: datetime,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._begin(read_assembly(assembly), start, region, account_id, parameters)

    @classmethod
    def from_template(
        cls,
        template: Mapping[str, Any],
        assets: Mapping[str, Path] | None = None,
        *,
        start: datetime,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        parameters: Mapping[str, Any] | None = None,
        name: str = "Local",
    ) -> Self:
        """An account from one template; `assets` maps the S3 keys it names to directories or files."""
        account = cls.__new__(cls)
        account._begin([Stack(name, template, assets or {})], start, region, account_id, parameters)
        return account

    def _begin(
        self,
        stacks: Sequence[Stack],
        start: datetime,
        region: str,
        account_id: str,
        parameters: Mapping[str, Any] | None,
    ) -> None:
        self._stacks = stacks
        self._world = World(account_id, region, VirtualClock(start))
        self._gateway = Gateway(self._world)
        self._topics = Topics(self._world)
        self._deployer = Deployer(self._world, parameters or {})
        self._fired: dict[str, datetime] = {}
        self._closed = False

    def __enter__(self) -> Self:
        if LocalAccount._open:
            raise LocalAccountError("another local account is open in this process")
        LocalAccount._open = True
        world = self._world
        world.clock.start()
        self._gateway.start()
        self._processes = LambdaProcesses(world.endpoint, world.region)
        self._lambdas = Lambdas(world, self._processes, self._topics)
        self._topics.invoke_later = lambda function, payload: self._lambdas.invoke_later(
            function, payload, trigger="sns"
        )
        self._bus = Bus(world, self._lambdas, self._topics)
        self._alarms = Alarms(world, self._bus, self._topics)
        self._moto_hooks = ExitStack()
        self._moto_hooks.callback(moto_machines.install_state_machines(world.client_for_role))
        self._moto_hooks.callback(moto_tables.install_transactions())
        self._gateway.handlers |= {
            "lambda.Invoke": self._lambdas.handle_invoke,
            "events.PutEvents": self._bus.handle_put_events,
            "logs.DescribeLogGroups": lambda request: log_groups.describe(request, world.scope),
        }
        self._gateway.watchers |= {
            "sns.Publish": self._topics.watch_publish,
            "sns.PublishBatch": self._topics.watch_publish,
        }
        try:
            self._deployer.deploy(self._stacks)
            self._lambdas.check_mappings()
        except BaseException:
            self.close()
            raise
        self._created = world.clock.now()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self._raise_problems()

    def close(self) -> None:
        """Ends the functions and the server and returns to real time. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        self._processes.go_cold()
        self._moto_hooks.close()
        self._world.close_clients()
        self._gateway.stop()
        self._deployer.close()
        self._world.clock.stop()
        LocalAccount._open = False

    # -- what there is ----------------------------------------------------------------------------
    @property
    def endpoint(self) -> str:
        return self._world.endpoint

    @property
    def clock(self) -> VirtualClock:
        return self._world.clock

    @property
    def calls(self) -> list[Call]:
        """Every API call of functions, state machines, rule targets and the owner, in order."""
        return self._world.calls

    @property
    def invocations(self) -> list[Invocation]:
        return self._world.invocations

    @property
    def deliveries(self) -> list[Delivery]:
        """Every event that reached the bus, and every firing of a schedule."""
        return self._world.deliveries

    @property
    def losses(self) -> list[Loss]:
        """What AWS would have dropped without a word, apart from events (see `deliveries`)."""
        return self._world.losses

    @property
    def outputs(self) -> dict[str, str]:
        return self._deployer.outputs

    @property
    def physical_ids(self) -> dict[str, str]:
        """Logical id to physical id (what Ref gives)."""
        return self._deployer.physical_ids

    def client(self, service: str, role_arn: str | None = None) -> Any:
        """A boto3 client of the account's owner, who may do everything, or of a role, whose calls are
        evaluated.
        """
        if role_arn is None:
            return self._world.client(service, OWNER_KEY)
        return self._world.client_for_role(service, role_arn)

    def messages(self, topic_arn: str) -> list[Message]:
        """What was published on a topic; `message.body("email")` is what that protocol's subscribers get."""
        return [message for message in self._world.published if message.topic_arn == topic_arn]

    def queue(self, name_or_url: str) -> list[dict[str, Any]]:
        """The messages in a queue (by name, URL or ARN), delayed and in-flight ones too, none of them
        consumed.
        """
        name = name_or_url.rsplit("/", 1)[-1].rsplit(":", 1)[-1]
        return [
            {
                "MessageId": m.id,
                "Body": m.body,
                "MessageAttributes": dict(m.attributes),
                "VisibleAt": datetime.fromtimestamp(m.visible_at, UTC),
                "ReceiveCount": m.receives,
            }
            for m in moto_hooks.queued_messages(self._world.scope, name)
        ]

    # -- what happens -----------------------------------------------------------------------------
    def put_event(self, event: Mapping[str, Any]) -> Delivery:
        """Puts a full EventBridge envelope on the default bus and settles."""
        missing = {"id", "detail-type", "source", "account", "time", "region", "resources", "detail"} - set(event)
        if missing:
            raise LocalAccountError(f"the event lacks {', '.join(sorted(missing))}")
        delivery = self._bus.put(event)
        self.settle()
        return delivery

    def publish(
        self,
        topic_arn: str,
        message: str,
        subject: str | None = None,
        attributes: Mapping[str, Any] | None = None,
        service: str | None = "budgets.amazonaws.com",
        source_arn: str | None = None,
    ) -> None:
        """Publishes on a topic as an AWS service, under the topic's policy, or as the owner if `service` is
        None.

        Raises NotPermitted where AWS would drop the message. The source defaults to an ARN of that service.
        """
        if service is None:
            self._topics.publish(topic_arn, message, subject, attributes=attributes, source="owner")
        else:
            default = f"arn:aws:{service.split('.')[0]}::{self._world.account_id}:local"
            self._topics.publish_as_service(
                service, topic_arn, message, subject, attributes=attributes, source_arn=source_arn or default
            )
        self.settle()

    def set_alarm(self, alarm_name: str, state: AlarmState, reason: str = "set by hand") -> Delivery | None:
        """Moves an alarm to a state and settles; None if it was there already and so kept silent."""
        delivery = self._alarms.set(alarm_name, state, reason)
        self.settle()
        return delivery

    def run_schedule(self, rule: str) -> Delivery:
        """Fires one scheduled rule now, named by its physical name or a prefix of its logical id."""
        found = [
            r
            for r in self._world.wiring.rules.values()
            if r.schedule and (r.name == rule or r.logical_id.startswith(rule))
        ]
        if len(found) != 1:
            names = ", ".join(r.logical_id for r in self._world.wiring.rules.values() if r.schedule)
            raise LocalAccountError(f"{rule!r} names {len(found)} schedules; there are {names or 'none'}")
        delivery = self._bus.fire(found[0])
        self.settle()
        return delivery

    def settle(self) -> None:
        """Delivers all that is due now, and what that causes, until nothing moves.

        Schedules fire in `advance`.
        """
        for _ in range(MAX_STEPS):
            self._raise_problems()
            work = self._world.agenda.take_due(self._world.clock.now())
            if work is not None:
                work()
            elif not self._lambdas.poll() and not self._machines_busy():
                self._raise_problems()
                return
        raise NeverQuiet(f"still busy after {MAX_STEPS} steps; is there a loop?")

    def advance(self, delta: timedelta) -> None:
        """Moves virtual time on; schedules, retries, delayed messages and waits come due in order of their
        time.
        """
        target = self._world.clock.now() + delta
        self.settle()
        while True:
            due, rule = self._next_schedule()
            others = [
                moment
                for moment in (self._world.agenda.next_due(), self._lambdas.next_visible(), self._next_wait())
                if moment is not None
            ]
            moment = min([*others, *([due] if due else [])], default=None)
            if moment is None or moment > target:
                break
            self._world.clock.jump_to(moment)
            if rule is not None and moment == due:
                self._fired[rule.logical_id] = moment
                if rule.name in self._bus.enabled():
                    self._bus.fire(rule)
            self.settle()
        self._world.clock.jump_to(target)
        self.settle()

    def update(self, assembly: Path) -> None:
        """Deploys a newer assembly over this one. A schedule that is new starts to count now."""
        self._update(read_assembly(assembly))

    def update_template(
        self, template: Mapping[str, Any], assets: Mapping[str, Path] | None = None, name: str = "Local"
    ) -> None:
        """Deploys a newer template over the one of `from_template`."""
        self._update([Stack(name, template, assets or {})])

    def _update(self, stacks: Sequence[Stack]) -> None:
        known = set(self._world.wiring.rules)
        self._deployer.deploy(stacks)
        self._lambdas.check_mappings()
        self._processes.go_cold()
        for rule in set(self._world.wiring.rules) - known:
            self._fired[rule] = self._world.clock.now()

    # -- what goes wrong, and what is there before ------------------------------------------------
    def fail(
        self,
        action: str,
        match: str = "",
        code: str = "InternalFailure",
        times: int = 1,
        message: str = "injected",
    ) -> None:
        """Makes the next `times` calls of an action (IAM name) whose request contains `match` fail with
        `code`.
        """
        self._gateway.faults.append(Fault(action, match, code, message, times))

    def throttle(self, action: str, rate: float, burst: float | None = None) -> None:
        """Limits an action to `rate` calls a virtual second, as AWS does; more get a throttling error."""
        full = burst if burst is not None else rate
        self._gateway.quotas[action] = Quota(rate, full, full, self._world.clock.now().timestamp())

    def go_cold(self) -> None:
        """Makes the next invocation of each function import its code anew."""
        self._processes.go_cold()

    def seed_log_groups(self, seeds: Iterable[LogGroupSeed]) -> None:
        """Writes log groups straight into the account, thousands a second."""
        moto_hooks.seed_log_groups(self._world.scope, seeds)

    # -- inside -----------------------------------------------------------------------------------
    def _raise_problems(self) -> None:
        problems, self._world.problems[:] = list(self._world.problems), []
        if problems:
            raise problems[0]

    def _next_schedule(self) -> tuple[datetime | None, Rule | None]:
        upcoming = []
        for rule in self._world.wiring.rules.values():
            if rule.schedule is not None:
                moment = schedules.next_fire(
                    rule.schedule, self._created, self._fired.get(rule.logical_id, self._created)
                )
                if moment is not None:
                    upcoming.append((moment, rule))
        return min(upcoming, key=lambda pair: pair[0]) if upcoming else (None, None)

    def _next_wait(self) -> datetime | None:
        deadline = moto_machines.state_machine_waits().next_deadline()
        return datetime.fromtimestamp(deadline, UTC) if deadline is not None else None

    def _machines_busy(self) -> bool:
        """Whether a state machine is at work, that is, running and not parked in a wait or for a token."""
        waits = moto_machines.state_machine_waits()

        def look() -> tuple[bool, list[moto_machines.ExecutionState]]:
            running = [e for e in moto_machines.executions(self._world.scope) if e.status == "RUNNING"]
            deadline = waits.next_deadline()
            resting = (
                not self._gateway.in_flight
                and waits.parked() >= len(running)
                and (deadline is None or deadline > self._world.clock.now().timestamp())
            )
            return resting or not running, running

        resting, before = look()
        if not before:
            return False
        # A branch may be at work beside a parked one; work shows in the history within a moment.
        time.sleep(0.02)
        still_resting, after = look()
        return not (resting and still_resting and before == after)


__all__ = ["AlarmState", "Call", "Delivery", "Invocation", "LocalAccount", "LogGroupSeed", "Loss", "Message"]

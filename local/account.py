"""The account on a laptop: a synthesised template, deployed and alive on the loopback interface.

    with LocalAccount(Path("cdk.out"), start=datetime(2026, 3, 1, tzinfo=UTC)) as account:
        account.put_event(event)
        account.advance(timedelta(hours=1))

Events, schedules and messages travel along the template's own rules, targets, permissions and inputs to the
real handlers in child processes. While an account is open, the whole process lives in its virtual time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from local import fleets, moto_hooks, moto_metrics
from local.alarms import AlarmState
from local.errors import LocalAccountError
from local.fleets import InstanceSeed
from local.gateway import Fault, Quota
from local.live import settling
from local.moto_hooks import LogGroupSeed
from local.moto_metrics import MetricSeed
from local.records import Call, Delivery, Invocation, Loss, Message
from local.scaling import GroupSeed
from local.services import Services
from local.simulation import Simulation
from local.template import Stack, read_assembly


class LocalAccount:
    """A context manager; one account may be open in a process at a time, because moto's state is global.

    Deploying raises DeploymentRejected for what AWS would refuse and UnmodelledResource for what would be
    ignored here. Every method that delivers raises UnmodelledCall if a function made a call the permission
    tables do not know.
    """

    _open: ClassVar[bool] = False

    def __init__(
        self,
        assembly: Path | Sequence[Stack],
        *,
        start: datetime,
        region: str = "us-east-1",
        account_id: str = "123456789012",
        parameters: Mapping[str, Any] | None = None,
    ) -> None:
        self._stacks = _stacks(assembly)
        self._services = Services(start, region, account_id, parameters or {})
        self._closed = False
        self._world = world = self._services.world
        self.clock = world.clock
        self.calls = world.calls
        """Every API call of functions, state machines, rule targets and the owner, and the two verdicts on each
        caller of a function URL, in order.
        """
        self.invocations = world.invocations
        self.deliveries = world.deliveries
        """Every event that reached the bus, and every firing of a schedule."""
        self.losses = world.losses
        """What AWS would have dropped without a word, apart from events (see `deliveries`)."""
        self.outputs = self._services.deployer.outputs
        self.physical_ids = self._services.deployer.physical_ids
        """Logical id to physical id (what Ref gives)."""

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
        stacks = [Stack(name, template, assets or {})]
        return cls(stacks, start=start, region=region, account_id=account_id, parameters=parameters)

    def __enter__(self) -> Self:
        if LocalAccount._open:
            raise LocalAccountError("another local account is open in this process")
        LocalAccount._open = True
        self._services.start()
        self.endpoint = self._world.endpoint
        try:
            self._services.deploy(self._stacks)
        except BaseException:
            self.close()
            raise
        self._simulation = Simulation(self._services)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
        if kind is None:
            self._simulation.raise_problems()

    def close(self) -> None:
        """Ends the functions and the server and returns to real time. Closing twice is harmless."""
        if self._closed:
            return
        self._closed = True
        simulation: Simulation | None = vars(self).get("_simulation")
        if simulation is not None:
            simulation.rest()
        self._services.stop()
        LocalAccount._open = False

    # -- what there is ----------------------------------------------------------------------------
    def client(self, service: str, role_arn: str | None = None, *, user: str = "") -> Any:
        """A boto3 client of the account's owner, who may do everything, or of a role, which is evaluated.

        `user` names an IAM user who may do as much as the owner, where it matters who it was.
        """
        if role_arn is None:
            return self._world.client_of(service, self._world.user(user) if user else self._world.owner)
        return self._world.client_for_role(service, role_arn)

    def credentials(self, role_arn: str | None = None, session: str = "local") -> dict[str, str]:
        """What the owner, or a session of a role, signs with: AccessKeyId, SecretAccessKey, for a role SessionToken."""
        identity = self._world.owner if role_arn is None else self._world.session(role_arn, session)
        return identity.credentials

    def messages(self, topic_arn: str) -> list[Message]:
        """What was published on a topic; `message.body("email")` is what that protocol's subscribers get."""
        return [message for message in self._world.published if message.topic_arn == topic_arn]

    def queue(self, name_or_url: str) -> list[dict[str, Any]]:
        """The messages in a queue (by name, URL or ARN), delayed and in-flight ones too; none is consumed."""
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

    @cached_property
    def image(self) -> str:
        """The id of a Linux image of Amazon's, to launch instances from."""
        return fleets.linux_image(self._world.scope)

    # -- what happens -----------------------------------------------------------------------------
    def put_event(self, event: Mapping[str, Any]) -> Delivery:
        """Puts a full EventBridge envelope on the default bus and settles."""
        delivery = self._services.bus.put(event)
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
        """Publishes on a topic as an AWS service, under its policy, or as the owner if `service` is None.

        Raises NotPermitted where AWS would drop or refuse the message. The source defaults to an ARN of that service
        in this account; the account in it is what the policy sees as aws:SourceAccount.
        """
        topics = self._services.topics
        if service is None:
            topics.publish_as_owner(topic_arn, message, subject, attributes=attributes)
        else:
            default = f"arn:aws:{service.split('.')[0]}::{self._world.account_id}:local"
            topics.publish_as_service(
                service, topic_arn, message, subject, attributes=attributes, source_arn=source_arn or default
            )
        self.settle()

    def set_budget_spend(self, name: str, dollars: float, forecast: float | None = None) -> None:
        """Says what AWS reckons was spent in the period of an AWS budget; nobody is told before `refresh_budget`."""
        self._services.budgets.set_spend(name, dollars, forecast)

    def refresh_budget(self, name: str) -> list[Message]:
        """AWS Budgets looks at a budget, tells its topics of what was crossed since in this period, and settles.

        Returns what was published. Messages that a topic's policy did not let in are in `losses`.
        """
        published = self._services.budgets.refresh(name)
        self.settle()
        return published

    def set_alarm(self, alarm_name: str, state: AlarmState, reason: str = "set by hand") -> Delivery | None:
        """Moves an alarm to a state and settles; None if it was there already and so kept silent."""
        delivery = self._services.alarms.set(alarm_name, state, reason)
        self.settle()
        return delivery

    def log(self, text: str) -> None:
        """An application writes lines to CloudWatch Logs, which takes the metrics out that are embedded in them.

        Their alarms look within the next minute; what CloudWatch would drop is in `losses`.
        """
        self._services.embedded_metrics.take(text.splitlines())
        self.settle()

    def scale(
        self,
        group: str,
        *,
        to: int | None = None,
        by: int | None = None,
        policy: str = "scale-out",
        alarm: str = "demand",
        settle: bool = True,
    ) -> int:
        """An alarm triggers a scaling policy of a group, within its limits and unless AlarmNotification is suspended.

        Returns the desired capacity. Without `settle` the events wait, as for what happens during a function's run.
        """
        desired = self._services.scaling.scale(group, to=to, by=by, policy=policy, alarm=alarm)
        if settle:
            self.settle()
        return desired

    def replace_unhealthy(self, group: str, count: int = 1) -> None:
        """EC2 finds members of a group stopped, oldest first; the group replaces them. Settles."""
        self._services.scaling.replace_unhealthy(group, count)
        self.settle()

    def run_schedule(self, rule: str) -> Delivery:
        """Fires one scheduled rule now, named by its physical name or a prefix of its logical id."""
        delivery = self._services.bus.fire(self._services.bus.schedule(rule))
        self.settle()
        return delivery

    def settle(self) -> None:
        """Delivers all that is due now, and what that causes, until nothing moves; fires no schedules."""
        self._simulation.settle()

    def advance(self, delta: timedelta) -> None:
        """Moves time on; schedules, retries, delayed messages and waits come due in order of their time."""
        self._simulation.advance(delta)

    def live(self, every: float = 0.05) -> AbstractContextManager[None]:
        """Keeps the account going by itself while the block runs, for a browser or a person at its function URLs.

        A thread settles, and fires schedules that the ticking clock reaches, `every` real seconds. Every method may
        be called meanwhile, from any thread; what delivers waits for its turn. Errors of the model end that thread
        and are raised when the block is left.
        """
        return settling(self._simulation, every)

    def update(self, assembly: Path | Sequence[Stack]) -> None:
        """Deploys a newer assembly over this one. A schedule that is new starts to count now."""
        with self._simulation.lock:
            known = set(self._world.wiring.rules)
            self._services.deploy(_stacks(assembly))
            self.go_cold()
            self._simulation.count_from_now(set(self._world.wiring.rules) - known)

    def update_template(
        self, template: Mapping[str, Any], assets: Mapping[str, Path] | None = None, name: str = "Local"
    ) -> None:
        """Deploys a newer template over the one of `from_template`."""
        self.update([Stack(name, template, assets or {})])

    # -- what goes wrong, and what is there before ------------------------------------------------
    def fail(
        self, action: str, match: str = "", code: str = "InternalFailure", times: int = 1, message: str = "injected"
    ) -> None:
        """Makes the next `times` calls of an action (IAM name) whose request has `match` fail with `code`."""
        self._services.gateway.faults.append(Fault(action, match, code, message, times))

    def fail_launches(self, group: str, message: str, count: int = 1) -> None:
        """Makes the next `count` launches of an Auto Scaling group fail; it tries again every minute."""
        self._services.scaling.fail_launches(group, message, count)

    def heal(self) -> None:
        """Ends all injected failures and limits."""
        self._services.gateway.faults.clear()
        self._services.gateway.quotas.clear()

    def throttle(self, action: str, rate: float, burst: float | None = None) -> None:
        """Limits an action to `rate` calls a virtual second, as AWS does; more get a throttling error."""
        full = burst if burst is not None else rate
        self._services.gateway.quotas[action] = Quota(rate, full, full, self._world.clock.now().timestamp())

    def go_cold(self) -> None:
        """Makes the next invocation of each function import its code anew."""
        self._services.processes.go_cold()

    def seed_instances(self, seeds: Iterable[InstanceSeed]) -> dict[str, str]:
        """Instances that have been running for a while; returns their ids by name."""
        return fleets.seed_instances(self._world.client("ec2"), self._world.scope, seeds)

    def seed_groups(self, seeds: Iterable[GroupSeed]) -> dict[str, list[str]]:
        """Auto Scaling groups with their past, of which there are no events; returns their members' ids by name."""
        return self._services.scaling.seed(seeds)

    def seed_instance_refreshes(self, refreshes: Iterable[Mapping[str, Any]]) -> None:
        """What DescribeInstanceRefreshes shows, each in its shape."""
        self._services.scaling.refreshes.extend(refreshes)

    def seed_bedrock(
        self, jobs: Iterable[Mapping[str, Any]] = (), throughputs: Iterable[Mapping[str, Any]] = ()
    ) -> None:
        """What ListModelInvocationJobs and ListProvisionedModelThroughputs show, each in its shape, times as text."""
        self._services.bedrock.seed(jobs, throughputs)

    def seed_metrics(self, seeds: Iterable[MetricSeed]) -> None:
        """Writes series straight into CloudWatch, thousands of datapoints a second."""
        moto_metrics.seed_metrics(self._world.scope, seeds)

    def seed_log_groups(self, seeds: Iterable[LogGroupSeed]) -> None:
        """Writes log groups straight into the account, thousands a second."""
        moto_hooks.seed_log_groups(self._world.scope, seeds)


def _stacks(assembly: Path | Sequence[Stack]) -> Sequence[Stack]:
    return read_assembly(assembly) if isinstance(assembly, Path) else assembly


__all__ = ["AlarmState", "Call", "Delivery", "Invocation", "LocalAccount", "LogGroupSeed", "Loss", "Message"]

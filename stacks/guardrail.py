"""One guardrail, deployed: its function, role, log group, rules, schedule and failure path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Aws, Duration, Stack, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.core.spec import OWN_TAG, GuardrailSettings, GuardrailSpec
from stacks import delivery
from stacks.asset import stage
from stacks.function import python_function
from stacks.naming import Naming, part_of
from stacks.permissions import Reach, role_for
from stacks.sweep import Sweep


@dataclass(frozen=True)
class Shared:
    """What all guardrails share. `staging` is a folder that lasts until the app is synthesised."""

    naming: Naming
    table: dynamodb.ITable
    alerts: sns.ITopic
    failures: sqs.IQueue
    sweep: Sweep
    layer_arn: str
    staging: Path
    deadline_hours: int
    owner_tag: str


class Guardrail(Construct):
    """Everything a guardrail needs, from its spec and settings alone."""

    def __init__(
        self, scope: Construct, id: str, *, spec: GuardrailSpec, settings: GuardrailSettings, shared: Shared
    ) -> None:
        super().__init__(scope, id)
        self._spec = spec
        self._shared = shared
        # A sweep goes on in a next step, so a short limit costs little, and a failed event of a delay queue, which
        # waits for six times as long, soon gets its next try.
        self._timeout = Duration.seconds(spec.timeout_seconds)
        delay = spec.event_delay(settings)
        queue = self._delay_queue(delay) if delay and spec.events else None
        self.function = self._function(settings, queue)
        self._on_failure()
        for trigger in spec.events:
            target = queue.queue_arn if queue else self.function.function_arn
            rule = delivery.rule(
                self,
                f"Rule-{trigger.name}",
                trigger=trigger,
                spec=spec,
                naming=shared.naming,
                target_arn=target,
                failures=shared.failures,
            )
            if queue is None:
                delivery.allow(self, f"Permission-{trigger.name}", rule=rule, function=self.function)
        if queue:
            delivery.drain(self, "Delayed", queue=queue, function=self.function)
        self._schedule(idle=spec.idle(settings))
        Tags.of(self).add(OWN_TAG, spec.name)

    def _delay_queue(self, seconds: int) -> sqs.Queue:
        return delivery.delay_queue(
            self,
            "Delay",
            spec=self._spec,
            seconds=seconds,
            naming=self._shared.naming,
            timeout=self._timeout,
            failures=self._shared.failures,
        )

    def _function(self, settings: GuardrailSettings, queue: sqs.IQueue | None) -> lambda_.Function:
        spec, shared = self._spec, self._shared
        name = shared.naming.of(spec)
        reach = Reach(
            shared.table.table_arn,
            shared.alerts.topic_arn,
            shared.failures.queue_arn,
            queue.queue_arn if queue else "",
            shared.naming.approval_machine,
        )
        role = role_for(self, "Role", spec=spec, settings=settings, naming=shared.naming, reach=reach)
        return python_function(
            self,
            name=name,
            description=f"{spec.title}: {spec.does}",
            handler=spec.handler,
            code=stage(spec, settings, shared.staging),
            role=role,
            layer_arn=shared.layer_arn,
            timeout=self._timeout,
            memory_mb=spec.memory_mb,
            environment={
                "FUSEBOX_NAME": shared.naming.base,
                "FUSEBOX_STACK": Aws.STACK_NAME,
                "FUSEBOX_TABLE": shared.table.table_name,
                "FUSEBOX_ALERTS_TOPIC": shared.alerts.topic_arn,
                "FUSEBOX_ROLE_ARN": role.role_arn,
                "FUSEBOX_APPROVAL_MACHINE": shared.naming.approval_machine,
                "FUSEBOX_DEADLINE_HOURS": str(shared.deadline_hours),
                "FUSEBOX_OWNER_TAG": shared.owner_tag,
            },
        )

    def _on_failure(self) -> None:
        """An event that a direct invocation could not handle is tried twice more, then kept."""
        lambda_.CfnEventInvokeConfig(
            self,
            "OnFailure",
            function_name=self.function.function_name,
            qualifier="$LATEST",
            maximum_retry_attempts=2,
            destination_config=lambda_.CfnEventInvokeConfig.DestinationConfigProperty(
                on_failure=lambda_.CfnEventInvokeConfig.OnFailureProperty(destination=self._shared.failures.queue_arn)
            ),
        )

    def _schedule(self, *, idle: bool) -> None:
        """Starts the sweeps; switched off where there is nothing to watch, so that it costs nothing."""
        spec, shared = self._spec, self._shared
        events.CfnRule(
            self,
            "Schedule",
            name=shared.naming.name(f"{part_of(spec)}-sweep"),
            description=f"Fusebox {spec.name}: {spec.sweep}, everything is looked at, whatever events missed",
            schedule_expression=spec.sweep,
            state="DISABLED" if idle else "ENABLED",
            targets=[
                events.CfnRule.TargetProperty(
                    id="sweep",
                    arn=shared.sweep.machine.attr_arn,
                    role_arn=shared.sweep.starter.role_arn,
                    input=Stack.of(self).to_json_string(
                        {"guardrail": spec.name, "function": self.function.function_arn}
                    ),
                    dead_letter_config=delivery.dead_letters(shared.failures),
                )
            ],
        )

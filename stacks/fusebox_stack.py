"""Fusebox as one stack: the base that all guardrails share, then each guardrail of the registry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from functions.core.guardrail import Guardrail as Wired
from functions.llm_keys.settings import LlmKeysSettings
from functions.policy import Policy
from stacks.alarms import Alarms
from stacks.alerts import Alerts
from stacks.approval import Approval, Options
from stacks.emergency_stop import EmergencyStop
from stacks.errors import StackError
from stacks.failures import Failures
from stacks.guardrail import Guardrail, Shared
from stacks.lease import Lease
from stacks.llm_keys import LlmKeys
from stacks.naming import Naming
from stacks.notify import Notify, notify_role_arn
from stacks.store import Store, table_name
from stacks.sweep import Sweep


class FuseboxStack(Stack):
    """The same template for every account and Region: it names them by what CloudFormation knows."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        policy: Policy,
        guardrails: Sequence[Wired[Any, Any]],
        staging: Path,
        description: str = "Fusebox: circuit breakers for AI spend",
    ) -> None:
        """`staging` is a folder that lasts until the app is synthesised."""
        super().__init__(scope, id, description=description, analytics_reporting=False)
        naming = Naming(policy.prefix)
        specs = [one.spec for one in guardrails]
        triggers = [trigger.name for spec in specs for trigger in spec.events]
        twice = sorted({name for name in triggers if triggers.count(name) > 1})
        if twice:
            raise StackError(f"two event triggers are named {', '.join(twice)}; a rule's name is made of it")
        lease = Lease(self, "Lease", naming=naming, table_name=table_name(naming))
        store = Store(self, "Store", name=table_name(naming))
        # The table outlives a roll-back, and functions need it: a refused second Fusebox makes neither.
        store.node.add_dependency(lease)
        alerts = Alerts(
            self,
            "Topics",
            naming=naming,
            alert_emails=policy.alert_emails,
            operations_emails=policy.operations_emails,
            operations_also_from=[notify_role_arn(naming)] if policy.slack.webhook else [],
        )
        failures = Failures(self, "Failures", naming=naming)
        sweep = Sweep(self, "Sweep", naming=naming, specs=specs)
        layer_arn = naming.fill(policy.powertools_layer_arn)
        approval = Approval(
            self,
            "Approval",
            naming=naming,
            options=Options(policy.approval, policy.slack.app),
            specs=specs,
            table=store.table,
            alerts=alerts.alerts,
            layer_arn=layer_arn,
            staging=staging,
        )
        functions = []
        if policy.slack.webhook:
            notify = Notify(
                self,
                "Notify",
                naming=naming,
                settings=policy.slack,
                alerts=alerts.alerts,
                operations=alerts.operations,
                failures=failures.queue,
                table=store.table,
                layer_arn=layer_arn,
                staging=staging,
            )
            functions.append(notify.function)
        shared = Shared(
            naming=naming,
            table=store.table,
            alerts=alerts.alerts,
            failures=failures.queue,
            sweep=sweep,
            layer_arn=layer_arn,
            staging=staging,
            deadline_hours=policy.approval.deadline_hours,
            owner_tag=policy.slack.owner_tag,
        )
        built = [
            Guardrail(self, spec.name, spec=spec, settings=policy.guardrails[spec.name], shared=shared)
            for spec in specs
        ]
        Alarms(
            self,
            "Alarms",
            naming=naming,
            topic=alerts.operations,
            functions=[*functions, *(one.function for one in built)],
            failures=failures.queue,
            sweep=sweep.machine,
            approval=approval.machine,
        )
        for spec, guardrail in zip(specs, built, strict=True):
            settings = policy.guardrails[spec.name]
            if isinstance(settings, LlmKeysSettings) and not settings.is_idle:
                llm_keys = LlmKeys(
                    self,
                    "LlmKeys",
                    naming=naming,
                    settings=settings,
                    function=guardrail.function,
                    failures=failures.queue,
                )
                CfnOutput(self, "BudgetTopicArn", value=llm_keys.topic.topic_arn)
        stop = EmergencyStop(self, "EmergencyStop", naming=naming)
        # The CLI reads these by name.
        outputs = {
            "Name": naming.base,
            "TableName": store.table.table_name,
            "AlertsTopicArn": alerts.alerts.topic_arn,
            "OperationsTopicArn": alerts.operations.topic_arn,
            "FailureQueueUrl": failures.queue.queue_url,
            "SweepStateMachineArn": sweep.machine.attr_arn,
            "ApprovalStateMachineArn": approval.machine.attr_arn,
            "ApproversPolicyArn": approval.approvers.attr_policy_arn,
            "DecideUrl": approval.decide_url,
            "EmergencyStopPolicyArn": stop.policy.attr_policy_arn,
        }
        if approval.public_url:
            outputs["ApprovalUrl"] = approval.public_url
        for name, value in outputs.items():
            CfnOutput(self, name, value=value)

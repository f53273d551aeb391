"""How events reach a function: a rule for each source, straight or through a delay queue."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.core.spec import EventTrigger, GuardrailSpec
from stacks.errors import StackError
from stacks.failures import allow_rules
from stacks.naming import Naming, longest, part_of

BATCH, GATHERED_SECONDS = 10, 20
"""Events that are handed over together, and told of in one message; how long the first of them waits for others."""
PATTERN_LIMIT = 2048
"""Characters in an event pattern (EventBridge quotas)."""
DELAY_LIMIT = 900
"""Seconds that SQS holds a message back at most (SQS quotas)."""
RECEIVES = 3
MANY = 5
"""Half of the ten conditions that a queue's policy may have (SQS quotas do not say how values are counted)."""
CONCURRENCY = 2
"""Functions that work on a delay queue at a time: two, the least that Lambda takes, keep a burst of
events under the API quotas, and leave the ten of a new account to others."""


def pattern_of(trigger: EventTrigger, role_arn: str) -> dict[str, Any]:
    """A trigger's full event pattern; StackError where EventBridge would refuse its length."""
    pattern = trigger.pattern_for(role_arn)
    size = len(longest(json.dumps(pattern, separators=(",", ":"))))
    if size > PATTERN_LIMIT:
        raise StackError(
            f"trigger {trigger.name}: its event pattern takes up to {size} characters, EventBridge allows "
            f"{PATTERN_LIMIT}; split it into two"
        )
    return pattern


def delay_queue(
    scope: Construct,
    id: str,
    *,
    spec: GuardrailSpec,
    seconds: int,
    naming: Naming,
    timeout: Duration,
    failures: sqs.IQueue,
) -> sqs.Queue:
    """Holds events back for some seconds; what was handed out three times in vain is a failure."""
    if seconds > DELAY_LIMIT:
        raise StackError(f"{spec.name}: its events wait {seconds} s, SQS allows {DELAY_LIMIT} at most")
    queue = sqs.Queue(
        scope,
        id,
        queue_name=naming.name(f"{part_of(spec)}-delay"),
        encryption=sqs.QueueEncryption.SQS_MANAGED,
        enforce_ssl=True,
        delivery_delay=Duration.seconds(seconds),
        # Six times the function's timeout leaves room for throttled tries.
        # Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        visibility_timeout=Duration.seconds(6 * timeout.to_seconds()),
        # Shorter than the failure queue's: a message keeps its age when it moves there.
        retention_period=Duration.days(7),
        dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=RECEIVES, queue=failures),
    )
    allow_rules(queue, *(naming.arn("events", f"rule/{name}") for name in _rules_of(spec, naming)))
    return queue


def _rules_of(spec: GuardrailSpec, naming: Naming) -> list[str]:
    """The names of a guardrail's rules; by their common start where they are many: SQS counts conditions."""
    names = [naming.name(one.name) for one in spec.events]
    start = naming.name(f"{part_of(spec)}-")
    return [f"{start}*"] if len(names) > MANY and all(name.startswith(start) for name in names) else names


def drain(scope: Construct, id: str, *, queue: sqs.Queue, function: lambda_.Function) -> None:
    """Hands the queue's events to the function, several at a time; only those that failed come again."""
    lambda_.CfnEventSourceMapping(
        scope,
        id,
        event_source_arn=queue.queue_arn,
        function_name=function.function_name,
        batch_size=BATCH,
        maximum_batching_window_in_seconds=GATHERED_SECONDS,
        function_response_types=["ReportBatchItemFailures"],
        scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=CONCURRENCY),
    )


def rule(
    scope: Construct,
    id: str,
    *,
    trigger: EventTrigger,
    spec: GuardrailSpec,
    naming: Naming,
    target_arn: str,
    failures: sqs.IQueue,
) -> events.CfnRule:
    """One rule; what its target refuses goes to the failure queue."""
    return events.CfnRule(
        scope,
        id,
        name=naming.name(trigger.name),
        description=f"Fusebox {spec.name}: {trigger.summary}",
        event_pattern=pattern_of(trigger, naming.role_arn(spec)),
        targets=[
            events.CfnRule.TargetProperty(id=part_of(spec), arn=target_arn, dead_letter_config=dead_letters(failures))
        ],
    )


def allow(scope: Construct, id: str, *, rule: events.CfnRule, function: lambda_.Function) -> None:
    """Lets one rule invoke a function."""
    lambda_.CfnPermission(
        scope,
        id,
        action="lambda:InvokeFunction",
        function_name=function.function_arn,
        principal="events.amazonaws.com",
        source_arn=rule.attr_arn,
    )


def dead_letters(failures: sqs.IQueue) -> events.CfnRule.DeadLetterConfigProperty:
    """Where a rule's target sends what it could not take: refused events are not tried again."""
    return events.CfnRule.DeadLetterConfigProperty(arn=failures.queue_arn)

"""Alarms about Fusebox itself: few, shared by all guardrails, to the operations topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, Tags
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from functions.core.spec import OWN_TAG
from stacks.naming import Naming

PERIOD = Duration.minutes(5)
BROKEN_OFF = ("ExecutionsFailed", "ExecutionsAborted")
SHARED_LIMIT = 10
"""Metrics that one alarm on a metric math expression may watch (CloudWatch quotas)."""


class Alarms(Construct):
    """Errors, throttles, the failure queue, and sweeps or approvals that did not end well.

    A sum over all functions makes one alarm do for all; each metric in it is billed all the same.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        topic: sns.ITopic,
        functions: Sequence[lambda_.IFunction],
        failures: sqs.IQueue,
        sweep: sfn.CfnStateMachine,
        approval: sfn.CfnStateMachine,
    ) -> None:
        super().__init__(scope, id)
        self._naming = naming
        self._action = actions.SnsAction(topic)
        invoked: list[Mapping[str, str]] = [{"FunctionName": one.function_name} for one in functions]
        self._alarm(
            "errors",
            "A function of Fusebox failed: read its log group. Events that fail for good wait in the failure queue",
            _total([_sum("AWS/Lambda", "Errors", dimensions) for dimensions in invoked], "errors"),
        )
        self._alarm(
            "throttles",
            "A function of Fusebox was throttled: raise the account's Lambda concurrency",
            _total([_sum("AWS/Lambda", "Throttles", dimensions) for dimensions in invoked], "throttles"),
        )
        self._alarm(
            "failures",
            "Events wait in the failure queue: repair the cause, then run `fusebox redrive`",
            failures.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum"),
        )
        endings = ("ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted")
        machine = {"StateMachineArn": sweep.attr_arn}
        self._alarm(
            "sweeps",
            "A sweep failed, timed out or was aborted: its execution in Step Functions shows the error",
            _total([_sum("AWS/States", ending, machine) for ending in endings], "sweeps that did not end well"),
        )
        # It has no time limit of its own. What fails in the functions of its steps fails it, too, and what fails
        # at their URLs is shown to whoever called: so this watches all of it.
        self._alarm(
            "approvals",
            "Something a person approved could not be done, or a question could not be asked: its execution says what",
            _total(
                [_sum("AWS/States", ending, {"StateMachineArn": approval.attr_arn}) for ending in BROKEN_OFF],
                "approvals that did not end well",
            ),
        )
        Tags.of(self).add(OWN_TAG, "alarms")

    def _alarm(self, part: str, description: str, metric: cloudwatch.IMetric) -> None:
        alarm = cloudwatch.Alarm(
            self,
            part.capitalize(),
            alarm_name=self._naming.name(part),
            alarm_description=description,
            metric=metric,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            # Idle functions and queues report nothing.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(self._action)


def _sum(namespace: str, name: str, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=namespace, metric_name=name, dimensions_map=dimensions, statistic="Sum", period=PERIOD
    )


def _total(metrics: Sequence[cloudwatch.Metric], label: str) -> cloudwatch.MathExpression:
    assert len(metrics) <= SHARED_LIMIT, f"split the alarm on {label}: one takes {SHARED_LIMIT} metrics"
    return cloudwatch.MathExpression(
        expression="SUM(METRICS())",
        using_metrics={f"m{index}": metric for index, metric in enumerate(metrics)},
        label=label,
        period=PERIOD,
    )

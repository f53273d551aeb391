"""The failure queue: where every event ends that could not be handled, so that none is lost."""

from __future__ import annotations

from aws_cdk import Duration, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.core.spec import OWN_TAG
from stacks.naming import Naming


class Failures(Construct):
    """One queue for all guardrails, fed in three ways.

    EventBridge sends what a rule's target refused, Lambda what failed after its retries (wrapped,
    with the error), and SQS what a delay queue handed out three times. Fourteen days, SQS's
    longest, leave time to repair and redrive.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming) -> None:
        super().__init__(scope, id)
        self.queue = sqs.Queue(
            self,
            "Queue",
            queue_name=naming.name("failures"),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        # By name: the rules themselves refer to this queue.
        allow_rules(self.queue, naming.arn("events", f"rule/{naming.base}-*"))
        Tags.of(self).add(OWN_TAG, "failures")


def allow_rules(queue: sqs.Queue, *rule_arns: str) -> None:
    """Lets EventBridge send to a queue on behalf of the rules with these ARNs; one statement, of which SQS takes 20.

    Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-use-resource-based.html
    """
    queue.add_to_resource_policy(
        iam.PolicyStatement(
            sid="FuseboxRules",
            principals=[iam.ServicePrincipal("events.amazonaws.com")],
            actions=["sqs:SendMessage"],
            resources=[queue.queue_arn],
            conditions={"ArnLike": {"aws:SourceArn": list(rule_arns)}},
        )
    )

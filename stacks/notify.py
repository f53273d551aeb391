"""Slack: the queue on the alerts topic, the function that tells what it holds, and the webhook's secret."""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Aws, Duration, RemovalPolicy, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.core.spec import OWN_TAG
from functions.notify.spec import SlackSettings
from functions.notify.waiting import RECEIVES
from stacks.asset import stage_folder
from stacks.function import python_function
from stacks.nag import accept, accept_wildcards
from stacks.naming import Naming

PART = "notify"
TIMEOUT = Duration.seconds(60)
BATCH = 5
"""Messages at a time: should Slack take ten seconds for each, they still fit into the function's time."""
CONCURRENCY = 2
"""The least that Lambda takes: Slack asks for about one message a second and webhook."""
ROWS = ("state#told", "state#notices")


def notify_role_arn(naming: Naming) -> str:
    """The ARN of the function's role, which topics name before it exists."""
    return naming.arn("iam", f"role/{naming.name(PART)}")


class Notify(Construct):
    """Alerts topic → queue → function → Slack. What Slack does not take for some six hours is a failure.

    The function is the only reader of the secret, which has no value until `fusebox secret set slack-webhook`, and
    keeps it over deployments and `cdk destroy`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        settings: SlackSettings,
        alerts: sns.ITopic,
        operations: sns.ITopic,
        failures: sqs.IQueue,
        table: dynamodb.ITable,
        layer_arn: str,
        staging: Path,
    ) -> None:
        """`staging` is a folder that lasts until the app is synthesised."""
        super().__init__(scope, id)
        self.queue = self._queue(naming, failures)
        self._subscribe(alerts, failures)
        self.secret = self._secret(naming)
        role = self._role(naming, table, operations)
        self.function = python_function(
            self,
            name=naming.name(PART),
            description="Tells in Slack what the alerts topic says",
            handler="functions.notify.handler.handle",
            code=stage_folder(PART, PART, settings, staging),
            role=role,
            layer_arn=layer_arn,
            timeout=TIMEOUT,
            environment={
                "FUSEBOX_STACK": Aws.STACK_NAME,
                "FUSEBOX_TABLE": table.table_name,
                "FUSEBOX_OPERATIONS_TOPIC": operations.topic_arn,
                "FUSEBOX_SLACK_SECRET": self.secret.ref,
                "FUSEBOX_NOTIFY_QUEUE": self.queue.queue_url,
            },
        )
        lambda_.CfnEventSourceMapping(
            self,
            "Messages",
            event_source_arn=self.queue.queue_arn,
            function_name=self.function.function_name,
            batch_size=BATCH,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config=lambda_.CfnEventSourceMapping.ScalingConfigProperty(maximum_concurrency=CONCURRENCY),
        )
        Tags.of(self).add(OWN_TAG, PART)

    def _queue(self, naming: Naming, failures: sqs.IQueue) -> sqs.Queue:
        return sqs.Queue(
            self,
            "Queue",
            queue_name=naming.name(PART),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            # Six times the function's timeout leaves room for throttled tries.
            # Source: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
            visibility_timeout=Duration.seconds(6 * TIMEOUT.to_seconds()),
            # Shorter than the failure queue's: a message keeps its age when it moves there.
            retention_period=Duration.days(7),
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=RECEIVES, queue=failures),
        )

    def _subscribe(self, alerts: sns.ITopic, failures: sqs.IQueue) -> None:
        """Raw delivery: the queue holds the notice as it is. What SNS cannot deliver goes to the failure queue."""
        for queue in (self.queue, failures):
            queue.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="FuseboxAlerts",
                    principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                    actions=["sqs:SendMessage"],
                    resources=[queue.queue_arn],
                    conditions={"ArnEquals": {"aws:SourceArn": alerts.topic_arn}},
                )
            )
        sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=alerts.topic_arn,
            protocol="sqs",
            endpoint=self.queue.queue_arn,
            raw_message_delivery=True,
            redrive_policy={"deadLetterTargetArn": failures.queue_arn},
        )

    def _secret(self, naming: Naming) -> secrets.CfnSecret:
        """Empty: `fusebox secret set` fills it, and no deployment ever writes to it.

        Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
        """
        secret = secrets.CfnSecret(
            self,
            "Webhook",
            name=naming.name("slack-webhook"),
            description="The incoming webhook to which Fusebox posts; set with `fusebox secret set slack-webhook`",
        )
        secret.apply_removal_policy(RemovalPolicy.RETAIN)
        accept(secret, "AwsSolutions-SMG4", "only Slack makes a webhook's address, so its owner rotates it by hand")
        return secret

    def _role(self, naming: Naming, table: dynamodb.ITable, operations: sns.ITopic) -> iam.Role:
        name = naming.name(PART)
        streams = naming.arn("logs", f"log-group:/aws/lambda/{name}:log-stream:*")
        own_rows = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": list(ROWS)}}
        statements = [
            iam.PolicyStatement(
                sid="RememberWhatWasTold",
                # A transaction's writes are authorised one by one, as PutItem.
                actions=["dynamodb:BatchGetItem", "dynamodb:PutItem"],
                resources=[table.table_arn],
                conditions=own_rows,
            ),
            iam.PolicyStatement(
                sid="ReadTheWebhook", actions=["secretsmanager:GetSecretValue"], resources=[self.secret.ref]
            ),
            iam.PolicyStatement(
                sid="SayWhatKeepsSlackFromBeingTold", actions=["sns:Publish"], resources=[operations.topic_arn]
            ),
            iam.PolicyStatement(
                sid="TakeMessages",
                actions=[
                    "sqs:ReceiveMessage",
                    "sqs:DeleteMessage",
                    "sqs:GetQueueAttributes",
                    "sqs:ChangeMessageVisibility",
                ],
                resources=[self.queue.queue_arn],
            ),
            iam.PolicyStatement(
                sid="WriteOwnLogs", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[streams]
            ),
        ]
        role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Fusebox: tells Slack",
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            inline_policies={"notify": iam.PolicyDocument(statements=statements)},
        )
        accept_wildcards(role, [streams], "a log stream's name is made by Lambda at run time")
        return role

"""Where AWS says that money is spent: the topic that budgets, anomalies and alarms publish to, and who reads it."""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from functions.llm_keys import names
from stacks.naming import Naming
from stacks.publishing import NOT_A_SERVICE, allow_service, deny_all


class BudgetTopic(Construct):
    """One topic for all budgets, because a budget's notification takes only one SNS subscriber; it fans out from here.

    AWS Budgets, Cost Anomaly Detection and alarms of this account publish, and nobody else can. Like the topics of
    stacks/alerts.py it holds no key: these services cannot publish under the AWS-managed key, and where a key of one's
    own lacks a grant for one of them, its messages are lost without a word.
    Sources: https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-sns-policy.html,
    https://docs.aws.amazon.com/cost-management/latest/userguide/ad-SNS.html (it documents aws:SourceAccount),
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html.
    """

    def __init__(
        self, scope: Construct, id: str, *, naming: Naming, function: lambda_.IFunction, failures: sqs.IQueue
    ) -> None:
        super().__init__(scope, id)
        self.topic = sns.Topic(self, "Topic", topic_name=naming.name(names.TOPIC), enforce_ssl=True)
        own = {"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
        budgets = {**own, "ArnLike": {"aws:SourceArn": naming.arn("budgets", "*")}}
        alarms = {**own, "ArnLike": {"aws:SourceArn": naming.arn("cloudwatch", "alarm:*")}}
        allow_service(self.topic, "Budgets", "budgets.amazonaws.com", budgets)
        allow_service(self.topic, "CostAnomalies", "costalerts.amazonaws.com", own)
        allow_service(self.topic, "Alarms", "cloudwatch.amazonaws.com", alarms)
        deny_all(self.topic, "OnlyServices", NOT_A_SERVICE)
        self._subscribe(function, failures)

    def _subscribe(self, function: lambda_.IFunction, failures: sqs.IQueue) -> None:
        """The function reads every message; what SNS cannot hand over goes to the failure queue."""
        lambda_.CfnPermission(
            self,
            "Invoke",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="sns.amazonaws.com",
            source_arn=self.topic.topic_arn,
            source_account=Aws.ACCOUNT_ID,
        )
        failures.add_to_resource_policy(
            iam.PolicyStatement(
                sid="FuseboxBudgets",
                principals=[iam.ServicePrincipal("sns.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[failures.queue_arn],
                conditions={"ArnEquals": {"aws:SourceArn": self.topic.topic_arn}},
            )
        )
        sns.CfnSubscription(
            self,
            "Subscription",
            topic_arn=self.topic.topic_arn,
            protocol="lambda",
            endpoint=function.function_arn,
            redrive_policy={"deadLetterTargetArn": failures.queue_arn},
        )

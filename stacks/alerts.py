"""The two topics: what guardrails have to say, and alarms about Fusebox itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from aws_cdk import Aws, Tags
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from functions.core.spec import OWN_TAG
from stacks.naming import Naming
from stacks.publishing import NOT_A_SERVICE, allow_service, deny_all


class Alerts(Construct):
    """Topics `alerts` and `operations` with their e-mail subscriptions.

    Both refuse unencrypted transport. They hold no key of their own: CloudWatch cannot publish to
    a topic under the AWS-managed key, and a customer-managed key costs more than all the rest.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        alert_emails: Iterable[str],
        operations_emails: Iterable[str],
        operations_also_from: Sequence[str] = (),
    ) -> None:
        """`operations_also_from` names the roles that may tell of trouble beside CloudWatch's own alarms."""
        super().__init__(scope, id)
        self.alerts = self._topic("Alerts", naming.name("alerts"), alert_emails)
        self.operations = self._topic("Operations", naming.name("operations"), operations_emails)
        # Own roles, and people of this account whom IAM lets publish: `fusebox run --stack` tells its digest too.
        deny_all(self.alerts, "OnlyThisAccount", {"StringNotEquals": {"aws:PrincipalAccount": Aws.ACCOUNT_ID}})
        allow_service(
            self.operations,
            "OwnAlarms",
            "cloudwatch.amazonaws.com",
            # Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html
            {
                "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                "ArnLike": {"aws:SourceArn": naming.arn("cloudwatch", f"alarm:{naming.base}-*")},
            },
        )
        others = {**NOT_A_SERVICE}
        if operations_also_from:
            # A principal without an ARN is denied as well: StringNotEquals holds where the key is missing.
            others["StringNotEquals"] = {"aws:PrincipalArn": list(operations_also_from)}
        deny_all(self.operations, "OnlyServices", others)
        Tags.of(self).add(OWN_TAG, "alerts")

    def _topic(self, id: str, name: str, emails: Iterable[str]) -> sns.Topic:
        topic = sns.Topic(self, id, topic_name=name, enforce_ssl=True)
        for email in emails:
            topic.add_subscription(subscriptions.EmailSubscription(email))
        return topic

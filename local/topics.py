"""SNS: publishing on topics and fanning out to subscriptions, each under the policy of what it reaches."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from local import iam
from local.api import ApiRequest
from local.errors import NotPermitted
from local.records import Loss, Message
from local.wiring import Function, Subscription
from local.world import World

InvokeLater = Callable[[Function, Any], object]


class Topics:
    """The topics of the account. `invoke_later` is bound once the functions are there."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.invoke_later: InvokeLater

    def publish_as_service(
        self,
        service: str,
        topic_arn: str,
        message: str,
        subject: str | None = None,
        *,
        source_arn: str,
        attributes: Mapping[str, Any] | None = None,
    ) -> Message:
        """Publishes as an AWS service principal.

        Raises NotPermitted if the topic's policy does not let it in.
        """
        # The policy a topic has when none is set lets alarms in, which publish as the topic's owner.
        by_default = service == "cloudwatch.amazonaws.com" and topic_arn not in self._world.wiring.resource_policies
        if not by_default and not self._world.service_may(service, "sns:Publish", topic_arn, source_arn):
            raise NotPermitted(f"the policy of {topic_arn} does not let {service} publish for {source_arn}")
        return self.publish(topic_arn, message, subject, attributes=attributes, source=service)

    def publish_as_owner(
        self, topic_arn: str, message: str, subject: str | None = None, *, attributes: Mapping[str, Any] | None = None
    ) -> None:
        """Publishes as the account's owner. Raises NotPermitted if the topic's policy denies even them."""
        if not self._world.owner_may(iam.Check("sns:Publish", topic_arn)):
            raise NotPermitted(f"the policy of {topic_arn} denies even the owner to publish")
        self.publish(topic_arn, message, subject, attributes=attributes, source="owner")

    def publish(
        self,
        topic_arn: str,
        message: str,
        subject: str | None = None,
        *,
        source: str,
        attributes: Mapping[str, Any] | None = None,
        structure: str | None = None,
    ) -> Message:
        """Records the message and queues its delivery to every subscription, now."""
        given: dict[str, Any] = json.loads(message) if structure == "json" else {}
        bodies = {protocol: text for protocol, text in given.items() if isinstance(text, str)}
        published = Message(
            topic_arn,
            subject,
            bodies.get("default", message),
            attributes or {},
            bodies,
            source,
            self._world.clock.now(),
            str(uuid.uuid4()),
        )
        self._world.published.append(published)
        for subscription in self._world.wiring.subscriptions:
            if subscription.topic_arn == topic_arn and subscription.protocol in ("sqs", "lambda"):
                self._world.soon(partial(self._deliver, published, subscription))
        return published

    def watch_publish(self, request: ApiRequest) -> None:
        """Fans out what was published through the API, after moto accepted it."""
        params = request.params
        source = self._world.role_of(request.access_key) or "owner"
        for entry in params.get("PublishBatchRequestEntries") or [params]:
            self.publish(
                params["TopicArn"],
                entry["Message"],
                entry.get("Subject"),
                source=source,
                attributes=entry.get("MessageAttributes") or {},
                structure=entry.get("MessageStructure"),
            )

    def _deliver(self, message: Message, subscription: Subscription) -> None:
        """One message to one subscription. A refusal is a client-side error: not retried, straight to the
        DLQ.
        """
        action = "sqs:SendMessage" if subscription.protocol == "sqs" else "lambda:InvokeFunction"
        body = message.body(subscription.protocol)
        if not self._world.service_may("sns.amazonaws.com", action, subscription.endpoint, subscription.topic_arn):
            self._refused(message, subscription, f"sns.amazonaws.com may not {action} on {subscription.endpoint}")
        elif subscription.protocol == "sqs":
            text = body if subscription.raw else json.dumps(self._notification(message, body))
            attributes = (
                {
                    name: {"DataType": value["DataType"], "StringValue": value["StringValue"]}
                    for name, value in message.attributes.items()
                }
                if subscription.raw
                else {}
            )
            self._world.client("sqs").send_message(
                QueueUrl=self._world.wiring.queue_urls[subscription.endpoint],
                MessageBody=text,
                MessageAttributes=attributes,
            )
        else:
            function = self._world.wiring.function(subscription.endpoint)
            if function is None:
                self._refused(message, subscription, f"{subscription.endpoint} does not exist")
                return
            self.invoke_later(
                function,
                {
                    "Records": [
                        {
                            "EventSource": "aws:sns",
                            "EventVersion": "1.0",
                            "EventSubscriptionArn": subscription.arn,
                            "Sns": self._notification(message, body, "Url"),
                        }
                    ]
                },
            )

    def _refused(self, message: Message, subscription: Subscription, reason: str) -> None:
        queue = subscription.dead_letter_arn
        if queue and self._world.service_may("sns.amazonaws.com", "sqs:SendMessage", queue, subscription.topic_arn):
            body = message.body(subscription.protocol)
            text = body if subscription.raw else json.dumps(self._notification(message, body))
            self._world.client("sqs").send_message(QueueUrl=self._world.wiring.queue_urls[queue], MessageBody=text)
        else:
            self._world.losses.append(Loss("message", subscription.endpoint, reason))

    def _notification(self, message: Message, body: str, url: str = "URL") -> dict[str, Any]:
        """The JSON of a notification; SQS and Lambda spell the URL fields differently.

        Source: https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html. A message without a subject has none in a
        queue, and null in a function.
        """
        subject = {} if message.subject is None and url == "URL" else {"Subject": message.subject}
        return {
            "Type": "Notification",
            "MessageId": message.id,
            "TopicArn": message.topic_arn,
            **subject,
            "Message": body,
            "Timestamp": timestamp(message.time),
            "SignatureVersion": "1",
            "Signature": "local",
            f"SigningCert{url}": "https://localhost/local.pem",
            f"Unsubscribe{url}": "https://localhost/unsubscribe",
            "MessageAttributes": {
                name: {"Type": value["DataType"], "Value": value["StringValue"]}
                for name, value in message.attributes.items()
            },
        }


def timestamp(moment: datetime) -> str:
    """A moment as SNS writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

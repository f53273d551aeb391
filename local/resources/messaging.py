"""SNS and SQS: topics, subscriptions, queues and their policies."""

from __future__ import annotations

import json

from local import iam, policy_quotas, strictness
from local.deployment import Deployment, Properties, boolean
from local.errors import UnmodelledResource
from local.template import Deployed
from local.wiring import Subscription


def topic(d: Deployment, p: Properties) -> Deployed:
    """A topic, with the subscriptions given along with it."""
    p.ignore("DisplayName", "KmsMasterKeyId", "TracingConfig")
    name = d.name(p, "TopicName")
    arn = d.client("sns").create_topic(Name=name, Tags=p.get("Tags", []))["TopicArn"]
    for subscription in p.get("Subscription", []):
        d.world.wiring.subscriptions.append(
            Subscription(f"{arn}:{p.logical_id}", arn, subscription["Protocol"], subscription["Endpoint"], False, None)
        )
    return Deployed(arn, {"TopicName": name, "TopicArn": arn})


def subscription(d: Deployment, p: Properties) -> Deployed:
    """A subscriber of a topic."""
    topic, protocol = p.require("TopicArn"), p.require("Protocol")
    if protocol not in ("sqs", "lambda", "email", "email-json", "https"):
        raise UnmodelledResource(f"{p.logical_id}: a subscription by {protocol} is not modelled")
    redrive = p.get("RedrivePolicy", {})
    redrive = json.loads(redrive) if isinstance(redrive, str) else redrive
    arn = f"{topic}:{p.logical_id}"
    d.world.wiring.subscriptions.append(
        Subscription(
            arn,
            topic,
            protocol,
            p.require("Endpoint"),
            boolean(p.get("RawMessageDelivery", False)),
            redrive.get("deadLetterTargetArn"),
        )
    )
    return Deployed(arn, {"Arn": arn})


def topic_policy(d: Deployment, p: Properties) -> Deployed:
    """The policy of one or more topics."""
    for topic in p.require("Topics"):
        d.world.wiring.resource_policies[topic] = iam.statements(p.require("PolicyDocument"))
    return Deployed(p.logical_id, {"Id": p.logical_id})


def queue(d: Deployment, p: Properties) -> Deployed:
    """A queue."""
    p.ignore("KmsMasterKeyId", "SqsManagedSseEnabled", "KmsDataKeyReusePeriodSeconds", "RedriveAllowPolicy")
    strictness.check_queue(p.logical_id, int(p.get("DelaySeconds", 0)))
    name = d.name(p, "QueueName", 80)
    attributes = {
        k: str(v)
        for k, v in p.take(
            "DelaySeconds",
            "VisibilityTimeout",
            "MessageRetentionPeriod",
            "MaximumMessageSize",
            "ReceiveMessageWaitTimeSeconds",
        ).items()
    }
    if redrive := p.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(redrive)
    url = d.client("sqs").create_queue(QueueName=name, Attributes=attributes, tags=p.tags())["QueueUrl"]
    arn = d.arn("sqs", name)
    d.world.wiring.queue_urls[arn] = url
    return Deployed(url, {"Arn": arn, "QueueName": name, "QueueUrl": url})


def queue_policy(d: Deployment, p: Properties) -> Deployed:
    """The policy of one or more queues."""
    policy_quotas.check_queue(p.logical_id, p.require("PolicyDocument"))
    for url in p.require("Queues"):
        arn = d.arn("sqs", url.rsplit("/", 1)[-1])
        d.world.wiring.resource_policies[arn] = iam.statements(p.require("PolicyDocument"))
    return Deployed(p.logical_id, {"Id": p.logical_id})

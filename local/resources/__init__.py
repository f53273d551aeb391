"""The resource types the local account models, each with the function that creates one.

What moto can hold is created through its API; what deliveries follow goes into the wiring. A property that is
neither read nor ignored there fails the deployment.
"""

from __future__ import annotations

from collections.abc import Callable

from local.deployment import Deployment, Properties
from local.resources import (
    budgets,
    events,
    functions,
    identity,
    messaging,
    monitoring,
    secrets,
    state_machines,
    storage,
)
from local.template import Deployed

CREATE: dict[str, Callable[[Deployment, Properties], Deployed]] = {
    "AWS::Budgets::Budget": budgets.budget,
    "AWS::CloudWatch::Alarm": monitoring.alarm,
    "AWS::DynamoDB::Table": storage.table,
    "AWS::Events::Rule": events.rule,
    "AWS::IAM::ManagedPolicy": identity.managed_policy,
    "AWS::IAM::Policy": identity.inline_policy,
    "AWS::IAM::Role": identity.role,
    "AWS::Lambda::EventInvokeConfig": functions.event_invoke_config,
    "AWS::Lambda::EventSourceMapping": functions.event_source_mapping,
    "AWS::Lambda::Function": functions.function,
    "AWS::Lambda::Permission": functions.permission,
    "AWS::Lambda::Url": functions.url,
    "AWS::Logs::LogGroup": monitoring.log_group,
    "AWS::SNS::Subscription": messaging.subscription,
    "AWS::SNS::Topic": messaging.topic,
    "AWS::SNS::TopicPolicy": messaging.topic_policy,
    "AWS::SQS::Queue": messaging.queue,
    "AWS::SQS::QueuePolicy": messaging.queue_policy,
    "AWS::SSM::Parameter": storage.parameter,
    "AWS::SecretsManager::Secret": secrets.secret,
    "AWS::StepFunctions::StateMachine": state_machines.state_machine,
}

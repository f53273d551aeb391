"""Updating a stack: what of a changed or removed resource is undone before its new form is created.

As in CloudFormation, a resource whose resolved properties did not change is left alone, with whatever was
done to it since; roles and functions are changed in place. Resources that hold data cannot be changed here.
"""

from __future__ import annotations

from collections.abc import Callable

from local.deployment import Deployment, Properties
from local.errors import UnmodelledResource
from local.resources.identity import AWS_MANAGED
from local.template import Deployed

Forget = Callable[[Deployment, Properties, Deployed, bool], None]


def forget(d: Deployment, old: Properties, deployed: Deployed, gone: bool) -> None:
    """Undoes a resource that is to be created anew, or is `gone` from the template.

    Raises UnmodelledResource for a change of a resource that holds data; when gone, such a one is retained.
    """
    undo = FORGET.get(old.type)
    if undo is not None:
        undo(d, old, deployed, gone)
    elif not gone:
        raise UnmodelledResource(f"{old.logical_id}: changing a {old.type} in an update is not modelled")


def _role(d: Deployment, old: Properties, deployed: Deployed, _gone: bool) -> None:
    """The role stays, and so does what others attached to it: a role without policies may do nothing."""
    client = d.client("iam")
    for policy in old.get("Policies", []):
        client.delete_role_policy(RoleName=deployed.ref, PolicyName=policy["PolicyName"])
    for arn in old.get("ManagedPolicyArns", []):
        if arn.startswith(AWS_MANAGED):
            client.delete_role_policy(RoleName=deployed.ref, PolicyName=arn.rsplit("/", 1)[-1])
        else:
            client.detach_role_policy(RoleName=deployed.ref, PolicyArn=arn)


def _inline_policy(d: Deployment, old: Properties, _deployed: Deployed, _gone: bool) -> None:
    for role in old.get("Roles", []):
        d.client("iam").delete_role_policy(RoleName=role, PolicyName=old.get("PolicyName"))


def _managed_policy(d: Deployment, old: Properties, deployed: Deployed, _gone: bool) -> None:
    """Attachments by hand stay in place; a new document becomes the default version."""
    for role in old.get("Roles", []):
        d.client("iam").detach_role_policy(RoleName=role, PolicyArn=deployed.ref)


def _function(d: Deployment, _old: Properties, deployed: Deployed, gone: bool) -> None:
    d.client("lambda").delete_function(FunctionName=deployed.ref)
    if gone:
        del d.world.wiring.functions[deployed.ref]


def _permission(d: Deployment, old: Properties, _deployed: Deployed, _gone: bool) -> None:
    for arn, statements in d.world.wiring.resource_policies.items():
        kept = [s for s in statements if s.get("Sid") != old.logical_id]
        d.world.wiring.resource_policies[arn] = kept


def _url(d: Deployment, old: Properties, _deployed: Deployed, gone: bool) -> None:
    """An update keeps the URL; for another function a new one is opened in its place."""
    if gone:
        d.urls.close(old.logical_id)


def _event_invoke_config(d: Deployment, old: Properties, _deployed: Deployed, _gone: bool) -> None:
    function = d.world.wiring.function(old.get("FunctionName"))
    if function is not None:
        function.max_retries, function.max_age_seconds, function.on_failure_arn = 2, 21600, None


def _event_source_mapping(d: Deployment, old: Properties, _deployed: Deployed, _gone: bool) -> None:
    mappings = d.world.wiring.mappings
    mappings[:] = [m for m in mappings if m.logical_id != old.logical_id]


def _subscription(d: Deployment, _old: Properties, deployed: Deployed, _gone: bool) -> None:
    subscriptions = d.world.wiring.subscriptions
    subscriptions[:] = [s for s in subscriptions if s.arn != deployed.ref]


def _rule(d: Deployment, old: Properties, deployed: Deployed, _gone: bool) -> None:
    d.client("events").delete_rule(Name=deployed.ref)
    del d.world.wiring.rules[old.logical_id]


def _topic_policy(d: Deployment, old: Properties, _deployed: Deployed, _gone: bool) -> None:
    for topic in old.get("Topics", []):
        d.world.wiring.resource_policies.pop(topic, None)


def _queue_policy(d: Deployment, old: Properties, _deployed: Deployed, _gone: bool) -> None:
    for url in old.get("Queues", []):
        d.world.wiring.resource_policies.pop(d.arn("sqs", url.rsplit("/", 1)[-1]), None)


def _alarm(d: Deployment, _old: Properties, deployed: Deployed, gone: bool) -> None:
    if gone:
        d.client("cloudwatch").delete_alarms(AlarmNames=[deployed.ref])


def _budget(d: Deployment, _old: Properties, deployed: Deployed, gone: bool) -> None:
    """A changed one looks after the old one itself."""
    if gone:
        d.client("budgets").delete_budget(AccountId=d.world.account_id, BudgetName=deployed.ref)


def _parameter(d: Deployment, _old: Properties, deployed: Deployed, gone: bool) -> None:
    if gone:
        d.client("ssm").delete_parameter(Name=deployed.ref)


def _state_machine(d: Deployment, _old: Properties, deployed: Deployed, gone: bool) -> None:
    if gone:
        d.client("stepfunctions").delete_state_machine(stateMachineArn=deployed.ref)


FORGET: dict[str, Forget] = {
    "AWS::Budgets::Budget": _budget,
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Policy": _inline_policy,
    "AWS::IAM::Role": _role,
    "AWS::Lambda::EventInvokeConfig": _event_invoke_config,
    "AWS::Lambda::EventSourceMapping": _event_source_mapping,
    "AWS::Lambda::Function": _function,
    "AWS::Lambda::Permission": _permission,
    "AWS::Lambda::Url": _url,
    "AWS::SNS::Subscription": _subscription,
    "AWS::SNS::TopicPolicy": _topic_policy,
    "AWS::SQS::QueuePolicy": _queue_policy,
    "AWS::SSM::Parameter": _parameter,
    "AWS::StepFunctions::StateMachine": _state_machine,
}

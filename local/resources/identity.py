"""IAM: roles and policies."""

from __future__ import annotations

import json
from typing import Any

from local import iam, policy_quotas
from local.deployment import Deployment, Properties
from local.errors import UnmodelledResource
from local.template import Deployed

AWS_MANAGED = "arn:aws:iam::aws:policy/"
# AWS managed policies by ARN, as AWS publishes them
# (https://docs.aws.amazon.com/aws-managed-policy/latest/reference/about-managed-policy-reference.html).
AWS_MANAGED_POLICIES: dict[str, dict[str, Any]] = {
    f"{AWS_MANAGED}service-role/AWSLambdaBasicExecutionRole": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                "Resource": "*",
            }
        ],
    },
}


def role(d: Deployment, p: Properties) -> Deployed:
    """A role with its trust, its inline policies and the managed ones attached to it."""
    p.ignore("Tags", "Description", "MaxSessionDuration")
    name, trust, client = d.name(p, "RoleName", 64), p.require("AssumeRolePolicyDocument"), d.client("iam")
    path = p.get("Path", "/")
    inline = [policy["PolicyDocument"] for policy in p.get("Policies", [])]
    policy_quotas.check_role(p.logical_id, inline, len(p.get("ManagedPolicyArns", [])))
    arn = f"arn:aws:iam::{d.world.account_id}:role{path}{name}"
    if arn in d.world.wiring.trust:
        client.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    else:
        client.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=json.dumps(trust))
    for policy in p.get("Policies", []):
        client.put_role_policy(
            RoleName=name,
            PolicyName=policy["PolicyName"],
            PolicyDocument=json.dumps(policy["PolicyDocument"]),
        )
    for managed in p.get("ManagedPolicyArns", []):
        if not managed.startswith(AWS_MANAGED):
            client.attach_role_policy(RoleName=name, PolicyArn=managed)
        elif managed in AWS_MANAGED_POLICIES:
            # moto has no AWS managed policies unless it loads all of them; inline it grants the same.
            client.put_role_policy(
                RoleName=name,
                PolicyName=managed.rsplit("/", 1)[-1],
                PolicyDocument=json.dumps(AWS_MANAGED_POLICIES[managed]),
            )
        else:
            raise UnmodelledResource(f"{p.logical_id}: the AWS managed policy {managed} is not modelled")
    if boundary := p.get("PermissionsBoundary"):
        raise UnmodelledResource(f"{p.logical_id}: permissions boundaries are not modelled ({boundary})")
    d.world.wiring.trust[arn] = iam.statements(trust)
    return Deployed(name, {"Arn": arn, "RoleId": name})


def inline_policy(d: Deployment, p: Properties) -> Deployed:
    """A policy inside each of its roles."""
    name = p.require("PolicyName")
    if p.get("Users") or p.get("Groups"):
        raise UnmodelledResource(f"{p.logical_id}: policies of users and groups are not modelled")
    for role in p.get("Roles", []):
        d.client("iam").put_role_policy(
            RoleName=role, PolicyName=name, PolicyDocument=json.dumps(p.require("PolicyDocument"))
        )
    p.ignore("PolicyDocument")
    return Deployed(name, {"Id": name})


def managed_policy(d: Deployment, p: Properties) -> Deployed:
    """A policy of the account; if it is there, its document becomes the default version."""
    p.ignore("Tags", "Description")
    if p.get("Users") or p.get("Groups"):
        raise UnmodelledResource(f"{p.logical_id}: policies of users and groups are not modelled")
    name, client = d.name(p, "ManagedPolicyName", 128), d.client("iam")
    policy_quotas.check_managed(p.logical_id, p.require("PolicyDocument"))
    path, text = p.get("Path", "/"), json.dumps(p.require("PolicyDocument"))
    arn = f"arn:aws:iam::{d.world.account_id}:policy{path}{name}"
    if arn in {policy["Arn"] for policy in client.list_policies(Scope="Local")["Policies"]}:
        client.create_policy_version(PolicyArn=arn, PolicyDocument=text, SetAsDefault=True)
    else:
        client.create_policy(PolicyName=name, Path=path, PolicyDocument=text)
    for role in p.get("Roles", []):
        client.attach_role_policy(RoleName=role, PolicyArn=arn)
    return Deployed(arn, {"PolicyArn": arn})

"""Pure: what IAM calls the catalog's calls, and the resources that a policy may name for them.

Names and resource types are those of AWS's service authorization reference.
"""

from __future__ import annotations

from collections.abc import Mapping

from functions.core.iam_actions import action_of
from functions.tag_check.catalog.kind import Kind

SPELT = {"db": "DB"}
GATEWAY = "arn:{partition}:apigateway:{region}::"
PATTERNS = {
    "AWS::EC2::Snapshot": "arn:{partition}:ec2:{region}::snapshot/*",
    "AWS::EC2::Image": "arn:{partition}:ec2:{region}::image/*",
}
"""The kinds that IAM names by an ARN of its own, without the account."""
WITHOUT_RESOURCE = ("ec2:Describe", "autoscaling:Describe", "elasticloadbalancing:Describe", "aoss:")
"""Actions for which IAM knows no resource."""


def action(service: str, operation: str) -> str:
    """The IAM action of an operation, as a client's method is called: ("efs", "list_tags_for_resource")."""
    return action_of(service, "".join(SPELT.get(word, word.capitalize()) for word in operation.split("_")))


def pattern(kind: Kind) -> str:
    """The ARNs of all resources of a kind, as IAM names them; {partition}, {region} and {account} stay."""
    return PATTERNS.get(kind.type, kind.arn.replace("{id}", "*"))


def reading(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """The action that reads a kind's tags, with its resources."""
    named = action(kind.reads.service, kind.reads.operation)
    if named.startswith(WITHOUT_RESOURCE):
        return {named: ("*",)}
    return {named: (GATEWAY + "/tags/*",) if kind.service == "apigateway" else (pattern(kind),)}


def listing(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """The action that lists a kind, with its resources; empty where nothing lists it."""
    if kind.lists is None:
        return {}
    named = action(kind.lists.service, kind.lists.operation)
    # API Gateway's GET on everything would read keys and exports, too.
    return {named: (kind.arn.removesuffix("/{id}"),) if kind.service == "apigateway" else ("*",)}


def tagging(kind: Kind) -> Mapping[str, tuple[str, ...]]:
    """The actions that changing a kind's tags takes, with their resources.

    API Gateway's PUT, POST and DELETE are given for tags alone: on an API they would change or delete it. It asks for
    PATCH on the API itself.
    """
    return {one: _tagged_by(one, kind) for one in kind.tagging}


def _tagged_by(action: str, kind: Kind) -> tuple[str, ...]:
    if action.startswith(WITHOUT_RESOURCE):
        return ("*",)
    if kind.service == "apigateway" and action != "apigateway:PATCH":
        return (GATEWAY + "/tags/*",)
    return (pattern(kind),)

"""Findings of cdk-nag that are accepted, each on the one resource it concerns and with its reason.

cdk-nag itself runs in `stacks.lint` only: what `cdk deploy` needs stays small.
"""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import Acknowledgment, Aws, Validations
from constructs import Construct

WRITTEN = {Aws.PARTITION: "<AWS::Partition>", Aws.REGION: "<AWS::Region>", Aws.ACCOUNT_ID: "<AWS::AccountId>"}
"""How cdk-nag writes what CloudFormation fills in."""


def accept(construct: Construct, rule: str, reason: str) -> None:
    """Accepts one finding on one construct."""
    Validations.of(construct).acknowledge(Acknowledgment(id=rule, reason=reason))


def accept_wildcards(construct: Construct, resources: Iterable[str], reason: str) -> None:
    """Accepts, one by one, resources with a `*` that a policy needs for the reason given."""
    for resource in resources:
        if "*" in resource:
            for token, text in WRITTEN.items():
                resource = resource.replace(token, text)
            accept(construct, f"AwsSolutions-IAM5[Resource::{resource}]", reason)

"""Who may publish to a topic: named AWS services, and nobody beside them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

NOT_A_SERVICE: Mapping[str, Any] = {"Bool": {"aws:PrincipalIsAWSService": "false"}}
"""Whoever else may publish by its own policy would pass one that only allows services: so they are denied."""


def allow_service(topic: sns.Topic, sid: str, service: str, conditions: Mapping[str, Any]) -> None:
    """Lets an AWS service publish under conditions."""
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            principals=[iam.ServicePrincipal(service)],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions=conditions,
        )
    )


def deny_all(topic: sns.Topic, sid: str, conditions: Mapping[str, Any]) -> None:
    """Lets nobody publish for whom the conditions hold, whatever else allows it."""
    topic.add_to_resource_policy(
        iam.PolicyStatement(
            sid=sid,
            effect=iam.Effect.DENY,
            principals=[iam.AnyPrincipal()],
            actions=["sns:Publish"],
            resources=[topic.topic_arn],
            conditions=conditions,
        )
    )

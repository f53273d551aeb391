"""The one table: the ledger, and what changes while Fusebox runs."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Tags
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from functions.core.spec import OWN_TAG
from stacks.naming import Naming

LISTING = "listing"
DAY = "day"


class Store(Construct):
    """A DynamoDB table, on demand, with point-in-time recovery; it outlives its stack.

    Its name is fixed, so that no deployment ever starts on an empty ledger unnoticed: once the
    stack was destroyed, or its very first deployment rolled back, `cdk import` takes the table in
    again, or its owner deletes it knowingly (deletion protection off first).
    """

    def __init__(self, scope: Construct, id: str, *, name: str) -> None:
        super().__init__(scope, id)
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=name,
            partition_key=dynamodb.Attribute(name="pk", type=dynamodb.AttributeType.STRING),
            sort_key=dynamodb.Attribute(name="sk", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute="expires",
            removal_policy=RemovalPolicy.RETAIN,
            deletion_protection=True,
        )
        for index in (LISTING, DAY):
            self.table.add_global_secondary_index(
                index_name=index,
                partition_key=dynamodb.Attribute(name=index, type=dynamodb.AttributeType.STRING),
                sort_key=dynamodb.Attribute(name="at", type=dynamodb.AttributeType.STRING),
            )
        Tags.of(self).add(OWN_TAG, "store")


def table_name(naming: Naming) -> str:
    """The table's name, which others need before the table exists."""
    return naming.name("ledger")

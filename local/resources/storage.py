"""What keeps data: DynamoDB tables and SSM parameters."""

from __future__ import annotations

from local.deployment import Deployment, Properties, boolean
from local.template import Deployed


def table(d: Deployment, p: Properties) -> Deployed:
    """A table with its indexes, recovery and expiry settings."""
    p.ignore("SSESpecification", "TableClass", "ContributorInsightsSpecification", "WarmThroughput")
    name, client = d.name(p, "TableName"), d.client("dynamodb")
    arn = client.create_table(
        TableName=name,
        **p.take(
            "KeySchema",
            "AttributeDefinitions",
            "BillingMode",
            "GlobalSecondaryIndexes",
            "LocalSecondaryIndexes",
            "ProvisionedThroughput",
            "DeletionProtectionEnabled",
            "Tags",
        ),
    )["TableDescription"]["TableArn"]
    if recovery := p.get("PointInTimeRecoverySpecification"):
        client.update_continuous_backups(
            TableName=name,
            PointInTimeRecoverySpecification={
                "PointInTimeRecoveryEnabled": boolean(recovery["PointInTimeRecoveryEnabled"])
            },
        )
    if expiry := p.get("TimeToLiveSpecification"):
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return Deployed(name, {"Arn": arn})


def parameter(d: Deployment, p: Properties) -> Deployed:
    """A parameter of the Parameter Store."""
    p.ignore("Tags", "Tier", "DataType")
    name = d.name(p, "Name")
    d.client("ssm").put_parameter(
        Name=name,
        Type=p.require("Type"),
        Value=str(p.require("Value")),
        Overwrite=True,
        **p.take("Description", "AllowedPattern"),
    )
    return Deployed(name, {"Type": p.get("Type"), "Value": p.get("Value")})

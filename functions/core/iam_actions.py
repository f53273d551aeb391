"""Pure: what IAM calls an operation of an SDK. Names are those of AWS's service authorization reference."""

from __future__ import annotations

PREFIXES = {
    "apigatewayv2": "apigateway",
    "bedrock-agent": "bedrock",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
"""IAM's prefix of a service, where it is not botocore's name."""
VIEW_BUDGET = "budgets:ViewBudget"
ACTIONS = {
    ("apigateway", "UpdateApiKey"): "apigateway:PATCH",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("budgets", "DescribeBudget"): VIEW_BUDGET,
    ("budgets", "DescribeNotificationsForBudget"): VIEW_BUDGET,
    ("budgets", "DescribeSubscribersForNotification"): VIEW_BUDGET,
}
READING = ("BatchGet", "Describe", "Get", "GET", "Head", "List", "Query", "Search", "View")
"""How the names of actions begin that change nothing."""


def action_of(service: str, operation: str) -> str:
    """The IAM action of an operation, both in botocore's names: ("efs", "ListTagsForResource")."""
    prefix = PREFIXES.get(service, service)
    if prefix == "apigateway" and operation.startswith("Get"):
        # API Gateway is permitted by HTTP method and path.
        return f"{prefix}:GET"
    return ACTIONS.get((service, operation), f"{prefix}:{operation}")


def reads(action: str) -> bool:
    """Whether an IAM action changes nothing, by its name."""
    return action.partition(":")[2].startswith(READING)

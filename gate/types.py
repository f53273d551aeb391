"""Which resource types take tags, from types.csv (docs/taggable.py writes it and says by which rule)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FILE = Path(__file__).with_name("types.csv")
SAM = "AWS::Serverless::"
BECOMES = {
    "AWS::Serverless::Api": "AWS::ApiGateway::Stage",
    "AWS::Serverless::Application": "AWS::CloudFormation::Stack",
    "AWS::Serverless::CapacityProvider": "AWS::Lambda::CapacityProvider",
    "AWS::Serverless::Function": "AWS::Lambda::Function",
    "AWS::Serverless::GraphQLApi": "AWS::AppSync::GraphQLApi",
    "AWS::Serverless::HttpApi": "AWS::ApiGatewayV2::Api",
    "AWS::Serverless::LayerVersion": "AWS::Lambda::LayerVersion",
    "AWS::Serverless::SimpleTable": "AWS::DynamoDB::Table",
    "AWS::Serverless::StateMachine": "AWS::StepFunctions::StateMachine",
    "AWS::Serverless::WebSocketApi": "AWS::ApiGatewayV2::Api",
}
"""What the SAM transform makes and tags (SAM reference, Tags of each type): policies name these types."""


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a type takes tags: under `property` ("": it takes none), in `shape`; `stack`: the stack's reach it.

    The shape is list, map, items, replicas, or the ResourceType of its own tag specifications.
    """

    property: str
    shape: str
    stack: bool


def of(type: str) -> Tagging | None:
    """How a CloudFormation or SAM type takes tags; None where it is not known."""
    line = _lines().get(type)
    if line is None:
        return None
    name, shape, stack = line.split(",")
    return Tagging(name, shape, stack == "yes")


def judged_as(type: str) -> str:
    """The type that a policy knows a resource by."""
    return BECOMES.get(type, type)


def named_alike(type: str) -> str:
    """The CloudFormation type that a type of Terraform is named after, as in awscc_ec2_vpc; "" if there is none."""
    return _squeezed().get(type.removeprefix("awscc_").removeprefix("aws_").replace("_", ""), "")


@lru_cache(maxsize=1)
def _lines() -> dict[str, str]:
    rows = FILE.read_text(encoding="utf-8").splitlines()[2:]
    return dict(row.split(",", 1) for row in rows)


@lru_cache(maxsize=1)
def _squeezed() -> dict[str, str]:
    # The awscc provider writes AWS::EC2::VPCEndpoint as awscc_ec2_vpc_endpoint; without underscores they are the same.
    return {re.sub("^aws", "", one.replace("::", "").lower()): one for one in _lines() if one.startswith("AWS::")}

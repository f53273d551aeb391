"""The one managed policy that stops a role or a user from spending on Amazon Bedrock."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from functions.llm_keys import names
from stacks.naming import Naming

DENIED = (
    "bedrock:InvokeModel*",
    "bedrock:CallWithBearerToken",
    "bedrock:CreateModelInvocationJob",
    "bedrock-mantle:CreateInference",
    "bedrock-mantle:CallWithBearerToken",
)
"""What runs a model at somebody's cost. InvokeModel also authorises Converse and asynchronous calls.

Sources: AWS's service authorization reference of Amazon Bedrock, and of Amazon Bedrock Powered by AWS Mantle as a
public copy of it has that (list_amazonbedrockpoweredbyawsmantle.html). That a deny of CallWithBearerToken ends calls
with a short-term key at once was not tried on AWS.
Not denied: agents, flows and knowledge bases call models with roles of their own, which are to be named as keys
themselves; batch jobs that run, provisioned throughput and reservations go on.
"""


class StopPolicy(Construct):
    """A policy that is attached to nothing until a breaker opens, and that only denies.

    It goes with its stack, and IAM refuses to delete it while it is attached: better a deletion that fails, and says
    why, than principals that are denied with nobody left to let them go. Close the breakers first.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming) -> None:
        super().__init__(scope, id)
        self.policy = iam.CfnManagedPolicy(
            self,
            "Policy",
            managed_policy_name=naming.name(names.STOP_POLICY),
            description="Fusebox attaches it to a principal whose budget is spent",
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {"Sid": "BudgetIsSpent", "Effect": "Deny", "Action": list(DENIED), "Resource": "*"},
                ],
            },
        )

"""The deny policy that stops every role of Fusebox, whatever its code does."""

from __future__ import annotations

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.naming import Naming

STILL_ALLOWED = (
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sns:Publish",
    "sqs:SendMessage",
)
"""What a stopped role may go on doing, where it may at all: say so, and save the event for a redrive."""


class EmergencyStop(Construct):
    """A managed policy that is attached to nothing until someone needs it.

    `fusebox pause` is the everyday switch; this one works when the code or the table does not. To
    stop everything, attach it to every role of this Fusebox; IAM applies it within seconds:

        for role in $(aws iam list-roles --output text \\
            --query "Roles[?starts_with(RoleName, '<Name>-')].RoleName"); do
          aws iam attach-role-policy --role-name "$role" --policy-arn <EmergencyStopPolicyArn>
        done

    (`Name` and `EmergencyStopPolicyArn` are outputs of the stack.) Functions then fail at their
    first call; events wait in the delay queues, for a week at most, or go to the failure queue for
    a redrive. `detach-role-policy` ends it, and the next sweep finds what was missed.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming) -> None:
        super().__init__(scope, id)
        self.policy = iam.CfnManagedPolicy(
            self,
            "Policy",
            # IAM is global, so the name carries the Region like all others.
            managed_policy_name=naming.name("emergency-stop"),
            description="Attach to a role of Fusebox to stop it at once",
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "StopEverything",
                        "Effect": "Deny",
                        "NotAction": list(STILL_ALLOWED),
                        "Resource": "*",
                    }
                ],
            },
        )

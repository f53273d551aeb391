"""Names and ARNs: every physical name carries the policy's prefix and the Region.

ARNs of Fusebox's own resources are built from names, not references, wherever a reference would
make the template circular.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from aws_cdk import Aws

from functions.core.spec import GuardrailSpec
from stacks.errors import StackError

NAME_LIMIT = 64
"""Characters in the name of a Lambda function, an IAM role and an EventBridge rule (API references)."""
GLOBAL = ("iam", "budgets")
"""Services whose resources belong to the account, in no Region."""
LONGEST = {Aws.PARTITION: "aws-us-gov", Aws.REGION: "us-isof-south-1", Aws.ACCOUNT_ID: "123456789012"}
"""The longest values these take anywhere; what fits with them fits in every account and Region."""


@dataclass(frozen=True)
class Naming:
    """Makes the names of one Fusebox."""

    prefix: str

    @property
    def base(self) -> str:
        """What every name begins with; also the name of this Fusebox."""
        return f"{self.prefix}-{Aws.REGION}"

    def name(self, part: str) -> str:
        """The physical name of a part; StackError if it might be too long for AWS."""
        name = f"{self.base}-{part}"
        if len(longest(name)) > NAME_LIMIT:
            raise StackError(
                f"{self.prefix}-REGION-{part}: up to {len(longest(name))} characters, AWS allows {NAME_LIMIT}; "
                "choose a shorter prefix"
            )
        return name

    def arn(self, service: str, resource: str) -> str:
        """The ARN of something in this account and Region; those of IAM and Budgets carry no Region."""
        region = "" if service in GLOBAL else Aws.REGION
        return f"arn:{Aws.PARTITION}:{service}:{region}:{Aws.ACCOUNT_ID}:{resource}"

    def of(self, spec: GuardrailSpec) -> str:
        """The name of a guardrail's function and of its role."""
        return self.name(part_of(spec))

    def function_arn(self, spec: GuardrailSpec) -> str:
        return self.arn("lambda", f"function:{self.of(spec)}")

    def role_arn(self, spec: GuardrailSpec) -> str:
        return self.arn("iam", f"role/{self.of(spec)}")

    @property
    def approval_machine(self) -> str:
        """The ARN of the approval workflow, which refers to the functions that refer to it."""
        return self.arn("states", f"stateMachine:{self.name('approval')}")

    def fill(self, template: str) -> str:
        """Fills in {base}, and {partition}, {region} and {account} with what CloudFormation knows."""
        for placeholder, value in (
            ("{base}", self.base),
            ("{partition}", Aws.PARTITION),
            ("{region}", Aws.REGION),
            ("{account}", Aws.ACCOUNT_ID),
        ):
            template = template.replace(placeholder, value)
        return template


def part_of(spec: GuardrailSpec) -> str:
    """A guardrail in names: log_retention becomes log-retention."""
    return spec.name.replace("_", "-")


def longest(text: str) -> str:
    """A text as long as it can get once CloudFormation knows partition, Region and account."""
    for token, value in LONGEST.items():
        text = text.replace(token, value)
    return text


def sids(reasons: Iterable[str]) -> list[str]:
    """Statement ids that say the reasons: IAM takes letters and digits only, each id once per policy."""
    made: list[str] = []
    for reason in reasons:
        words = re.findall(r"[A-Za-z0-9]+", reason.split(";")[0].replace("'", ""))
        sid = "".join(word[0].upper() + word[1:] for word in words)
        made.append(sid if sid not in made else f"{sid}{len(made)}")
    return made

"""One Fusebox per account and Region: the lease record."""

from __future__ import annotations

import json

from aws_cdk import Aws, Tags
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from functions.core.spec import OWN_TAG
from stacks.naming import Naming

NAME = "/fusebox/lease"


class Lease(Construct):
    """An SSM parameter whose name is the same for every Fusebox, whatever its prefix.

    CloudFormation cannot create it a second time, so a second Fusebox in the same account and
    Region is refused before it has a table or a function: two would undo each other's work and
    each count its own cap. `cdk destroy` gives the lease back.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming, table_name: str) -> None:
        super().__init__(scope, id)
        value = {"stack": Aws.STACK_NAME, "table": table_name, "prefix": naming.prefix}
        ssm.StringParameter(
            self,
            "Parameter",
            parameter_name=NAME,
            string_value=json.dumps(value),
            description="Held by the one Fusebox of this account and Region",
        )
        Tags.of(self).add(OWN_TAG, "lease")

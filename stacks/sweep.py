"""The sweep state machine, shared by all guardrails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import Aws, Tags
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from functions.core.spec import OWN_TAG, GuardrailSpec
from stacks.nag import accept
from stacks.naming import Naming

DEFINITION = Path(__file__).parent / "definitions" / "sweep.asl.json"


class Sweep(Construct):
    """A Standard state machine that calls a guardrail's function until its sweep is done.

    Input: {"guardrail": name, "function": ARN}. The execution's name becomes the run's id. A
    sweep so outlives the function's time limit, for up to a day. Ends as Done, DonePartly,
    Skipped, or fails.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming, specs: Sequence[GuardrailSpec]) -> None:
        super().__init__(scope, id)
        name = naming.name("sweep")
        arn = naming.arn("states", f"stateMachine:{name}")
        self._role = iam.Role(
            self,
            "Role",
            role_name=name,
            description="Lets the sweep state machine invoke the functions of guardrails",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID},
                    "ArnLike": {"aws:SourceArn": arn},
                },
            ),
            inline_policies={
                "invoke": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            sid="OwnFunctions",
                            actions=["lambda:InvokeFunction"],
                            # By name: the functions' schedules refer to this machine.
                            resources=[naming.function_arn(spec) for spec in specs],
                        )
                    ]
                )
            },
        )
        self.machine = sfn.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=name,
            state_machine_type="STANDARD",
            role_arn=self._role.role_arn,
            definition_string=DEFINITION.read_text(encoding="utf-8").replace("${Partition}", Aws.PARTITION),
        )
        self.starter = iam.Role(
            self,
            "Starter",
            role_name=naming.name("sweep-start"),
            description="Lets the schedules start sweeps",
            assumed_by=iam.ServicePrincipal(
                "events.amazonaws.com", conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}}
            ),
            inline_policies={
                "start": iam.PolicyDocument(
                    statements=[
                        iam.PolicyStatement(
                            sid="StartSweeps", actions=["states:StartExecution"], resources=[self.machine.attr_arn]
                        )
                    ]
                )
            },
        )
        history = "the execution history, kept for 90 days, shows every step; the run's record is the ledger"
        accept(self.machine, "AwsSolutions-SF1", history)
        accept(self.machine, "AwsSolutions-SF2", f"{history}; traces would only add cost")
        Tags.of(self).add(OWN_TAG, "sweep")

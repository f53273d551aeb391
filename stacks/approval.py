"""Asking people: the workflow, the functions of its steps and doors, and the policy for approvers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Aws, Tags
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from functions.approval.spec import ApprovalSettings
from functions.core.spec import OWN_TAG, GuardrailSpec
from stacks import approval_doors as doors
from stacks import approval_roles as roles
from stacks.asset import stage_folder
from stacks.nag import accept
from stacks.naming import Naming
from stacks.store import DAY, LISTING

DEFINITION = Path(__file__).parent / "definitions" / "approval.asl.json"


@dataclass(frozen=True)
class Options:
    """What of the policy shapes the stack; `slack_app` means buttons that this Fusebox answers."""

    settings: ApprovalSettings
    slack_app: bool

    @property
    def page(self) -> bool:
        return self.settings.page == "function_url"


class Approval(Construct):
    """One Standard state machine for all guardrails, the function `approval`, and the function `decide`.

    `approval` is the only reader of the link key and of Slack's signing secret, which exist only with the page
    and the Slack app.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        options: Options,
        specs: Sequence[GuardrailSpec],
        table: dynamodb.ITable,
        alerts: sns.ITopic,
        layer_arn: str,
        staging: Path,
    ) -> None:
        super().__init__(scope, id)
        self._naming = naming
        code = stage_folder("approval", "approval", options.settings, staging)
        secrets = {}
        if options.page:
            secrets["FUSEBOX_LINK_SECRET"] = doors.link_key(self, naming).ref
        if options.slack_app:
            secrets["FUSEBOX_SLACK_SIGNING_SECRET"] = doors.signing_secret(self, naming).ref
        reach = roles.Reach(
            table=table.table_arn,
            alerts_topic=alerts.topic_arn,
            machine=naming.approval_machine,
            guardrails=tuple(naming.function_arn(spec) for spec in specs),
            secrets=tuple(secrets.values()),
        )
        base = {
            "FUSEBOX_TABLE": table.table_name,
            "FUSEBOX_NAME": naming.base,
            "FUSEBOX_STACK": Aws.STACK_NAME,
            "FUSEBOX_APPROVAL_MACHINE": naming.approval_machine,
        }
        asks = doors.ApprovalFunction(
            self,
            "Asks",
            naming=naming,
            reach=reach,
            code=code,
            layer_arn=layer_arn,
            environment={**base, **secrets, "FUSEBOX_ALERTS_TOPIC": alerts.topic_arn},
            public=bool(secrets),
        )
        decides = doors.DecideFunction(
            self, "Decides", naming=naming, reach=reach, code=code, layer_arn=layer_arn, environment=base
        )
        self.public_url, self.decide_url = asks.url, decides.url
        self.machine = self._machine(asks.function.function_arn, reach.guardrails)
        self.approvers = self._approvers(decides.function.function_arn, table.table_arn)
        Tags.of(self).add(OWN_TAG, "approval")

    def _machine(self, function_arn: str, guardrails: Sequence[str]) -> sfn.CfnStateMachine:
        role = roles.workflow_role(self, naming=self._naming, functions=[function_arn, *guardrails])
        definition = DEFINITION.read_text(encoding="utf-8")
        machine = sfn.CfnStateMachine(
            self,
            "Machine",
            state_machine_name=self._naming.name("approval"),
            state_machine_type="STANDARD",
            role_arn=role.role_arn,
            definition_string=definition.replace("${Partition}", Aws.PARTITION).replace("${Approval}", function_arn),
        )
        history = "the execution history, kept for 90 days, shows every step; the record is the ledger"
        accept(machine, "AwsSolutions-SF1", history)
        accept(machine, "AwsSolutions-SF2", f"{history}; traces would only add cost")
        return machine

    def _approvers(self, function_arn: str, table_arn: str) -> iam.CfnManagedPolicy:
        """What an approver needs to look and answer by command; for roles, or to copy into permission sets."""
        return iam.CfnManagedPolicy(
            self,
            "Approvers",
            managed_policy_name=self._naming.name("approvers"),
            description="Lets a principal answer Fusebox's questions by command, where the policy names it",
            policy_document={
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Sid": "CallTheUrl",
                        "Effect": "Allow",
                        "Action": "lambda:InvokeFunctionUrl",
                        "Resource": function_arn,
                        "Condition": {"StringEquals": {"lambda:FunctionUrlAuthType": "AWS_IAM"}},
                    },
                    {
                        "Sid": "OnlyByTheUrl",
                        "Effect": "Allow",
                        "Action": "lambda:InvokeFunction",
                        "Resource": function_arn,
                        "Condition": {"Bool": {"lambda:InvokedViaFunctionUrl": "true"}},
                    },
                    {
                        "Sid": "SeeWhatIsAsked",
                        "Effect": "Allow",
                        "Action": ["dynamodb:BatchGetItem", "dynamodb:Query"],
                        "Resource": [table_arn, *(f"{table_arn}/index/{index}" for index in (LISTING, DAY))],
                    },
                    {
                        "Sid": "FindFusebox",
                        "Effect": "Allow",
                        "Action": ["cloudformation:DescribeStacks", "ssm:GetParameter"],
                        "Resource": [Aws.STACK_ID, self._naming.arn("ssm", "parameter/fusebox/lease")],
                    },
                ],
            },
        )

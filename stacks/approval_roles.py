"""What the functions of the approval workflow may do: one role each, every row and secret named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.nag import accept_wildcards
from stacks.naming import Naming

WAKING = ["states:SendTaskSuccess", "states:StartExecution"]
"""An answer wakes the workflow that waits for it; where that has died, it starts the next."""
ANSWER_ROWS = ("request#*", "ledger#request/*")
"""Rows that an answer writes: the request, and what the ledger keeps of it."""


@dataclass(frozen=True)
class Reach:
    """ARNs of what the two functions work with."""

    table: str
    alerts_topic: str
    machine: str
    guardrails: tuple[str, ...]
    secrets: tuple[str, ...]


def approval_role(scope: Construct, *, name: str, naming: Naming, reach: Reach, public: bool) -> iam.Role:
    """The role of the function that asks, ends requests, and serves links and buttons where there is a public URL."""
    rows = [*ANSWER_ROWS, "state#asked#*", "state#exemptions"]
    statements = [
        _allow("ReadRequests", ["dynamodb:BatchGetItem", "dynamodb:Query"], [reach.table]),
        _allow("KeepRequestsAndExemptions", ["dynamodb:PutItem"], [reach.table], _leading(rows)),
        _allow("TellPeople", ["sns:Publish"], [reach.alerts_topic]),
        _allow("WakeTheWorkflowOrStartAnother", WAKING, [reach.machine]),
    ]
    if public:
        own = naming.arn("lambda", f"function:{name}")
        statements += [
            _allow("HandOverUndos", ["lambda:InvokeFunction"], list(reach.guardrails)),
            _allow("ReadTheLinkKeyAndSlacksSigningSecret", ["secretsmanager:GetSecretValue"], list(reach.secrets)),
            _allow("KnowItsOwnUrl", ["lambda:GetFunctionUrlConfig"], [own]),
        ]
    return _role(scope, name, naming, "Fusebox: asks people and ends requests", statements)


def decide_role(scope: Construct, *, name: str, naming: Naming, reach: Reach) -> iam.Role:
    """The role of the function that takes the command's answers."""
    statements = [
        _allow("ReadRequests", ["dynamodb:BatchGetItem", "dynamodb:Query"], [reach.table]),
        _allow("RecordAnswers", ["dynamodb:PutItem"], [reach.table], _leading(list(ANSWER_ROWS))),
        _allow("WakeTheWorkflowOrStartAnother", WAKING, [reach.machine]),
    ]
    return _role(scope, name, naming, "Fusebox: takes the command's answers", statements)


def workflow_role(scope: Construct, *, naming: Naming, functions: Sequence[str]) -> iam.Role:
    """The role of the state machine: it invokes the functions of its steps, and nothing else."""
    return iam.Role(
        scope,
        "WorkflowRole",
        role_name=naming.name("approval-workflow"),
        description="Lets the approval workflow invoke the functions of its steps",
        assumed_by=iam.ServicePrincipal(
            "states.amazonaws.com",
            conditions={"ArnLike": {"aws:SourceArn": naming.approval_machine}},
        ),
        inline_policies={
            "invoke": iam.PolicyDocument(
                statements=[_allow("OwnFunctions", ["lambda:InvokeFunction"], list(functions))]
            )
        },
    )


def _role(
    scope: Construct, name: str, naming: Naming, description: str, statements: list[iam.PolicyStatement]
) -> iam.Role:
    streams = naming.arn("logs", f"log-group:/aws/lambda/{name}:log-stream:*")
    statements.append(_allow("WriteOwnLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [streams]))
    role = iam.Role(
        scope,
        "Role",
        role_name=name,
        description=description,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"approval": iam.PolicyDocument(statements=statements)},
    )
    accept_wildcards(role, [streams], "a log stream's name is made by Lambda at run time")
    return role


def _leading(keys: list[str]) -> Mapping[str, Any]:
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": keys}}


def _allow(
    sid: str, actions: list[str], resources: list[str], conditions: Mapping[str, Any] | None = None
) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, actions=actions, resources=resources, conditions=conditions)

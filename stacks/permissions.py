"""The role of a guardrail's function: its own grants, what the core needs, and the Denies.

Three inline policies: `core`, `guardrail`, `fences`. Inline, so that function and role exist
together, and so that one look at the role shows everything it can do. Where they are larger than IAM
allows, the grants of `guardrail` become managed policies beside them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from functions.core.iam_actions import reads
from functions.core.memory import episodes_of, notes_of
from functions.core.spec import OWN_TAG, Fence, GuardrailSettings, GuardrailSpec, Permission
from stacks.errors import StackError
from stacks.nag import accept_wildcards
from stacks.naming import Naming, longest, part_of, sids
from stacks.store import LISTING

INLINE_LIMIT, MANAGED_LIMIT = 10_240, 6_144
"""Characters in all inline policies of a role, and in one managed policy, white space not counted (IAM quotas)."""
OWN_STATE = (
    *("state#caps", "state#leases", "state#pause", "state#exemptions", "state#gathering", "state#troubles"),
    "request#*",
)
"""Rows that every guardrail's function keeps. Exemptions, because an undo leaves its resource alone."""


@dataclass(frozen=True)
class Reach:
    """ARNs of what every function works with; `delay_queue` is "" where it has none."""

    table: str
    alerts_topic: str
    failure_queue: str
    delay_queue: str
    approval_machine: str


def role_for(
    scope: Construct, id: str, *, spec: GuardrailSpec, settings: GuardrailSettings, naming: Naming, reach: Reach
) -> iam.Role:
    """The role of one guardrail's function; StackError if its policies are larger than IAM allows."""
    granted = spec.granted(settings)
    fences = (*spec.fences(settings), *_own_resources(granted))
    documents = {
        "core": _core(spec, naming, reach),
        "guardrail": _statements(naming, granted, iam.Effect.ALLOW),
        "fences": _statements(naming, fences, iam.Effect.DENY),
    }
    # IAM refuses a policy that says nothing.
    documents = {name: each for name, each in documents.items() if each}
    managed: list[iam.ManagedPolicy] = []
    if _size(scope, documents) > INLINE_LIMIT:
        managed = _managed(scope, spec, documents.pop("guardrail", []), naming)
    size = _size(scope, documents)
    if size > INLINE_LIMIT:
        raise StackError(
            f"{spec.name}: its role's policies take up to {size} characters, IAM allows {INLINE_LIMIT}; "
            "protect fewer or broader names"
        )
    role = iam.Role(
        scope,
        id,
        role_name=naming.of(spec),
        description=f"Fusebox: {spec.title}",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={name: iam.PolicyDocument(statements=each) for name, each in documents.items()},
        managed_policies=managed or None,
    )
    for each in (role, *managed):
        _accept(each, naming, granted)
    accept_wildcards(role, [_own_streams(spec, naming)], "a log stream's name is made by Lambda at run time")
    return role


def _accept(construct: Construct, naming: Naming, granted: Sequence[Permission]) -> None:
    for one in granted:
        accept_wildcards(construct, map(naming.fill, one.resources), one.reason)


def _size(scope: Construct, documents: Mapping[str, list[iam.PolicyStatement]]) -> int:
    return len(longest(json.dumps(Stack.of(scope).resolve(_compact(documents)), separators=(",", ":"))))


def _managed(
    scope: Construct, spec: GuardrailSpec, statements: list[iam.PolicyStatement], naming: Naming
) -> list[iam.ManagedPolicy]:
    """Statements in as few managed policies as hold them."""
    parts: list[list[iam.PolicyStatement]] = [[]]
    for one in statements:
        if _size(scope, {"": [*parts[-1], one]}) > MANAGED_LIMIT:
            parts.append([])
        parts[-1].append(one)
    made = []
    for number, part in enumerate(parts, 1):
        name = naming.name(f"{part_of(spec)}-grants-{number}")
        made.append(iam.ManagedPolicy(scope, f"Grants{number}", managed_policy_name=name, statements=part))
    return made


def _core(spec: GuardrailSpec, naming: Naming, reach: Reach) -> list[iam.PolicyStatement]:
    """What functions/core calls, and what Lambda does in the role's name."""
    rows = "dynamodb:LeadingKeys"
    statements = [
        _statement("ReadRows", ["dynamodb:BatchGetItem", "dynamodb:Query"], [reach.table]),
        _statement("FindOpenClaimsAndRequests", ["dynamodb:Query"], [f"{reach.table}/index/{LISTING}"]),
        # A transaction's writes are authorised one by one, as PutItem.
        _statement(
            "AddToLedgerAndKeepOwnState",
            ["dynamodb:PutItem"],
            [reach.table],
            {"ForAllValues:StringLike": {rows: ["ledger#*", *own_rows(spec)]}},
        ),
        _statement(
            "GiveBackLease",
            ["dynamodb:DeleteItem"],
            [reach.table],
            {"ForAllValues:StringEquals": {rows: ["state#leases"]}},
        ),
        # Holds even if someone attaches a broader policy to the role.
        _statement(
            "LedgerIsAppendOnly",
            ["dynamodb:DeleteItem", "dynamodb:UpdateItem"],
            [reach.table],
            {"ForAnyValue:StringLike": {rows: ["ledger#*"]}},
            iam.Effect.DENY,
        ),
        _statement("TellPeople", ["sns:Publish"], [reach.alerts_topic]),
        _statement("AskPeople", ["states:StartExecution"], [reach.approval_machine]),
        # Lambda sends what failed for good with the function's role, and reads the delay queue with it.
        _statement("SaveFailedEvents", ["sqs:SendMessage"], [reach.failure_queue]),
        _statement("WriteOwnLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], [_own_streams(spec, naming)]),
    ]
    if reach.delay_queue:
        reading = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        statements.append(_statement("TakeDelayedEvents", reading, [reach.delay_queue]))
    return statements


def own_rows(spec: GuardrailSpec) -> list[str]:
    """The rows of state that a guardrail's function writes."""
    remembered = [notes_of(spec.name), episodes_of(spec.name)] if spec.remembers else []
    return [f"state#claims#{spec.name}", f"state#asked#{spec.name}", *remembered, *OWN_STATE]


def _own_streams(spec: GuardrailSpec, naming: Naming) -> str:
    return naming.arn("logs", f"log-group:/aws/lambda/{naming.of(spec)}:log-stream:*")


def _statements(
    naming: Naming, declared: Sequence[Permission | Fence], effect: iam.Effect
) -> list[iam.PolicyStatement]:
    """What a guardrail declares as IAM takes it, each statement named by its reason."""
    named = zip(sids(one.reason for one in declared), declared, strict=True)
    return [
        _statement(
            sid,
            list(one.actions),
            [naming.fill(each) for each in one.resources],
            _conditions(naming, one.conditions),
            effect,
        )
        for sid, one in named
    ]


def _conditions(naming: Naming, conditions: Mapping[str, Mapping[str, str | list[str]]]) -> dict[str, Any]:
    return {
        operator: {
            key: naming.fill(value) if isinstance(value, str) else [naming.fill(each) for each in value]
            for key, value in keys.items()
        }
        for operator, keys in conditions.items()
    }


def _own_resources(granted: Sequence[Permission]) -> tuple[Fence, ...]:
    """Whatever a guardrail may change, it may not change on Fusebox's own resources."""
    changing = sorted({action for one in granted for action in one.actions if not reads(action)})
    if not changing:
        return ()
    tagged = {"StringLike": {f"aws:ResourceTag/{OWN_TAG}": "*"}}
    reason = "never Fusebox's own resources"
    return (Fence(actions=tuple(changing), resources=("*",), reason=reason, conditions=tagged),)


def _statement(
    sid: str,
    actions: list[str],
    resources: list[str],
    conditions: Mapping[str, Any] | None = None,
    effect: iam.Effect = iam.Effect.ALLOW,
) -> iam.PolicyStatement:
    return iam.PolicyStatement(sid=sid, effect=effect, actions=actions, resources=resources, conditions=conditions)


def _compact(documents: Mapping[str, list[iam.PolicyStatement]]) -> Any:
    return {name: [one.to_statement_json() for one in each] for name, each in documents.items()}

"""What the roles may and may not do."""

from __future__ import annotations

import pytest

from functions.core.spec import OWN_TAG, GuardrailSpec
from functions.log_retention.spec import LogRetentionSettings
from functions.policy import Policy
from functions.registry import GUARDRAILS
from stacks.errors import StackError
from stacks.naming import sids
from tests.stacks.conftest import Build
from tests.stacks.template import BASE, HERE, Properties, Template, statements

TABLE = f"arn:aws:dynamodb:{HERE}:table/{BASE}-ledger"


def name_of(spec: GuardrailSpec) -> str:
    return f"{BASE}-{spec.name.replace('_', '-')}"


def documents(template: Template, name: str) -> dict[str, Properties]:
    """A role's policies by name; grants that are too large for it stand in managed policies of its own."""
    role = template.named("AWS::IAM::Role", name)
    found: dict[str, Properties] = {name: {"Statement": []} for name in ("core", "guardrail", "fences")}
    found |= {one["PolicyName"]: one["PolicyDocument"] for one in role["Policies"]}
    managed = template.of("AWS::IAM::ManagedPolicy")
    own = [one for one in managed if one["ManagedPolicyName"].startswith(f"{name}-grants-")]
    assert role.get("ManagedPolicyArns", []) == [one["ManagedPolicyName"] for one in own]
    if own:
        found["guardrail"] = {"Statement": [one for each in own for one in each["PolicyDocument"]["Statement"]]}
    return found


def filled(resources: tuple[str, ...]) -> list[str]:
    return sorted(map(fill, resources))


def fill(text: str) -> str:
    return text.format(partition="aws", region="eu-west-1", account="123456789012", base=BASE)


def test_no_policy_is_attached_from_elsewhere(template: Template) -> None:
    assert template.of("AWS::IAM::Policy") == []
    managed = template.of("AWS::IAM::ManagedPolicy")
    names = {one["ManagedPolicyName"] for one in managed}
    grants = {one for one in names if any(one.startswith(f"{name_of(each.spec)}-grants-") for each in GUARDRAILS)}
    assert names - grants == {f"{BASE}-emergency-stop", f"{BASE}-approvers"}
    assert not any({"Roles", "Users", "Groups"} & set(one) for one in managed)


def test_a_role_is_granted_exactly_what_its_spec_declares(
    template: Template, spec: GuardrailSpec, policy: Policy
) -> None:
    document = documents(template, name_of(spec))["guardrail"]
    assert statements(document, "Deny") == {}
    granted = statements(document, "Allow")
    declared = spec.granted(policy.guardrails[spec.name])
    for sid, permission in zip(sids(one.reason for one in declared), declared, strict=True):
        expected = {
            "actions": sorted(permission.actions),
            "resources": filled(permission.resources),
            "conditions": permission.conditions,
        }
        assert granted.pop(sid) == expected
    assert granted == {}


def test_the_core_is_granted_the_calls_it_makes(template: Template, spec: GuardrailSpec) -> None:
    granted = statements(documents(template, name_of(spec))["core"], "Allow")
    queue = granted.pop("TakeDelayedEvents", None)
    assert bool(queue) is bool(spec.event_delay(spec.settings()))
    assert {
        (action, resource) for one in granted.values() for action in one["actions"] for resource in one["resources"]
    } == {
        ("dynamodb:BatchGetItem", TABLE),
        ("dynamodb:Query", TABLE),
        ("dynamodb:Query", f"{TABLE}/index/listing"),
        ("dynamodb:PutItem", TABLE),
        ("dynamodb:DeleteItem", TABLE),
        ("states:StartExecution", f"arn:aws:states:{HERE}:stateMachine:{BASE}-approval"),
        ("sns:Publish", f"arn:aws:sns:{HERE}:{BASE}-alerts"),
        ("sqs:SendMessage", f"arn:aws:sqs:{HERE}:{BASE}-failures"),
        ("logs:CreateLogStream", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/{name_of(spec)}:log-stream:*"),
        ("logs:PutLogEvents", f"arn:aws:logs:{HERE}:log-group:/aws/lambda/{name_of(spec)}:log-stream:*"),
    }


def test_a_function_deletes_leases_only_and_never_touches_the_ledger_or_others_state(
    template: Template, spec: GuardrailSpec
) -> None:
    core = documents(template, name_of(spec))["core"]
    granted, denied = statements(core, "Allow"), statements(core, "Deny")
    deleting = granted["GiveBackLease"]["conditions"]
    assert deleting == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["state#leases"]}}
    writing = granted["AddToLedgerAndKeepOwnState"]["conditions"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    assert f"state#claims#{spec.name}" in writing
    assert f"state#asked#{spec.name}" in writing
    assert not any(key.endswith("*") for key in writing if key not in ("ledger#*", "request#*"))
    assert denied["LedgerIsAppendOnly"] == {
        "actions": ["dynamodb:DeleteItem", "dynamodb:UpdateItem"],
        "resources": [TABLE],
        "conditions": {"ForAnyValue:StringLike": {"dynamodb:LeadingKeys": ["ledger#*"]}},
    }


def test_what_the_policy_protects_is_denied(template: Template, spec: GuardrailSpec, policy: Policy) -> None:
    fences = documents(template, name_of(spec))["fences"]
    assert statements(fences, "Allow") == {}
    denied = list(statements(fences, "Deny").values())
    for fence in spec.fences(policy.guardrails[spec.name]):
        assert {
            "actions": sorted(fence.actions),
            "resources": filled(fence.resources),
            "conditions": fence.conditions,
        } in denied


def test_no_change_is_allowed_on_fuseboxs_own_resources(
    template: Template, spec: GuardrailSpec, policy: Policy
) -> None:
    granted = spec.granted(policy.guardrails[spec.name])
    fences = statements(documents(template, name_of(spec))["fences"], "Deny")
    if not granted:
        assert fences == {}
        return
    denied = fences["NeverFuseboxsOwnResources"]
    assert denied["resources"] == ["*"]
    assert denied["conditions"] == {"StringLike": {f"aws:ResourceTag/{OWN_TAG}": "*"}}
    reads = {"Describe", "Get", "GET", "List", "View"}
    for permission in granted:
        for action in permission.actions:
            assert (action in denied["actions"]) is not action.split(":")[1].startswith(tuple(reads))


def test_policies_larger_than_iam_allows_are_refused(build: Build) -> None:
    many = tuple(f"/a/long/name/of/some/application/number-{number}*" for number in range(60))
    settings = LogRetentionSettings(protect=many)
    with pytest.raises(StackError, match=r"log_retention: its role's policies take up to \d+ characters"):
        build(settings={"log_retention": settings})


def test_the_sweep_machine_invokes_the_functions_of_guardrails_only(template: Template, spec: GuardrailSpec) -> None:
    role = documents(template, f"{BASE}-sweep")
    allowed = statements(role["invoke"], "Allow")["OwnFunctions"]
    assert allowed["actions"] == ["lambda:InvokeFunction"]
    functions = [f"arn:aws:lambda:{HERE}:function:{name_of(one.spec)}" for one in GUARDRAILS]
    assert allowed["resources"] == sorted(functions)
    assert f"arn:aws:lambda:{HERE}:function:{name_of(spec)}" in functions


def test_the_emergency_stop_denies_all_but_telling_and_saving(template: Template) -> None:
    policy = template.named("AWS::IAM::ManagedPolicy", f"{BASE}-emergency-stop")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Deny", "*")
    assert set(statement["NotAction"]) == {
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        "sns:Publish",
        "sqs:SendMessage",
    }

"""The role of llm_keys cannot raise anyone's rights: it takes from named keys, and gives back only that."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from functions.core.iam_actions import reads
from functions.llm_keys.spec import SPEC
from local.iam import Check, evaluate, like
from stacks.naming import sids
from tests.stacks.conftest import Build
from tests.stacks.llm_policy import example, stack_of
from tests.stacks.template import BASE, HERE, Properties, Template, statements
from tests.stacks.test_roles import documents, fill

IAM = "arn:aws:iam::123456789012:"
STOP = f"{IAM}policy/{BASE}-llm-stop"
ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"
ROLE, USER = f"{IAM}role/agents", f"{IAM}user/batch/summaries"
NAME = f"{BASE}-llm-keys"
EXAMPLE = example()


@pytest.fixture(scope="module")
def template(build: Build) -> Template:
    return stack_of(build, EXAMPLE)


@pytest.fixture(scope="module")
def role(template: Template) -> list[Any]:
    """Every statement of the role, its Denies included."""
    return [one for document in documents(template, NAME).values() for one in document["Statement"]]


def verdict(role: list[Any], action: str, resource: str, attached: str = "", tags: dict[str, str] | None = None) -> str:
    context = {"iam:policyarn": (attached,)} if attached else {}
    return evaluate(role, Check(action, resource, context, tags or {}))


def allowed(role: list[Any]) -> set[str]:
    granted = [one["Action"] for one in role if one["Effect"] == "Allow"]
    return {action for each in granted for action in ([each] if isinstance(each, str) else each)}


def test_it_is_granted_what_the_spec_declares_with_its_conditions_filled_in(template: Template) -> None:
    granted = statements(documents(template, NAME)["guardrail"], "Allow")
    declared = SPEC.granted(EXAMPLE)
    assert len(granted) == len(declared)
    for sid, one in zip(sids(each.reason for each in declared), declared, strict=True):
        conditions = {
            operator: {key: fill(str(value)) for key, value in keys.items()}
            for operator, keys in one.conditions.items()
        }
        assert granted[sid] == {
            "actions": sorted(one.actions),
            "resources": sorted(map(fill, one.resources)),
            "conditions": conditions,
        }


def test_what_it_may_change_is_this_and_nothing_else(role: list[Any]) -> None:
    assert {action for action in allowed(role) if not reads(action)} == {
        # Fusebox's own table, topic, workflow, failure queue and logs
        "dynamodb:PutItem",
        "dynamodb:DeleteItem",
        "sns:Publish",
        "states:StartExecution",
        "sqs:SendMessage",
        "logs:CreateLogStream",
        "logs:PutLogEvents",
        # The switches of keys
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
        "iam:AttachUserPolicy",
        "iam:DetachUserPolicy",
        "iam:UpdateAccessKey",
        "iam:UpdateServiceSpecificCredential",
        "apigateway:PATCH",
        "secretsmanager:UpdateSecretVersionStage",
    }
    assert not [action for action in allowed(role) if "*" in action]


@pytest.mark.parametrize(
    ("action", "principal"),
    [
        ("iam:AttachRolePolicy", ROLE),
        ("iam:DetachRolePolicy", ROLE),
        ("iam:AttachUserPolicy", USER),
        ("iam:DetachUserPolicy", USER),
    ],
)
def test_it_attaches_and_detaches_the_one_policy_on_named_principals(
    role: list[Any], action: str, principal: str
) -> None:
    assert verdict(role, action, principal, STOP) == "Allow"


@pytest.mark.parametrize(
    ("action", "resource", "attached"),
    [
        # another policy, whichever it is
        ("iam:AttachRolePolicy", ROLE, ADMIN),
        ("iam:AttachUserPolicy", USER, ADMIN),
        ("iam:AttachRolePolicy", ROLE, f"{STOP}-too"),
        ("iam:AttachRolePolicy", ROLE, f"arn:aws:iam::999999999999:policy/{BASE}-llm-stop"),
        ("iam:DetachRolePolicy", ROLE, f"{IAM}policy/guard-of-the-owner"),
        ("iam:DetachRolePolicy", ROLE, f"{IAM}policy/{BASE}-emergency-stop"),
        # another principal
        ("iam:AttachRolePolicy", f"{IAM}role/admin", STOP),
        ("iam:DetachRolePolicy", f"{IAM}role/agents-too", STOP),
        ("iam:AttachUserPolicy", f"{IAM}user/summaries", STOP),
        ("iam:AttachGroupPolicy", f"{IAM}group/people", STOP),
        # by another way
        ("iam:AttachRolePolicy", ROLE, ""),
        ("iam:PutRolePolicy", ROLE, ""),
        ("iam:DeleteRolePolicy", ROLE, ""),
        ("iam:PutUserPolicy", USER, ""),
        ("iam:PutRolePermissionsBoundary", ROLE, ADMIN),
        ("iam:DeleteRolePermissionsBoundary", ROLE, ""),
        ("iam:UpdateAssumeRolePolicy", ROLE, ""),
        ("iam:AddUserToGroup", f"{IAM}group/people", ""),
        ("iam:CreatePolicyVersion", STOP, ""),
        ("iam:SetDefaultPolicyVersion", STOP, ""),
        ("iam:DeletePolicy", STOP, ""),
        ("iam:CreateAccessKey", f"{IAM}user/robot", ""),
        ("iam:CreateServiceSpecificCredential", f"{IAM}user/notebooks", ""),
        ("iam:ResetServiceSpecificCredential", f"{IAM}user/notebooks", ""),
        ("iam:CreateLoginProfile", USER, ""),
        ("iam:PassRole", ROLE, ""),
        ("sts:AssumeRole", ROLE, ""),
        # the keys of others
        ("iam:UpdateAccessKey", f"{IAM}user/notebooks", ""),
        ("iam:UpdateAccessKey", f"{IAM}user/robot2", ""),
        ("iam:UpdateServiceSpecificCredential", f"{IAM}user/robot", ""),
        ("apigateway:PATCH", "arn:aws:apigateway:eu-west-1::/apikeys/zzzzzzzzzz", ""),
        ("apigateway:PATCH", "arn:aws:apigateway:eu-west-1::/restapis/a1b2c3d4e5", ""),
        # secrets
        ("secretsmanager:PutSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:{BASE}-llm-openai-AbCdEf", ""),
        ("secretsmanager:PutResourcePolicy", f"arn:aws:secretsmanager:{HERE}:secret:{BASE}-llm-openai-AbCdEf", ""),
        ("secretsmanager:GetSecretValue", f"arn:aws:secretsmanager:{HERE}:secret:{BASE}-link-key-AbCdEf", ""),
        (
            "secretsmanager:GetSecretValue",
            "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/openai-AbCdEf",
            "",
        ),
        ("budgets:ModifyBudget", "arn:aws:budgets::123456789012:budget/Whole account", ""),
        ("sns:Publish", f"arn:aws:sns:{HERE}:{BASE}-budgets", ""),
    ],
)
def test_whatever_else_is_refused(role: list[Any], action: str, resource: str, attached: str) -> None:
    assert verdict(role, action, resource, attached) == "None"


def test_of_all_that_iam_can_do_only_reads_and_the_two_switches_of_keys_pass_with_another_policy(
    role: list[Any],
) -> None:
    operations = botocore.session.get_session().get_service_model("iam").operation_names
    resources = [ROLE, USER, f"{IAM}user/robot", f"{IAM}user/notebooks", f"{IAM}role/{NAME}", STOP, "*"]
    passed = {
        f"iam:{operation}"
        for operation in operations
        for resource in resources
        if verdict(role, f"iam:{operation}", resource, ADMIN) == "Allow"
    }
    assert {action for action in passed if not reads(action)} == {
        "iam:UpdateAccessKey",
        "iam:UpdateServiceSpecificCredential",
    }
    assert passed == {
        "iam:ListAccessKeys",
        "iam:ListAttachedRolePolicies",
        "iam:ListAttachedUserPolicies",
        "iam:ListServiceSpecificCredentials",
        "iam:UpdateAccessKey",
        "iam:UpdateServiceSpecificCredential",
    }


def test_fuseboxs_own_roles_and_secrets_are_out_of_reach_even_where_the_policy_names_them(role: list[Any]) -> None:
    own = {"fusebox:component": "notify"}
    assert verdict(role, "iam:AttachRolePolicy", ROLE, STOP, own) == "Deny"
    legacy = "arn:aws:secretsmanager:us-east-1:123456789012:secret:legacy/openai-AbCdEf"
    assert verdict(role, "secretsmanager:UpdateSecretVersionStage", legacy) == "Allow"
    assert verdict(role, "secretsmanager:UpdateSecretVersionStage", legacy, "", own) == "Deny"


def test_its_own_budgets_can_be_read_though_they_carry_fuseboxs_tag(role: list[Any]) -> None:
    budget = "arn:aws:budgets::123456789012:budget/Whole account"
    assert verdict(role, "budgets:ViewBudget", budget, "", {"fusebox:component": "llm_keys"}) == "Allow"


def test_each_admin_secret_has_one_reader(template: Template) -> None:
    made = [
        f"arn:aws:secretsmanager:{HERE}:secret:{one['Name']}-AbCdEf"
        for one in template.of("AWS::SecretsManager::Secret")
    ]
    assert len(made) == 4
    for secret in made:
        assert [name for name, granted in reading(template) if any(like(one, secret) for one in granted)] == [NAME]


def reading(template: Template) -> list[tuple[str, list[str]]]:
    """Each role with what its GetSecretValue covers."""
    found = []
    for one in template.of("AWS::IAM::Role"):
        policies: list[Properties] = [each["PolicyDocument"] for each in one.get("Policies", [])]
        covered = [
            resource
            for document in policies
            for granted in statements(document, "Allow").values()
            if "secretsmanager:GetSecretValue" in granted["actions"]
            for resource in granted["resources"]
        ]
        found.append((one["RoleName"], covered))
    return found

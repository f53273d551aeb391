"""What llm_keys may do: named keys, named principals, named secrets, and one policy that denies."""

from __future__ import annotations

from collections.abc import Sequence

from functions.core.spec import Permission
from functions.llm_keys import names
from functions.llm_keys.keys import Key
from functions.llm_keys.kinds import KeyKind
from functions.llm_keys.settings import LlmKeysSettings

USER = "arn:{partition}:iam::{account}:user/"
BASE = "{base}"
"""Stands for the name of this Fusebox, which the stack fills in."""


def grants(settings: LlmKeysSettings) -> tuple[Permission, ...]:
    """The permissions that the policy's keys and budgets need, and no others."""
    return (*_of_sources(settings), *_of_secrets(settings), *_of_keys(settings))


def _of_sources(settings: LlmKeysSettings) -> tuple[Permission, ...]:
    used = {one.kind for budget in settings.budgets for one in budget.sources}
    some = []
    at_aws = [names.aws_budget(one) for one in settings.budgets if one.source("aws") is not None]
    if at_aws:
        some.append(
            Permission(
                actions=("budgets:ViewBudget",),
                resources=tuple(f"arn:{{partition}}:budgets::{{account}}:budget/{name}" for name in at_aws),
                reason="confirm what a budget says before a key is stopped",
            )
        )
    if used & {"bedrock_metrics", "meter"}:
        some.append(
            Permission(
                actions=("cloudwatch:GetMetricData",),
                resources=("*",),
                reason="read tokens and reported costs; the action takes no resource",
            )
        )
    if "bedrock_metrics" in used:
        some.append(
            Permission(
                actions=("cloudwatch:ListMetrics",),
                resources=("*",),
                reason="see which models were used; the action takes no resource",
            )
        )
    return tuple(some)


def _of_secrets(settings: LlmKeysSettings) -> tuple[Permission, ...]:
    made = [names.admin_secret(BASE, one.name) for one in settings.providers]
    # Secrets Manager ends a secret's ARN in six characters of its own.
    admin = tuple(f"arn:{{partition}}:secretsmanager:{{region}}:{{account}}:secret:{name}-??????" for name in made)
    probed = tuple(sorted({one.probe for one in settings.keys if one.probe}))
    some = []
    if admin:
        some.append(_read_secrets(admin, "read the admin credential of a provider when it is needed"))
    if probed:
        some.append(_read_secrets(probed, "try a stopped key, to show that it is refused"))
    return tuple(some)


def _read_secrets(arns: tuple[str, ...], reason: str) -> Permission:
    return Permission(actions=("secretsmanager:GetSecretValue",), resources=arns, reason=reason)


def _of_keys(settings: LlmKeysSettings) -> tuple[Permission, ...]:
    by_kind: dict[KeyKind, list[Key]] = {}
    for one in settings.keys:
        by_kind.setdefault(one.kind, []).append(one)
    some: list[Permission] = []
    some += _of_bedrock_keys(by_kind.get("bedrock_key", ()))
    some += _of_principals(by_kind.get("bedrock_principal", ()))
    some += _of_access_keys(by_kind.get("iam_access_key", ()))
    some += _of_api_keys(by_kind.get("api_gateway", ()))
    some += _of_held_secrets(by_kind.get("secret", ()))
    if by_kind.keys() & {"bedrock_key", "bedrock_principal"}:
        some.append(
            Permission(
                actions=("bedrock:ListModelInvocationJobs", "bedrock:ListProvisionedModelThroughputs"),
                resources=("*",),
                reason="name what goes on billing after a stop; the actions take no resource",
            )
        )
    return tuple(some)


def _of_bedrock_keys(keys: Sequence[Key]) -> list[Permission]:
    if not keys:
        return []
    users = _users(keys)
    return [
        Permission(
            actions=("iam:ListServiceSpecificCredentials",),
            resources=("*",),
            reason="see whether a Bedrock key is active; for all users at once the action takes no resource",
        ),
        Permission(
            actions=("iam:UpdateServiceSpecificCredential",),
            resources=users,
            reason="make a Bedrock key inactive, and active again",
        ),
    ]


def _of_principals(keys: Sequence[Key]) -> list[Permission]:
    only = {"ArnEquals": {"iam:PolicyARN": names.stop_policy_arn(BASE, partition="{partition}", account="{account}")}}
    some = []
    for kind, name in (("role", "Role"), ("user", "User")):
        arns = tuple(sorted(one.id for one in keys if f":{kind}/" in one.id))
        if not arns:
            continue
        some.append(
            Permission(
                actions=(f"iam:ListAttached{name}Policies",),
                resources=arns,
                reason=f"see whether the policy that denies is attached to a {kind}",
            )
        )
        some.append(
            Permission(
                actions=(f"iam:Attach{name}Policy", f"iam:Detach{name}Policy"),
                resources=arns,
                reason=f"attach the one policy that denies to a named {kind}, and detach it",
                conditions=only,
            )
        )
    return some


def _of_access_keys(keys: Sequence[Key]) -> list[Permission]:
    if not keys:
        return []
    users = _users(keys)
    return [
        Permission(actions=("iam:ListAccessKeys",), resources=users, reason="see whether an access key is active"),
        Permission(
            actions=("iam:UpdateAccessKey",), resources=users, reason="make an access key inactive, and active again"
        ),
    ]


def _of_api_keys(keys: Sequence[Key]) -> list[Permission]:
    arns = tuple(f"arn:{{partition}}:apigateway:{{region}}::/apikeys/{one.id}" for one in keys)
    if not arns:
        return []
    return [
        Permission(actions=("apigateway:GET",), resources=arns, reason="see whether an API key is enabled"),
        Permission(
            actions=("apigateway:GET",),
            resources=("arn:{partition}:apigateway:{region}::/apikeys",),
            reason="find the API keys that no budget covers",
        ),
        Permission(actions=("apigateway:PATCH",), resources=arns, reason="disable an API key, and enable it"),
    ]


def _of_held_secrets(keys: Sequence[Key]) -> list[Permission]:
    arns = tuple(sorted(one.id for one in keys))
    if not arns:
        return []
    return [
        Permission(
            actions=("secretsmanager:DescribeSecret",),
            resources=arns,
            reason="see which version readers of a secret get",
        ),
        Permission(
            actions=("secretsmanager:UpdateSecretVersionStage",),
            resources=arns,
            reason="give readers of a secret the version without a key, and the one with it again",
        ),
    ]


def _users(keys: Sequence[Key]) -> tuple[str, ...]:
    """The users of some keys, whatever path they have."""
    found = sorted({one.user for one in keys})
    return tuple(each for user in found for each in (f"{USER}{user}", f"{USER}*/{user}"))

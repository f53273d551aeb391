"""What calls are checked against that stop keys and principals, or read whether they are stopped.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
and the pages of the other services there. Changes of IAM that nobody here is meant to make are in the table, too, so
that a role that tries is refused, and not an error of the model.
"""

from __future__ import annotations

from collections.abc import Callable

from local import moto_principals
from local.api import ApiRequest
from local.iam import Check
from local.scope import Scope
from local.tagged import tags_of

Rule = Callable[[ApiRequest, Scope], list[Check]]
_PROFILES = ("us.", "eu.", "apac.", "jp.", "au.", "us-gov.", "global.")
"""How ids of cross-Region inference profiles begin."""


def _role(request: ApiRequest, scope: Scope) -> list[Check]:
    return [_tagged(request, scope, moto_principals.role_arn(scope, str(request.params["RoleName"])))]


def _user(request: ApiRequest, scope: Scope) -> list[Check]:
    """A user; calls that name none are about all of them, or about the caller, who here is never a user."""
    name = request.params.get("UserName")
    return [_tagged(request, scope, moto_principals.user_arn(scope, str(name)) if name else "*")]


def _with_policy(rule: Rule) -> Rule:
    """The policy that is attached or detached is a condition."""

    def checks(request: ApiRequest, scope: Scope) -> list[Check]:
        context = {"iam:policyarn": (str(request.params["PolicyArn"]),)}
        return [Check(one.action, one.resource, context, one.tags) for one in rule(request, scope)]

    return checks


def _policy(request: ApiRequest, _scope: Scope) -> list[Check]:
    return [Check(request.action, str(request.params["PolicyArn"]))]


def _any(request: ApiRequest, _scope: Scope) -> list[Check]:
    return [Check(request.action, "*")]


def _budget(request: ApiRequest, _scope: Scope) -> list[Check]:
    account = request.params["AccountId"]
    return [Check(request.action, f"arn:aws:budgets::{account}:budget/{request.params['BudgetName']}")]


def _api_keys(request: ApiRequest, scope: Scope) -> list[Check]:
    one = request.params.get("apiKey")
    path = f"/apikeys/{one}" if one else "/apikeys"
    return [_tagged(request, scope, f"arn:aws:apigateway:{scope.region}::{path}")]


def _tagged(request: ApiRequest, scope: Scope, arn: str) -> Check:
    """A resource with the tags that conditions may ask for; what is not there has none."""
    return Check(request.action, arn, {}, {} if arn == "*" else tags_of(scope, arn) or {})


def _model(request: ApiRequest, scope: Scope) -> list[Check]:
    """A model, or the profile that it is called through, whose models are not looked at."""
    model = str(request.params["modelId"])
    if model.startswith("arn:"):
        return [Check(request.action, model)]
    if model.startswith(_PROFILES):
        return [Check(request.action, scope.arn("bedrock", f"inference-profile/{model}"))]
    return [Check(request.action, f"arn:aws:bedrock:{scope.region}::foundation-model/{model}")]


OPERATIONS: dict[str, Rule] = {
    **{f"iam.{name}": _role for name in ("ListAttachedRolePolicies", "PutRolePolicy", "UpdateAssumeRolePolicy")},
    **{
        f"iam.{name}": _user
        for name in (
            "CreateAccessKey",
            "CreateServiceSpecificCredential",
            "ListAccessKeys",
            "ListAttachedUserPolicies",
            "ListServiceSpecificCredentials",
            "PutUserPolicy",
            "UpdateAccessKey",
            "UpdateServiceSpecificCredential",
        )
    },
    **{f"iam.{how}RolePolicy": _with_policy(_role) for how in ("Attach", "Detach")},
    **{f"iam.{how}UserPolicy": _with_policy(_user) for how in ("Attach", "Detach")},
    "iam.CreatePolicyVersion": _policy,
    "iam.SetDefaultPolicyVersion": _policy,
    "apigateway.GetApiKey": _api_keys,
    "apigateway.GetApiKeys": _api_keys,
    "apigateway.UpdateApiKey": _api_keys,
    "bedrock.ListModelInvocationJobs": _any,
    "bedrock-runtime.Converse": _model,
    "bedrock-runtime.InvokeModel": _model,
    "budgets.DescribeBudget": _budget,
}

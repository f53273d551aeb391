"""Hooks into moto's IAM: roles and users, and the policies in force on them.

Like moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from local.moto_hooks import backend
from local.scope import Scope


def role(scope: Scope, name: str) -> Any | None:
    """A role as moto has it; its `tags` are pairs of Key and Value."""
    return next((one for one in backend("iam", scope).roles.values() if one.name == name), None)


def user(scope: Scope, name: str) -> Any | None:
    """A user as moto has it; its `tags` are pairs of Key and Value."""
    return backend("iam", scope).users.get(name)


def role_policies(scope: Scope, role_name: str) -> list[str | Mapping[str, Any]]:
    """The policy documents of a role as they are now: inline ones, then the attached managed ones."""
    return _policies(backend("iam", scope).get_role(role_name))


def user_policies(scope: Scope, user_name: str) -> list[str | Mapping[str, Any]] | None:
    """The policy documents of a user, without those of its groups; None if there is no such user."""
    found = user(scope, user_name)
    return None if found is None else _policies(found)


def role_arn(scope: Scope, name: str) -> str:
    """A role's ARN with its path, whether or not there is one of this name."""
    found = role(scope, name)
    return f"arn:aws:iam::{scope.account_id}:role/{name}" if found is None else str(found.arn)


def user_arn(scope: Scope, name: str) -> str:
    """A user's ARN with its path, whether or not there is one of this name."""
    found = user(scope, name)
    return f"arn:aws:iam::{scope.account_id}:user/{name}" if found is None else str(found.arn)


def _policies(principal: Any) -> list[str | Mapping[str, Any]]:
    return [*principal.policies.values(), *(_document(policy) for policy in principal.managed_policies.values())]


def _document(policy: Any) -> str | Mapping[str, Any]:
    """The document of a managed policy's default version."""
    default = policy.default_version_id
    document: str | Mapping[str, Any] = next(v.document for v in policy.versions if v.version_id == default)
    return document

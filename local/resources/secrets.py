"""Secrets Manager: secrets, with a value that is generated, given, or still to come."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from local import moto_hooks
from local.deployment import Deployment, Properties, boolean
from local.errors import DeploymentRejected, UnmodelledResource
from local.template import Deployed

_FLAGS = (
    "ExcludeLowercase",
    "ExcludeNumbers",
    "ExcludePunctuation",
    "ExcludeUppercase",
    "IncludeSpace",
    "RequireEachIncludedType",
)


def secret(d: Deployment, p: Properties) -> Deployed:
    """A secret; with neither SecretString nor GenerateSecretString it has no value yet.

    Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-secretsmanager-secret.html
    """
    name, given, generate = d.name(p, "Name", 64), p.get("SecretString"), p.get("GenerateSecretString")
    if given is not None and generate is not None:
        raise DeploymentRejected(f"{p.logical_id}: SecretString and GenerateSecretString exclude each other")
    if moto_hooks.secret(d.world.scope, name) is not None:
        raise DeploymentRejected(f"{p.logical_id}: there is a secret {name} already")
    value = given if generate is None else _generated(d, p.logical_id, generate)
    arn = d.client("secretsmanager").create_secret(
        Name=name, **p.take("Description", "Tags"), **({"SecretString": value} if value is not None else {})
    )["ARN"]
    return Deployed(arn, {"Id": arn})


def _generated(d: Deployment, logical_id: str, how: Mapping[str, Any]) -> str:
    """A random password, by itself or as one key of a JSON template."""
    known = {"SecretStringTemplate", "GenerateStringKey", "PasswordLength", "ExcludeCharacters", *_FLAGS}
    if unknown := set(how) - known:
        raise UnmodelledResource(f"{logical_id}: GenerateSecretString has {', '.join(sorted(unknown))}")
    template, key = how.get("SecretStringTemplate"), how.get("GenerateStringKey")
    if (template is None) is not (key is None):
        raise DeploymentRejected(f"{logical_id}: SecretStringTemplate and GenerateStringKey need each other")
    password: str = d.client("secretsmanager").get_random_password(
        PasswordLength=int(how.get("PasswordLength", 32)),
        ExcludeCharacters=how.get("ExcludeCharacters", ""),
        **{flag: boolean(how[flag]) for flag in _FLAGS if flag in how},
    )["RandomPassword"]
    if template is None:
        return password
    try:
        values: dict[str, Any] = dict(json.loads(template))
    except (TypeError, ValueError) as error:
        raise DeploymentRejected(f"{logical_id}: SecretStringTemplate is no JSON object: {error}") from error
    return json.dumps({**values, str(key): password})

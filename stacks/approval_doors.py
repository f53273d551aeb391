"""The two functions of the approval workflow and their URLs: one guarded by IAM, one for links and buttons."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from stacks import approval_roles as roles
from stacks.approval_roles import Reach
from stacks.function import python_function
from stacks.nag import accept
from stacks.naming import Naming

TIMEOUT = Duration.minutes(5)
"""Long enough to end a request of thousands of items, exemptions and all."""
DECIDE_TIMEOUT = Duration.seconds(60)
KEY_LENGTH = 64


class ApprovalFunction(Construct):
    """Asks, ends requests, and, with `public`, serves the page's links and Slack's buttons at a URL without IAM."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        reach: Reach,
        code: Path,
        layer_arn: str,
        environment: Mapping[str, str],
        public: bool,
    ) -> None:
        super().__init__(scope, id)
        name = naming.name("approval")
        role = roles.approval_role(self, name=name, naming=naming, reach=reach, public=public)
        self.function = python_function(
            self,
            name=name,
            description="Asks people, and carries their answer on",
            handler="functions.approval.handler.handle",
            code=code,
            role=role,
            layer_arn=layer_arn,
            timeout=TIMEOUT,
            environment={**environment, "FUSEBOX_ROLE_ARN": role.role_arn},
        )
        self.url = _url(self, self.function, "NONE") if public else ""


class DecideFunction(Construct):
    """Takes the command's answers at a URL that only callers with IAM's leave reach; it is told who they are."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        naming: Naming,
        reach: Reach,
        code: Path,
        layer_arn: str,
        environment: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)
        name = naming.name("decide")
        role = roles.decide_role(self, name=name, naming=naming, reach=reach)
        self.function = python_function(
            self,
            name=name,
            description="Takes the answers that the fusebox command gives",
            handler="functions.approval.decide_handler.handle",
            code=code,
            role=role,
            layer_arn=layer_arn,
            timeout=DECIDE_TIMEOUT,
            environment={**environment, "FUSEBOX_ROLE_ARN": role.role_arn},
        )
        self.url = _url(self, self.function, "AWS_IAM")


def _url(scope: Construct, function: lambda_.Function, auth: str) -> str:
    """A function URL; without IAM everyone may call it, and the code verifies signatures.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html (both permissions, since October 2025).
    """
    url = lambda_.CfnUrl(scope, "Url", target_function_arn=function.function_arn, auth_type=auth)
    if auth == "NONE":
        lambda_.CfnPermission(
            scope,
            "Everyone",
            action="lambda:InvokeFunctionUrl",
            function_name=function.function_arn,
            principal="*",
            function_url_auth_type="NONE",
        )
        lambda_.CfnPermission(
            scope,
            "EveryoneByUrl",
            action="lambda:InvokeFunction",
            function_name=function.function_arn,
            principal="*",
            invoked_via_function_url=True,
        )
    return url.attr_function_url


def link_key(scope: Construct, naming: Naming) -> secrets.CfnSecret:
    """The key that signs links, made by the stack; deploying again leaves it as it is."""
    return _secret(
        scope,
        "LinkKey",
        naming.name("link-key"),
        "Signs the links to the approval page; `fusebox rotate-link-key` adds a newer one",
        secrets.CfnSecret.GenerateSecretStringProperty(
            secret_string_template="{}",  # noqa: S106 - the key is generated into it
            generate_string_key="1",
            password_length=KEY_LENGTH,
            exclude_punctuation=True,
        ),
    )


def signing_secret(scope: Construct, naming: Naming) -> secrets.CfnSecret:
    """What Slack signs its requests with: empty until `fusebox secret set slack-signing-secret`."""
    return _secret(scope, "SigningSecret", naming.name("slack-signing-secret"), "Verifies Slack's requests", None)


def _secret(
    scope: Construct,
    id: str,
    name: str,
    description: str,
    generated: secrets.CfnSecret.GenerateSecretStringProperty | None,
) -> secrets.CfnSecret:
    secret = secrets.CfnSecret(scope, id, name=name, description=description, generate_secret_string=generated)
    secret.apply_removal_policy(RemovalPolicy.RETAIN)
    accept(secret, "AwsSolutions-SMG4", "rotated by its owner, with the fusebox command")
    return secret

"""Secrets for the admin credentials of provider accounts: made empty, filled by their owner."""

from __future__ import annotations

from collections.abc import Iterable

from aws_cdk import RemovalPolicy
from aws_cdk import aws_secretsmanager as secrets
from constructs import Construct

from functions.llm_keys import names
from functions.llm_keys.keys import ProviderAccount
from stacks.nag import accept
from stacks.naming import Naming


class AdminSecrets(Construct):
    """One secret for each provider account, that only the function of llm_keys reads.

    Empty until `fusebox secret set llm-NAME`; no deployment ever writes a value, and each outlives its stack.
    """

    def __init__(self, scope: Construct, id: str, *, naming: Naming, accounts: Iterable[ProviderAccount]) -> None:
        super().__init__(scope, id)
        for account in accounts:
            part = names.secret_part(account.name)
            secret = secrets.CfnSecret(
                self,
                account.name,
                name=naming.name(part),
                description=f"Admin credential of {account.kind} account {account.name}: fusebox secret set {part}",
            )
            secret.apply_removal_policy(RemovalPolicy.RETAIN)
            accept(secret, "AwsSolutions-SMG4", "only the provider makes an admin credential: its owner rotates it")

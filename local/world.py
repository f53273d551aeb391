"""What the parts of the local account share: time, wiring, credentials, permissions, the agenda and the records."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from typing import Any

import boto3  # type: ignore[import-untyped,unused-ignore]
import botocore.session  # type: ignore[import-untyped,unused-ignore]
from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]

from local import iam, identities, moto_principals
from local.agenda import Agenda, Work
from local.clock import VirtualClock
from local.identities import Identity
from local.records import Call, Delivery, Invocation, Loss, Message
from local.scope import Scope
from local.wiring import Statement, Wiring

HARNESS_KEY = "local-account"
"""The access key of the local account's own errands; they are neither recorded nor evaluated."""


@dataclass
class World:
    """The state of one local account."""

    account_id: str
    region: str
    clock: VirtualClock
    endpoint: str = ""
    wiring: Wiring = field(default_factory=Wiring)
    agenda: Agenda = field(default_factory=Agenda)
    calls: list[Call] = field(default_factory=list)
    invocations: list[Invocation] = field(default_factory=list)
    deliveries: list[Delivery] = field(default_factory=list)
    published: list[Message] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)
    problems: list[Exception] = field(default_factory=list)
    """Errors of the model raised while answering a request; the facade raises them in the caller's thread."""
    identities: dict[str, Identity] = field(default_factory=dict)
    """Everyone who may sign requests, by access key."""
    _sessions: dict[tuple[str, str], Identity] = field(default_factory=dict)
    _clients: dict[tuple[str, str], Any] = field(default_factory=dict)
    _lock: Any = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self.identities[self.owner.access_key] = self.owner

    @cached_property
    def owner(self) -> Identity:
        return identities.owner(self.account_id)

    @cached_property
    def scope(self) -> Scope:
        return Scope(self.account_id, self.region)

    def later(self, due: datetime, work: Work) -> None:
        self.agenda.add(due, work)

    def soon(self, work: Work) -> None:
        self.agenda.add(self.clock.now(), work)

    # -- credentials and clients ------------------------------------------------------------------
    def client(
        self,
        service: str,
        access_key: str = HARNESS_KEY,
        secret: str = "local",  # noqa: S107 - moto checks no signatures
        token: str | None = None,
    ) -> Any:
        """A boto3 client on the account, cached. It never retries by itself: a test should see what
        happened.
        """
        with self._lock:
            client = self._clients.get((service, access_key))
            if client is None:
                client = self._clients[service, access_key] = _boto().client(
                    service,
                    endpoint_url=self.endpoint,
                    region_name=self.region,
                    aws_access_key_id=access_key,
                    aws_secret_access_key=secret,
                    aws_session_token=token,
                    config=Config(retries={"total_max_attempts": 1}, read_timeout=1000),
                )
            return client

    def close_clients(self) -> None:
        """Closes the connections of every client."""
        with self._lock:
            for client in self._clients.values():
                client.close()

    def session(self, role_arn: str, name: str) -> Identity:
        """A role's session; calls made with its credentials are evaluated against the role's policies."""
        with self._lock:
            found = self._sessions.get((role_arn, name))
            if found is None:
                answer = self.client("sts").assume_role(RoleArn=role_arn, RoleSessionName=name[:64])
                found = identities.session(self.account_id, role_arn, name[:64], answer["Credentials"])
                self._sessions[role_arn, name] = self.identities[found.access_key] = found
            return found

    def user(self, name: str) -> Identity:
        """An IAM user who may do everything."""
        found = identities.user(self.account_id, name)
        return self.identities.setdefault(found.access_key, found)

    def client_of(self, service: str, identity: Identity) -> Any:
        return self.client(service, identity.access_key, identity.secret, identity.token)

    def client_for_role(self, service: str, role_arn: str, session: str = "local") -> Any:
        return self.client_of(service, self.session(role_arn, session))

    def role_of(self, access_key: str) -> str | None:
        """The role a key was given out for; None for the owner's key and for any other."""
        identity = self.identities.get(access_key)
        return identity.role_arn if identity is not None else None

    # -- permissions ------------------------------------------------------------------------------
    def role_statements(self, role_arn: str) -> list[Statement]:
        documents = moto_principals.role_policies(self.scope, role_arn.rsplit("/", 1)[-1])
        return [statement for document in documents for statement in iam.of_document(document)]

    def role_may(self, role_arn: str, check: iam.Check) -> bool:
        """Whether a role may, by its identity policies and the resource's own policy, as within one
        account.
        """
        check = self._asked_by(role_arn, check)
        policy = self.wiring.resource_policies.get(check.resource, [])
        verdicts = {
            iam.evaluate(self.role_statements(role_arn), check),
            iam.evaluate(policy, check, iam.Caller("role", role_arn)),
        }
        return "Deny" not in verdicts and "Allow" in verdicts

    def owner_may(self, check: iam.Check) -> bool:
        """Whether nothing in the resource's own policy denies it: the owner may do everything else."""
        policy = self.wiring.resource_policies.get(check.resource, [])
        asked = self._asked_by(self.owner.arn, check)
        return iam.evaluate(policy, asked, iam.Caller("role", self.owner.arn)) != "Deny"

    def _asked_by(self, arn: str, check: iam.Check) -> iam.Check:
        """The same question with what every call of a principal of this account carries."""
        carried = {
            "aws:securetransport": ("true",),
            "aws:principalisawsservice": ("false",),
            "aws:principalarn": (arn,),
            "aws:principalaccount": (self.account_id,),
            "aws:requestedregion": (self.region,),
        }
        return iam.Check(check.action, check.resource, {**carried, **check.context}, check.tags)

    def anyone_may(self, check: iam.Check) -> bool:
        """Whether a resource's policy lets in a caller who says nothing about who they are."""
        policy = self.wiring.resource_policies.get(check.resource, [])
        return iam.evaluate(policy, check, iam.Caller("anonymous", "")) == "Allow"

    def service_may(self, service: str, action: str, resource: str, source_arn: str) -> bool:
        """Whether a resource's policy lets an AWS service in on behalf of `source_arn`, and of the account it names."""
        check = iam.Check(
            action,
            resource,
            {
                "aws:sourcearn": (source_arn,),
                "aws:sourceaccount": (source_arn.split(":")[4] or self.account_id,),
                "aws:securetransport": ("true",),
                "aws:principalisawsservice": ("true",),
            },
        )
        policy = self.wiring.resource_policies.get(resource, [])
        return iam.evaluate(policy, check, iam.Caller("service", service)) == "Allow"

    def may_assume(self, service: str, role_arn: str, source_arn: str) -> bool:
        """Whether the role's trust policy lets the service assume it on behalf of `source_arn`."""
        context = {"aws:sourceaccount": (self.account_id,), "aws:sourcearn": (source_arn,)}
        check = iam.Check("sts:AssumeRole", role_arn, context)
        trust = self.wiring.trust.get(role_arn, [])
        return iam.evaluate(trust, check, iam.Caller("service", service)) == "Allow"


@cache
def _boto() -> Any:
    """A boto3 session that sees nothing of the developer's own AWS profile; shared, for it caches models."""
    nothing = (None, None, os.devnull, None)
    variables = {
        "profile": (None, ["LOCAL_ACCOUNT_PROFILE"], None, None),
        "config_file": nothing,
        "credentials_file": nothing,
    }
    return boto3.session.Session(botocore_session=botocore.session.Session(session_vars=variables))

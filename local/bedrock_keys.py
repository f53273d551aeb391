"""Long-term Bedrock API keys: service-specific credentials of IAM users, which moto does not know.

Source: https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateServiceSpecificCredential.html and
https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html. Every key is obviously made up.
"""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local import moto_principals
from local.api import Answer, ApiError, ApiRequest, query_answer
from local.gateway import Handler
from local.world import World

SERVICE = "bedrock.amazonaws.com"
MOST = 2
"""Keys a user may have for one service (IAM quotas)."""


@dataclass
class BedrockKey:
    """A key; `status` is what was set last, and it is over at `expires`."""

    id: str
    user: str
    alias: str
    secret: str
    created: datetime
    expires: datetime | None
    status: str = "Active"

    def state(self, now: datetime) -> str:
        """Active, Inactive or Expired."""
        return "Expired" if self.expires is not None and self.expires <= now else self.status


class BedrockKeys:
    """The Bedrock keys of all users."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept: list[BedrockKey] = []
        self._made = 0
        self._lock = threading.Lock()
        self.handlers: dict[str, Handler] = {
            "iam.CreateServiceSpecificCredential": self._create,
            "iam.DeleteServiceSpecificCredential": self._delete,
            "iam.ListServiceSpecificCredentials": self._list,
            "iam.UpdateServiceSpecificCredential": self._update,
        }

    def active(self, secret: str) -> BedrockKey | None:
        """The key that a bearer shows, if it may be used now."""
        now = self._world.clock.now()
        with self._lock:
            return next((one for one in self._kept if one.secret == secret and one.state(now) == "Active"), None)

    def _create(self, request: ApiRequest) -> Answer:
        user, service = request.params["UserName"], request.params["ServiceName"]
        self._check_user(user)
        if service != SERVICE:
            raise ApiError("ServiceNotSupportedException", f"{service} is not modelled: {SERVICE} is", 404)
        with self._lock:
            if sum(one.user == user for one in self._kept) >= MOST:
                raise ApiError("LimitExceeded", f"Cannot exceed quota for CredentialsPerUser: {MOST}", 409)
            self._made += 1
            unique = hashlib.sha256(f"{user} {self._made}".encode()).hexdigest()
            now, days = self._world.clock.now(), request.params.get("CredentialAgeDays")
            made = BedrockKey(
                id=f"ACCA{unique[:17].upper()}",
                user=user,
                alias=f"{user}-at-{self._world.account_id}" + (f"+{self._made}" if self._made > 1 else ""),
                secret=f"ABSKlocal-{unique[17:49]}",
                created=now,
                expires=now + timedelta(days=int(days)) if days else None,
            )
            self._kept.append(made)
        shown = {**self._shown(made), "ServiceCredentialSecret": made.secret}
        return query_answer(request, {"ServiceSpecificCredential": shown})

    def _list(self, request: ApiRequest) -> Answer:
        user, everybody = request.params.get("UserName"), bool(request.params.get("AllUsers"))
        if user and everybody:
            raise ApiError("ValidationError", "AllUsers cannot be specified together with UserName")
        if user:
            self._check_user(user)
        service = request.params.get("ServiceName", SERVICE)
        with self._lock:
            found = [self._shown(one) for one in self._kept if service == SERVICE and (everybody or one.user == user)]
        return query_answer(request, {"ServiceSpecificCredentials": found, "IsTruncated": False})

    def _update(self, request: ApiRequest) -> Answer:
        status = request.params["Status"]
        if status not in ("Active", "Inactive"):
            raise ApiError("ValidationError", f"Status {status} cannot be set")
        with self._lock:
            self._of(request).status = status
        return query_answer(request, None)

    def _delete(self, request: ApiRequest) -> Answer:
        with self._lock:
            self._kept.remove(self._of(request))
        return query_answer(request, None)

    def _of(self, request: ApiRequest) -> BedrockKey:
        user, id = request.params.get("UserName"), request.params["ServiceSpecificCredentialId"]
        for one in self._kept:
            if one.id == id and user in (None, one.user):
                return one
        raise ApiError("NoSuchEntity", f"The credential with id {id} cannot be found.", 404)

    def _shown(self, one: BedrockKey) -> dict[str, Any]:
        shown = {
            "UserName": one.user,
            "Status": one.state(self._world.clock.now()),
            "ServiceCredentialAlias": one.alias,
            "CreateDate": one.created,
            "ServiceSpecificCredentialId": one.id,
            "ServiceName": SERVICE,
        }
        return shown if one.expires is None else {**shown, "ExpirationDate": one.expires}

    def _check_user(self, name: str) -> None:
        if moto_principals.user_policies(self._world.scope, name) is None:
            raise ApiError("NoSuchEntity", f"The user with name {name} cannot be found.", 404)

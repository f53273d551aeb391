"""CloudTrail: calls of Auto Scaling that change something reach EventBridge, if a trail logs.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html. Calls that only read are not
delivered. Calls of other services are a story's own events, as yet.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from html import unescape
from typing import Any

from local import moto_hooks
from local.api import Answer, ApiRequest
from local.delivery import Bus
from local.identities import Identity
from local.world import World

_SERVICES = ("autoscaling",)


class Trail:
    """Puts an event on the bus for each call that the account's trails would log."""

    def __init__(self, world: World, bus: Bus) -> None:
        self._world, self._bus = world, bus

    def witness(self, request: ApiRequest, answer: Answer, error: str | None, user_agent: str) -> None:
        """Takes note of a call that was answered, refused ones too."""
        if request.service not in _SERVICES or request.operation.startswith("Describe"):
            return
        if moto_hooks.is_trail_logging(self._world.scope):
            event = self._event(request, answer, error, user_agent)
            self._world.soon(partial(self._bus.put, event))

    def _event(self, request: ApiRequest, answer: Answer, error: str | None, user_agent: str) -> dict[str, Any]:
        now = self._world.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        caller = self._world.identities.get(request.access_key, self._world.owner)
        failure: dict[str, Any] = {}
        if error is not None:
            message = re.search(rb"<Message>(.*?)</Message>", answer.body, re.DOTALL)
            failure = {"errorCode": error, "errorMessage": unescape(message[1].decode()) if message else ""}
        return {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": "AWS API Call via CloudTrail",
            "source": f"aws.{request.service}",
            "account": self._world.account_id,
            "time": now,
            "region": self._world.region,
            "resources": [],
            "detail": {
                "eventVersion": "1.11",
                "userIdentity": _identity(caller, now),
                "eventTime": now,
                "eventSource": f"{request.service}.amazonaws.com",
                "eventName": request.operation,
                "awsRegion": self._world.region,
                "sourceIPAddress": "127.0.0.1",
                "userAgent": user_agent,
                **failure,
                "requestParameters": _lower_camel(request.params),
                "responseElements": None,
                "requestID": str(uuid.uuid4()),
                "eventID": str(uuid.uuid4()),
                "readOnly": False,
                "eventType": "AwsApiCall",
                "managementEvent": True,
                "recipientAccountId": self._world.account_id,
                "eventCategory": "Management",
            },
        }


def _identity(caller: Identity, now: str) -> dict[str, Any]:
    common = {
        "principalId": caller.user_id,
        "arn": caller.arn,
        "accountId": caller.account_id,
        "accessKeyId": caller.access_key,
    }
    if caller.role_arn is None:
        return {"type": "IAMUser", **common, "userName": caller.arn.rsplit("/", 1)[-1]}
    issuer = {
        "type": "Role",
        "principalId": caller.user_id.split(":")[0],
        "arn": caller.role_arn,
        "accountId": caller.account_id,
        "userName": caller.role_arn.rsplit("/", 1)[-1],
    }
    attributes = {"creationDate": now, "mfaAuthenticated": "false"}
    return {"type": "AssumedRole", **common, "sessionContext": {"sessionIssuer": issuer, "attributes": attributes}}


def _lower_camel(value: Any) -> Any:
    """Parameters as CloudTrail spells them: 'MaxSize' is 'maxSize', 'VPCZoneIdentifier' is 'vPCZoneIdentifier'."""
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _lower_camel(inner) for key, inner in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return [_lower_camel(one) for one in value] if isinstance(value, list | tuple) else value

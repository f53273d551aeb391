"""CloudTrail: calls that change something reach EventBridge, if a trail logs.

Sources: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html and
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html. Calls that only read are not
delivered. Calls that `trail_records` does not know are a story's own events.
"""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

from local import moto_hooks, trail_records
from local.api import Answer, ApiRequest
from local.delivery import Bus
from local.identities import Identity
from local.trail_records import Record
from local.world import World


class Trail:
    """Puts an event on the bus for each call that the account's trails would log."""

    def __init__(self, world: World, bus: Bus) -> None:
        self._world, self._bus = world, bus

    def witness(self, request: ApiRequest, answer: Answer, error: str | None, user_agent: str) -> None:
        """Takes note of a call that was answered, refused ones too."""
        record = trail_records.record(request, answer)
        if record is not None and moto_hooks.is_trail_logging(self._world.scope):
            failure = {} if error is None else {"errorCode": error, "errorMessage": trail_records.message(answer)}
            event = self._event(request, record, failure, user_agent)
            self._world.soon(partial(self._bus.put, event))

    def _event(self, request: ApiRequest, record: Record, failure: dict[str, str], user_agent: str) -> dict[str, Any]:
        now = self._world.clock.now().isoformat(timespec="seconds").replace("+00:00", "Z")
        caller = self._world.identities.get(request.access_key, self._world.owner)
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
                "eventName": record.name,
                "awsRegion": self._world.region,
                "sourceIPAddress": "127.0.0.1",
                "userAgent": user_agent,
                **failure,
                "requestParameters": record.parameters,
                "responseElements": None if failure else record.elements,
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

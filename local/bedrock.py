"""Amazon Bedrock, as far as a key can be seen to be taken or refused: a canned answer for who may call.

With a bearer's key: the list of models, Converse and InvokeModel. Signed, by a role: Converse and InvokeModel. What
goes on after a stop, batch jobs and provisioned throughput, is seeded. No call publishes metrics: seed those.
Source: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from local import iam, moto_principals
from local.api import Answer, ApiRequest, WsgiEnviron
from local.bedrock_keys import BedrockKeys
from local.gateway import Handler
from local.records import Call
from local.world import World

CONVERSED = {
    "output": {"message": {"role": "assistant", "content": [{"text": "canned"}]}},
    "stopReason": "end_turn",
    "usage": {"inputTokens": 12, "outputTokens": 3, "totalTokens": 15},
    "metrics": {"latencyMs": 1},
}
REFUSED = {"Message": "Authentication failed: Please make sure your API Key is valid."}
"""What callers report; AWS documents no text."""
_BY_KEY = re.compile(r"(GET) /foundation-models|(POST) /model/([^/]+)/(?:converse|invoke)")


class Bedrock:
    """Bedrock's calls that are answered here."""

    def __init__(self, world: World, keys: BedrockKeys) -> None:
        self._world, self._keys = world, keys
        self._jobs: list[Mapping[str, Any]] = []
        self._throughputs: list[Mapping[str, Any]] = []
        self.handlers: dict[str, Handler] = {
            "bedrock.ListModelInvocationJobs": self._list_jobs,
            "bedrock.ListProvisionedModelThroughputs": self._list_throughputs,
            "bedrock-runtime.Converse": lambda _: Answer.json(CONVERSED),
            "bedrock-runtime.InvokeModel": lambda _: Answer.json({"canned": True}),
        }

    def seed(self, jobs: Iterable[Mapping[str, Any]], throughputs: Iterable[Mapping[str, Any]]) -> None:
        """What its lists show, each in its shape; times as text in ISO 8601."""
        self._jobs += jobs
        self._throughputs += throughputs

    def by_key(self, environ: WsgiEnviron) -> Answer | None:
        """Answers a request that shows a key, and writes it down; None for any other request."""
        scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
        asked = _BY_KEY.fullmatch(f"{environ['REQUEST_METHOD']} {unquote(environ['PATH_INFO'])}")
        if scheme != "Bearer" or asked is None:
            return None
        found = self._keys.active(secret)
        allowed = found is not None and not self._is_denied(found.user)
        who = f"arn:aws:iam::{self._world.account_id}:user/{found.user}" if found is not None else "anonymous"
        call = Call(
            time=self._world.clock.now(),
            principal=who,
            service="bedrock",
            action="bedrock:CallWithBearerToken",
            resources=("*",),
            allowed=allowed,
            error=None if allowed else "AccessDeniedException",
            throttled=False,
            params={},
        )
        self._world.calls.append(call)
        if not allowed:
            return Answer.json(REFUSED, status=403)
        return Answer.json({"modelSummaries": []} if asked[1] else CONVERSED)

    def _is_denied(self, user: str) -> bool:
        """Whether a policy of the user denies the use of keys; what allows it is not looked at."""
        documents = moto_principals.user_policies(self._world.scope, user) or []
        check = iam.Check("bedrock:CallWithBearerToken", "*")
        statements = [one for document in documents for one in iam.of_document(document)]
        return iam.evaluate(statements, check) == "Deny"

    def _list_jobs(self, request: ApiRequest) -> Answer:
        wanted = request.params.get("statusEquals")
        found = [one for one in self._jobs if wanted in (None, one["status"])]
        return Answer.json({"invocationJobSummaries": found})

    def _list_throughputs(self, request: ApiRequest) -> Answer:
        wanted = request.params.get("statusEquals")
        found = [one for one in self._throughputs if wanted in (None, one["status"])]
        return Answer.json({"provisionedModelSummaries": found})

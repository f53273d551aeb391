"""An account in moto for the switches and sources of AWS, with what moto 5.2 lacks, and every shape checked.

Each request and each answer given here is held against botocore's model of the call: the clients themselves do not
check what they send.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.validate import ParamValidator

from functions.core.clients import Retries
from functions.llm_keys.keys import Key
from functions.llm_keys.providers.provider import Provider, Values
from tests.aws_world import ACCOUNT, REGION, RecordingClients

NOON = datetime(2026, 11, 17, 12, 20, tzinfo=UTC)
Params = Mapping[str, Any]


@dataclass(frozen=True)
class Refusal:
    """AWS's error in place of an answer; `retries` are the tries that went before."""

    code: str
    text: str = "no"
    status: int = 400
    retries: int = 0


Answer = Mapping[str, Any] | Refusal | Exception | None
"""What a call answers or raises; None leaves it to moto."""
Teller = Callable[[Params], Answer]


class Cloud(RecordingClients):
    """Clients whose calls are checked and may be answered here: `told` by "service.Operation"."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, Teller] = {}
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def _make(self, service: str, retries: Retries) -> Any:
        client = super()._make(service, retries)
        client.meta.events.register_first("before-parameter-build.*", self._check)
        client.meta.events.register_last("before-call.*", self._answer)
        return client

    def tell(self, call: str, answer: Answer) -> None:
        """Has every such call answered so from now on."""
        self.told[call] = lambda _: answer

    def _check(self, params: Params, model: Any, context: dict[str, Any], **_: Any) -> None:
        context["asked"] = dict(params)
        _conforms(params, model.input_shape, f"request of {model.name}")
        self.asked.append((model.name, dict(params)))

    def _answer(self, model: Any, context: dict[str, Any], **_: Any) -> tuple[AWSResponse, Any] | None:
        teller = self.told.get(f"{model.service_model.service_name}.{model.name}")
        answer = teller(context["asked"]) if teller is not None else None
        if answer is None:
            return None
        if isinstance(answer, Exception):
            raise answer
        if not isinstance(answer, Refusal):
            if model.output_shape is not None:
                _conforms(answer, model.output_shape, f"answer of {model.name}")
            return AWSResponse("https://told", 200, {}, None), {**deepcopy(dict(answer)), **_about(200, 0)}
        error = {"Error": {"Code": answer.code, "Message": answer.text}}
        about = _about(answer.status, answer.retries)
        return AWSResponse("https://told", answer.status, {}, None), {**error, **about}


def _about(status: int, retries: int) -> dict[str, Any]:
    return {"ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": {}, "RetryAttempts": retries}}


def _conforms(params: Params, shape: Any, what: str) -> None:
    report = ParamValidator().validate(dict(params), shape)
    assert not report.has_errors(), f"{what}: {report.generate_report()}"
    unknown = set(params) - set(shape.members)
    assert not unknown, f"{what} has {unknown}, which botocore does not know"


@dataclass
class BedrockKeys:
    """Service-specific credentials, as IAM answers them, two to a page."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    users: set[str] = field(default_factory=set)

    def teach(self, cloud: Cloud) -> None:
        cloud.told["iam.ListServiceSpecificCredentials"] = self.listed
        cloud.told["iam.UpdateServiceSpecificCredential"] = self.update

    def add(self, user: str, id: str, status: str = "Active", **more: Any) -> None:
        self.users.add(user)
        self.kept.append(
            {
                "UserName": user,
                "ServiceSpecificCredentialId": id,
                "Status": status,
                "CreateDate": datetime(2026, 3, 1, tzinfo=UTC),
                "ServiceName": "bedrock.amazonaws.com",
                **more,
            }
        )

    def status(self, id: str) -> str:
        return str(next(one["Status"] for one in self.kept if one["ServiceSpecificCredentialId"] == id))

    def listed(self, params: Params) -> Answer:
        if not params.get("AllUsers") and params["UserName"] not in self.users:
            return Refusal("NoSuchEntity", f"The user with name {params['UserName']} cannot be found.", 404)
        start = int(params.get("Marker", "0"))
        mine = [one for one in self.kept if params.get("AllUsers") or one["UserName"] == params["UserName"]]
        more = start + 2 < len(mine)
        page = {"ServiceSpecificCredentials": mine[start : start + 2], "IsTruncated": more}
        return {**page, "Marker": str(start + 2)} if more else page

    def update(self, params: Params) -> Answer:
        for one in self.kept:
            if (one["UserName"], one["ServiceSpecificCredentialId"]) == (
                params["UserName"],
                params["ServiceSpecificCredentialId"],
            ):
                one["Status"] = params["Status"]
                return {}
        return Refusal("NoSuchEntity", "The credential cannot be found.", 404)


def stop(provider: Provider, key: Key) -> tuple[Values, Values]:
    """Stops a key as the breaker does; the values before, and as they are read back."""
    before = provider.read(key)
    provider.write(key, provider.stopped(key, before))
    return before, provider.read(key)


__all__ = ["ACCOUNT", "NOON", "REGION", "Answer", "BedrockKeys", "Cloud", "Refusal", "stop"]

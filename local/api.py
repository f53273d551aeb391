"""Reads an AWS API request off the wire and writes errors back in the protocol of its service."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from local import moto_hooks

WsgiEnviron = dict[str, Any]
# Signing names that differ from botocore's service names, and from the prefix of their IAM actions.
_SERVICES = {
    "aoss": "opensearchserverless",
    "elasticfilesystem": "efs",
    "es": "opensearch",
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "tagging": "resourcegroupstaggingapi",
}
_PREFIXES = {
    "apigatewayv2": "apigateway",
    "bedrock-agent": "bedrock",
    "bedrock-runtime": "bedrock",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "opensearch": "es",
    "opensearchserverless": "aoss",
    "resourcegroupstaggingapi": "tag",
    "stepfunctions": "states",
}
# Operations that IAM knows by another name. API Gateway's are known by their method.
_ACTIONS = {
    "apigateway.CreateApiKey": "POST",
    "apigateway.GetApiKey": "GET",
    "apigateway.GetApiKeys": "GET",
    "apigateway.GetRestApis": "GET",
    "apigateway.UpdateApiKey": "PATCH",
    "apigatewayv2.GetApis": "GET",
    "bedrock-runtime.Converse": "InvokeModel",
    "budgets.DescribeBudget": "ViewBudget",
    "lambda.Invoke": "InvokeFunction",
    "s3.DeleteBucketTagging": "PutBucketTagging",
    "s3.ListBuckets": "ListAllMyBuckets",
}
_NEW_BALANCERS = b"Version=2015-12-01"
THROTTLES = {
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
}


@dataclass(frozen=True)
class ApiRequest:
    """One API call. `service` is botocore's name ('logs', 'stepfunctions'), `params` are the call's
    parameters.

    For JSON services `params` is the body as sent; for query and REST services it is parsed by moto with
    botocore's own model.
    """

    service: str
    operation: str
    params: Mapping[str, Any]
    access_key: str
    body: bytes
    protocol: str

    @property
    def action(self) -> str:
        """The IAM name, like 'logs:PutRetentionPolicy'."""
        operation = _ACTIONS.get(f"{self.service}.{self.operation}", self.operation)
        return f"{_PREFIXES.get(self.service, self.service)}:{operation}"


class ApiError(Exception):
    """An error answer of AWS: its code, message and HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Answer:
    """What goes back over the wire."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @staticmethod
    def json(value: Any, headers: Mapping[str, str] | None = None, status: int = 200) -> Answer:
        return Answer(
            status,
            {"Content-Type": "application/x-amz-json-1.1", **(headers or {})},
            json.dumps(value).encode(),
        )


def parse(environ: WsgiEnviron, body: bytes) -> ApiRequest | None:
    """The request, or None if it is not signed (and so no AWS API call)."""
    credential = re.search(r"Credential=([^/]+)/\d+/[^/]+/([^/]+)/", environ.get("HTTP_AUTHORIZATION", ""))
    if credential is None:
        return None
    access_key, signing_name = credential.groups()
    service = _service(signing_name, str(environ.get("PATH_INFO", "")), body)
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return ApiRequest(service, target.rsplit(".", 1)[-1], json.loads(body or b"{}"), access_key, body, "json")
    protocol, operation, params = moto_hooks.parse_by_model(service, environ, body)
    return ApiRequest(service, operation, params, access_key, body, protocol)


def _service(signing_name: str, path: str, body: bytes) -> str:
    """botocore's name of a service; some share a signing name, and differ in their paths or version."""
    if signing_name == "elasticloadbalancing":
        return "elbv2" if _NEW_BALANCERS in body else "elb"
    if signing_name == "apigateway" and path.startswith("/v2/"):
        return "apigatewayv2"
    if signing_name == "bedrock" and path.startswith(("/agents", "/knowledgebases", "/tags")):
        return "bedrock-agent"
    if signing_name == "bedrock" and path.startswith("/model/"):
        return "bedrock-runtime"
    return _SERVICES.get(signing_name, signing_name)


def query_answer(request: ApiRequest, result: Mapping[str, Any] | None) -> Answer:
    """An answer in the query protocol; None for an operation that answers nothing."""
    name = request.operation
    inner = "" if result is None else f"<{name}Result>{_xml(result)}</{name}Result>"
    text = f"<{name}Response>{inner}<ResponseMetadata><RequestId>local</RequestId></ResponseMetadata></{name}Response>"
    return Answer(200, {"Content-Type": "text/xml"}, text.encode())


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(one)}</{name}>" for name, one in value.items())
    if isinstance(value, list):
        return "".join(f"<member>{_xml(one)}</member>" for one in value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    return escape(str(value).lower() if isinstance(value, bool) else str(value))


def denied(request: ApiRequest, message: str) -> ApiError:
    """The code each service uses for a call its caller may not make."""
    codes = {"ec2": "UnauthorizedOperation", "sns": "AuthorizationError", "sqs": "AccessDenied"}
    code = codes.get(request.service, "AccessDenied" if request.protocol == "query" else "AccessDeniedException")
    return ApiError(code, message, 400 if request.protocol == "json" else 403)


def error_code(answer: Answer) -> str | None:
    """The error code of an answer, None for a success."""
    if answer.status < 400:
        return None
    found = re.search(rb'"__type"\s*:\s*"([^"]+)"|<Code>([^<]+)</Code>', answer.body)
    code = (found[1] or found[2]).decode() if found else str(answer.status)
    return code.rsplit("#", 1)[-1]


def error_answer(request: ApiRequest, error: ApiError) -> Answer:
    """An error in the shape the request's protocol wants."""
    if request.protocol in ("json", "rest-json"):
        body = {"__type": error.code, "message": error.message}
        return Answer.json(body, {"x-amzn-errortype": error.code}, error.status)
    inner = (
        f"<Error><Type>Sender</Type><Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message></Error>"
    )
    if request.protocol == "ec2":
        text = f"<Response><Errors>{inner}</Errors><RequestID>local</RequestID></Response>"
    else:
        text = f"<ErrorResponse>{inner}<RequestId>local</RequestId></ErrorResponse>"
    return Answer(error.status, {"Content-Type": "text/xml"}, text.encode())

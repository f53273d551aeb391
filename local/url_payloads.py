"""What a function URL makes of a request, and of what the function returned: payload format 2.0.

Sources: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html and, as it says that the format is the
same, https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html. Neither
lists the content types that count as text; the ones below are what AWS was seen to do
(https://github.com/ministackorg/ministack/pull/766): all others, forms too, arrive in base64. That the account is
`anonymous` and the authorizer left out where nobody signs is what events recorded on AWS show
(https://github.com/aws-powertools/powertools-lambda-python, tests/events/lambdaFunctionUrlEvent.json).
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from local.errors import LocalAccountError
from local.identities import Identity
from local.signatures import HttpRequest
from local.wiring import FunctionUrl

MAX_PAYLOAD = 6 * 1024 * 1024
"""Bytes of an event, and of a function's answer. Source: the Lambda quotas."""
_TEXT = frozenset({"application/json", "application/xml", "application/javascript"})
Response = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers and body."""


def size(value: Any) -> int:
    """Bytes of a value on its way to a function or back."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode())


def event(
    request: HttpRequest, url: FunctionUrl, caller: Identity | None, account_id: str, request_id: str, now: datetime
) -> dict[str, Any]:
    """The function's event. What the request does not have (body, query, cookies) is left out, as on AWS."""
    path, _, query = request.target.partition("?")
    body, encoded = _body(request)
    found: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": _headers(request, caller, request_id),
        "requestContext": {
            "accountId": account_id if caller is not None else "anonymous",
            "apiId": url.id,
            "domainName": url.domain,
            "domainPrefix": url.id,
            "http": {
                "method": request.method,
                "path": path,
                "protocol": request.protocol,
                "sourceIp": request.source_ip,
                "userAgent": request.headers.get("user-agent", ""),
            },
            "requestId": request_id,
            "routeKey": "$default",
            "stage": "$default",
            "time": f"{now:%d/%b/%Y:%H:%M:%S} +0000",
            "timeEpoch": int(now.timestamp() * 1000),
        },
        "isBase64Encoded": encoded,
    }
    if caller is not None:
        found["requestContext"] |= {"authentication": None, "authorizer": {"iam": _iam(caller)}}
    if request.body:
        found["body"] = body
    if query:
        found["queryStringParameters"] = _parameters(query)
    if cookies := request.headers.get("cookie"):
        found["cookies"] = [cookie.strip() for cookie in cookies.split(";")]
    return found


def _headers(request: HttpRequest, caller: Identity | None, request_id: str) -> dict[str, str]:
    """The request's own headers, and those the front door adds. Cookies have a field of their own; a signature that
    was checked goes no further.
    """
    gone = {"cookie"} if caller is None else {"cookie", "authorization"}
    own = {name: value for name, value in request.headers.items() if name not in gone}
    added = {
        "x-forwarded-for": request.source_ip,
        "x-forwarded-port": request.headers.get("host", "").rpartition(":")[2],
        "x-forwarded-proto": "http",
        "x-amzn-trace-id": f"Root=1-{request_id[:8]}-{request_id.replace('-', '')[8:32]}",
    }
    return {**own, **added}


def _body(request: HttpRequest) -> tuple[str, bool]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind.startswith("text/") or kind in _TEXT:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass  # Text that is none travels as bytes do.
    return base64.b64encode(request.body).decode(), bool(request.body)


def _parameters(query: str) -> dict[str, str]:
    values: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in parse_qsl(query, keep_blank_values=True):
        values[name].append(value)
    return {name: ",".join(found) for name, found in values.items()}


def _iam(caller: Identity) -> dict[str, Any]:
    return {
        "accessKey": caller.access_key,
        "accountId": caller.account_id,
        "callerId": caller.user_id,
        "cognitoIdentity": None,
        "principalOrgId": None,
        "userArn": caller.arn,
        "userId": caller.user_id,
    }


def response(result: Any) -> Response:
    """The HTTP response a result stands for: an object with a statusCode as it says, anything else as JSON.

    Raises LocalAccountError for an object with a statusCode that is not of the response format.
    """
    if not isinstance(result, Mapping) or "statusCode" not in result:
        return 200, [("content-type", "application/json")], json.dumps(result).encode()
    try:
        status = HTTPStatus(int(result["statusCode"]))
        headers = {str(name).lower(): str(value) for name, value in (result.get("headers") or {}).items()}
        body = _answered(result)
        cookies = [("set-cookie", str(cookie)) for cookie in result.get("cookies") or []]
    except (TypeError, ValueError, AttributeError) as error:
        raise LocalAccountError(f"this is no response of a function URL ({error}): {str(result)[:500]}") from error
    headers.setdefault("content-type", "application/json")
    return status, [*headers.items(), *cookies], body


def _answered(result: Mapping[str, Any]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise TypeError(f"body is {type(body).__name__}, not text")
    if not result.get("isBase64Encoded", False):
        return body.encode()
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise ValueError(f"body is no base64: {error}") from error

"""Checks the Signature Version 4 of a plain HTTP request by signing it again.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html. The age of a
signature is not judged: the caller may be another process, which lives in real time.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from botocore.auth import SigV4Auth  # type: ignore[import-untyped,unused-ignore]
from botocore.awsrequest import AWSRequest  # type: ignore[import-untyped,unused-ignore]
from botocore.credentials import Credentials  # type: ignore[import-untyped,unused-ignore]

from local.identities import Identity

_HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, ?"
    r"SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


class BadSignature(Exception):
    """The request is not signed, or not by whom it says; the message is the reason."""


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came over the wire. Header names are in lower case; `target` is the raw path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    protocol: str = "HTTP/1.1"
    source_ip: str = "127.0.0.1"


def signer(request: HttpRequest, identities: Mapping[str, Identity], service: str, region: str) -> Identity:
    """Who signed the request, of the identities by access key. Raises BadSignature."""
    signed = _HEADER.fullmatch(request.headers.get("authorization", ""))
    if signed is None:
        raise BadSignature("there is no Signature Version 4 in the Authorization header")
    identity = identities.get(signed["key"])
    if identity is None:
        raise BadSignature(f"the access key {signed['key']} is unknown")
    if (signed["service"], signed["region"]) != (service, region):
        raise BadSignature(f"signed for {signed['service']} in {signed['region']}, not for {service} in {region}")
    names = signed["headers"].split(";")
    moment = request.headers.get("x-amz-date", "")
    unsigned = {"host", *(name for name in request.headers if name.startswith("x-amz-"))} - set(names)
    if unsigned or not set(names) <= set(request.headers):
        raise BadSignature(f"the signature does not cover {', '.join(sorted(unsigned)) or 'what it names'}")
    if not re.fullmatch(r"\d{8}T\d{6}Z", moment) or moment[:8] != signed["day"]:
        raise BadSignature(f"X-Amz-Date is {moment!r}, the signature is of {signed['day']}")
    if request.headers.get("x-amz-security-token") != identity.token:
        raise BadSignature("the session token is not the one of this access key")
    if request.headers.get("x-amz-content-sha256", _sha256(request.body)) != _sha256(request.body):
        raise BadSignature("X-Amz-Content-SHA256 is not the hash of the body")
    if not hmac.compare_digest(_signature(request, names, moment, identity, service, region), signed["signature"]):
        raise BadSignature("the signature does not match")
    return identity


def _signature(
    request: HttpRequest, names: list[str], moment: str, identity: Identity, service: str, region: str
) -> str:
    auth = SigV4Auth(Credentials(identity.access_key, identity.secret), service, region)
    again = AWSRequest(
        request.method,
        f"http://{request.headers['host']}{request.target}",
        {name: request.headers[name] for name in names},
        request.body,
    )
    again.context["timestamp"] = moment
    signature: str = auth.signature(auth.string_to_sign(again, auth.canonical_request(again)), again)
    return signature


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()

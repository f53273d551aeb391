"""Hands an answer to the deployed Fusebox: a signed POST to the URL that IAM guards, so that it knows who answers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import BotoCoreError, ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies

from cli import trouble
from cli.session import Place
from functions.core.types import Refused

SECONDS = 15
NEVER_SENT = (ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError)
OK, FORBIDDEN, SERVER_ERRORS = 200, 403, 500


def post(place: Place, url: str, body: Mapping[str, Any], look: str) -> dict[str, Any]:
    """Sends an answer and returns what was told; Refused where it was not taken, or may not have been.

    `look` is the command that shows how the request stands.
    """
    try:
        answer = _session(place, url).send(_signed(place, url, body).prepare())
    except NEVER_SENT as error:
        raise Refused(f"{trouble.one_line(str(error))}; nothing was recorded") from error
    except BotoCoreError as error:
        raise Refused(_doubtful(trouble.one_line(str(error)), look)) from error
    if answer.status_code >= SERVER_ERRORS:
        raise Refused(_doubtful(f"the function answered {answer.status_code}", look))
    told = _object(answer.content)
    if told is None:
        raise Refused(_doubtful(f"the function answered {answer.status_code} and no JSON object", look))
    if answer.status_code == OK:
        return told
    if "error" in told:
        raise Refused(trouble.one_line(str(told["error"])))
    said = told.get("Message") or told.get("message") or "without a reason"
    if answer.status_code == FORBIDDEN:
        raise Refused(
            f"{place.caller} may not call the URL that takes answers ({said}): its role needs the policy "
            "that ends in -approvers"
        )
    raise Refused(f"the URL that takes answers refused it with {answer.status_code}: {said}; nothing was recorded")


def _signed(place: Place, url: str, body: Mapping[str, Any]) -> AWSRequest:
    request = AWSRequest("POST", url, {"content-type": "application/json"}, json.dumps(body).encode())
    credentials = place.clients.session.get_credentials().get_frozen_credentials()
    SigV4Auth(credentials, "lambda", place.scope.region).add_auth(request)
    return request


def _session(place: Place, url: str) -> URLLib3Session:
    verify = place.clients.session.get_config_variable("ca_bundle") or True
    return URLLib3Session(verify=verify, proxies=get_environ_proxies(url), timeout=SECONDS)


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(content)
    except ValueError:
        return None
    return told if isinstance(told, dict) else None


def _doubtful(why: str, look: str) -> str:
    return f"{why}: the answer may have been recorded all the same; look with `{look}`"

"""Whether the reader named what it may name: by the letters of the event and of the table, not by the reader's code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from functions.tag_check.catalog.calls import CALLS
from functions.tag_check.catalog.kinds import KINDS
from tests.aws_world import ACCOUNT, REGION, ROLE

GROUP = re.compile(r"arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:(\*):autoScalingGroupName/[!-~]+")
NUMBER = re.compile(r":autoScalingGroup:[0-9a-f-]{36}:autoScalingGroupName/")
WITHOUT_ACCOUNT = {"s3", "apigateway"}
WITHOUT_REGION = {"s3"}


def wrongs_of_creation(event: dict[str, Any], found: dict[str, dict[str, str]]) -> Iterator[str]:
    """What is wrong with the ARNs and tags that were made of a call's event."""
    detail = event["detail"]
    if detail.get("errorCode") is not None:
        yield "a failed call named something"
    identity = detail.get("userIdentity")
    if isinstance(identity, dict):
        if identity.get("type") == "AWSService" or identity.get("invokedBy") == "autoscaling.amazonaws.com":
            yield "a service's own call named something"
        session = identity.get("sessionContext")
        issuer = session.get("sessionIssuer") if isinstance(session, dict) else None
        if isinstance(issuer, dict) and issuer.get("arn") == ROLE:
            yield "Fusebox's own call named something"
    rows = [row for row in CALLS if (row.source, row.name) == (detail.get("eventSource"), detail.get("eventName"))]
    held = list(_texts(detail))
    for arn, tags in found.items():
        yield from _wrongs_of_arn(arn)
        if not any(_stands(arn, row, held) for row in rows):
            yield f"{arn} does not stand where a row says"
        for key, value in tags.items():
            if not (isinstance(key, str) and key and isinstance(value, str)):
                yield f"{key!r}: {value!r} is no tag"
    if not found:
        yield "nothing was named, and nothing said of it"


def wrongs_of_retagging(event: dict[str, Any], found: list[str]) -> Iterator[str]:
    """What is wrong with the ARNs that were made of a change of tags."""
    keys = event["detail"]["changed-tag-keys"]
    if all(key.startswith(("fusebox:", "aws:")) for key in keys):
        yield "a change of Fusebox's own named something"
    given = [NUMBER.sub(":autoScalingGroup:*:autoScalingGroupName/", one) for one in _strings(event["resources"])]
    for arn in found:
        yield from _wrongs_of_arn(arn)
        if not any(arn in (one, one.removesuffix(":*")) for one in given):
            yield f"{arn} is not among the event's resources"


def _wrongs_of_arn(arn: str) -> Iterator[str]:
    parts = arn.split(":", 5)
    if len(parts) != 6 or parts[:2] != ["arn", "aws"] or not parts[5]:
        yield f"{arn} is no ARN"
        return
    service, region, account = parts[2:5]
    if region != ("" if service in WITHOUT_REGION else REGION):
        yield f"{arn} is of another Region"
    if account != ("" if service in WITHOUT_ACCOUNT else ACCOUNT):
        yield f"{arn} is of another account"
    if not arn.isascii() or not arn.isprintable() or re.search(r"\s", arn):
        yield f"{arn!r} has white space, or letters that only look like some"
    if re.search(r"[*?]", GROUP.sub("", arn)) or arn.count("*") > 1:
        yield f"{arn} is a wildcard"


def _stands(arn: str, row: Any, held: list[tuple[str, str]]) -> bool:
    """Whether an ARN, or the id in it, is the text at one of a row's paths."""
    start, _, end = KINDS[row.kind].arn.partition("{id}")
    start = start.format(partition="aws", region=REGION, account=ACCOUNT)
    if not arn.startswith(start) or end:
        return False
    id = arn.removeprefix(start)
    if row.where and row.where not in dict(held):
        return False
    return any((path in row.arn and text == arn) or (path in row.id and text == id) for path, text in held)


def _texts(found: Any) -> Iterator[tuple[str, str]]:
    """All texts in an event, each with the names on the way to it; lists have no names."""
    waiting: list[tuple[str, Any]] = [("", found)]
    while waiting:
        path, one = waiting.pop()
        if isinstance(one, str):
            yield path, one
        elif isinstance(one, list):
            waiting.extend((path, each) for each in one)
        elif isinstance(one, dict) and len(path) < 300:
            waiting.extend((f"{path}.{key}" if path else key, each) for key, each in one.items())


def _strings(found: Any) -> list[str]:
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []

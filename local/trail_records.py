"""What CloudTrail writes of a call: the event's name, the request's parameters and what the service answered.

Shapes as in CloudTrail's own examples. Services differ: EC2 wraps lists in "items", S3 keeps the names of its XML and
answers nothing, Lambda puts a date behind the event's name and leaves the code out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from typing import Any
from xml.etree import ElementTree

from local.api import Answer, ApiRequest


@dataclass(frozen=True)
class Record:
    """Parts of an event's detail."""

    name: str
    parameters: Mapping[str, Any]
    elements: Mapping[str, Any] | None


def record(request: ApiRequest, answer: Answer) -> Record | None:
    """What is written of a call; None for one that no event is made of here."""
    write = _WRITE.get(f"{request.service}.{request.operation}")
    if write is not None:
        return write(request, answer)
    if request.service == "autoscaling" and not request.operation.startswith("Describe"):
        return Record(request.operation, _lower_camel(request.params), None)
    return None


def message(answer: Answer) -> str:
    """The text of an error answer."""
    if answer.body.startswith(b"{"):
        body = json.loads(answer.body)
        return str(body.get("message") or body.get("Message") or "")
    found = re.search(rb"<Message>(.*?)</Message>", answer.body, re.DOTALL)
    return unescape(found[1].decode()) if found else ""


def _plain(request: ApiRequest, answer: Answer) -> Record:
    """As JSON services are written: names with a small first letter. An answer without content is null."""
    said = json.loads(answer.body or b"{}") if answer.status < 400 else {}
    return Record(request.operation, _lower_camel(request.params), _lower_camel(said) or None)


def _create_function(request: ApiRequest, answer: Answer) -> Record:
    hidden: dict[str, Any] = {name: {} for name in ("Code", "Environment") if name in request.params}
    shown = {key: value for key, value in request.params.items() if key not in hidden}
    said = {**json.loads(answer.body), "Environment": {}} if answer.status < 400 else {}
    return Record("CreateFunction20150331", _lower_camel({**shown, **hidden}), _lower_camel(said) or None)


def _create_bucket(request: ApiRequest, _answer: Answer) -> Record:
    name = str(request.params["Bucket"])
    configuration = dict(request.params.get("CreateBucketConfiguration") or {})
    if tags := configuration.pop("Tags", None):
        configuration["Tags"] = {"Tag": [dict(tag) for tag in tags]}
    more = {"CreateBucketConfiguration": configuration} if configuration else {}
    return Record(request.operation, {"bucketName": name, "Host": f"{name}.s3.amazonaws.com", **more}, None)


def _run_instances(request: ApiRequest, answer: Answer) -> Record:
    params = request.params
    of_set = {name: params[name] for name in ("ImageId", "MinCount", "MaxCount", "KeyName") if name in params}
    tags = [
        {"resourceType": one["ResourceType"], "tags": _lower_camel(one.get("Tags") or [])}
        for one in params.get("TagSpecifications") or []
    ]
    parameters = {
        "instancesSet": {"items": [_lower_camel(of_set)]},
        **_lower_camel({name: params[name] for name in ("InstanceType", "SubnetId") if name in params}),
        **({"tagSpecificationSet": {"items": tags}} if tags else {}),
    }
    elements = _element(ElementTree.fromstring(answer.body)) if answer.status < 400 else None  # noqa: S314 - moto's
    return Record(request.operation, parameters, elements)


def _element(node: ElementTree.Element) -> Any:
    """An XML element of EC2 as CloudTrail tells it."""
    name, inner = _bare(node.tag), list(node)
    if inner and all(_bare(one.tag) == "item" for one in inner):
        return {"items": [_element(one) for one in inner]}
    if inner:
        return {_bare(one.tag): _element(one) for one in inner}
    text = (node.text or "").strip()
    if not text:
        return {} if name.endswith(("Set", "Mapping", "Codes")) else None
    if name == "launchTime":
        return int(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)
    return {"true": True, "false": False}.get(text, text)


def _bare(tag: str) -> str:
    return tag.rpartition("}")[2]


def _lower_camel(value: Any) -> Any:
    """Parameters as CloudTrail spells them: 'MaxSize' is 'maxSize', 'VPCZoneIdentifier' is 'vPCZoneIdentifier'.

    The keys of a map of tags are the customer's, and stay.
    """
    if isinstance(value, Mapping):
        kept = {key: dict(inner) for key, inner in value.items() if key in _MAPS and isinstance(inner, Mapping)}
        return {key[:1].lower() + key[1:]: kept.get(key, _lower_camel(inner)) for key, inner in value.items()}
    if isinstance(value, datetime):
        return value.isoformat()
    return [_lower_camel(one) for one in value] if isinstance(value, list | tuple) else value


_MAPS = frozenset({"Tags", "tags"})
_WRITE: dict[str, Callable[[ApiRequest, Answer], Record]] = {
    "dynamodb.CreateTable": _plain,
    "ec2.RunInstances": _run_instances,
    "lambda.CreateFunction": _create_function,
    "logs.CreateLogGroup": _plain,
    "s3.CreateBucket": _create_bucket,
    "sagemaker.CreateNotebookInstance": _plain,
}

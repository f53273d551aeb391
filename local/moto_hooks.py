"""Every scope where the local account reaches into moto's private parts.

Each has a canary in tests/local/test_local_moto_hooks.py that fails when a new moto changes shape. Nothing
else in `local` imports moto.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

from moto.backends import get_backend
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app

from local.scope import Scope


class QuietHandler(MotoRequestHandler):
    """moto's request handler with keep-alive, as AWS has it, and without a log line per request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def moto_application() -> Any:
    """moto's WSGI application on empty backends. It holds no state itself and takes a while to build."""
    moto_api_backend.reset()
    return _application()


@cache
def _application() -> Any:
    return DomainDispatcherApplication(create_backend_app)


def backend(service: str, scope: Scope) -> Any:
    """moto's in-memory state of a service; those without Regions live under the partition's name."""
    lookup: Any = get_backend
    backends = lookup(service)
    return backends[scope.account_id]["aws" if service in ("budgets", "iam", "s3", "sts") else scope.region]


# -- requests ------------------------------------------------------------------------------------
def parse_by_model(service: str, environ: dict[str, Any], body: bytes) -> tuple[str, str, Mapping[str, Any]]:
    """Protocol, operation and parameters of a query or REST request, read with botocore's model of the
    service.
    """
    request = Request(environ)
    model = get_service_model(service)
    uri_params: Mapping[str, Any] = {}
    if model.protocol.startswith("rest"):
        protocol = str(model.protocol)
        operation, uri_params = get_service_router(service).match(request)
    else:
        protocol = determine_request_protocol(model, request.content_type)
        operation = model.operation_model(request.values["Action"])
    parser: Any = PROTOCOL_PARSERS[protocol](operation)
    parsed = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": body,
            "url_path": request.path,
            "url_params": uri_params,
        }
    )
    return protocol, operation.name, parsed


# -- CloudTrail ----------------------------------------------------------------------------------
def is_trail_logging(scope: Scope) -> bool:
    """Whether a trail of the account logs; without one no API call reaches EventBridge."""
    return any(trail.status.is_logging for trail in backend("cloudtrail", scope).trails.values())


# -- SQS -----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class QueuedMessage:
    """A message in a queue, seen without receiving it. `visible_at` is epoch seconds, `receives` a count."""

    id: str
    body: str
    attributes: Mapping[str, Any]
    visible_at: float
    receives: int


def queued_messages(scope: Scope, name: str) -> list[QueuedMessage]:
    """Every message in a queue: visible, delayed and in flight."""
    queue = backend("sqs", scope).queues[name]
    return [
        QueuedMessage(
            m.id,
            m.body,
            m.message_attributes,
            max(m.visible_at, m.delayed_until) / 1000,
            m.approximate_receive_count,
        )
        for m in list(queue._messages)
    ]


# -- Secrets Manager -----------------------------------------------------------------------------
@dataclass(frozen=True)
class Secret:
    """A secret's full ARN, with its random suffix, and its tags."""

    arn: str
    tags: Mapping[str, str]


def secret(scope: Scope, name_or_arn: str) -> Secret | None:
    """The secret by name, by ARN, or by ARN without the suffix; None if there is none."""
    found = backend("secretsmanager", scope).secrets.get(name_or_arn)
    return None if found is None else Secret(found.arn, {tag["Key"]: tag["Value"] for tag in found.tags or []})


# -- CloudWatch Logs -----------------------------------------------------------------------------
@dataclass(frozen=True)
class LogGroupSeed:
    """A log group to be written straight into the account, with what moto cannot set through its API."""

    name: str
    created_at: datetime | None = None
    stored_bytes: int = 0
    days: int | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    log_class: str = "STANDARD"
    account_policy: str | None = None
    """The account policy that overrides this group's own retention (`retentionPolicyName`)."""
    deletion_protection: bool = False


def seed_log_groups(scope: Scope, seeds: Iterable[LogGroupSeed]) -> None:
    """Creates log groups without going through the API."""
    logs = backend("logs", scope)
    for seed in seeds:
        group = logs.create_log_group(seed.name, dict(seed.tags))
        group.retention_in_days = seed.days
        if seed.created_at is not None:
            group.creation_time = seed.created_at.replace(tzinfo=None)
        group.local_extra = {
            "logGroupClass": seed.log_class,
            "storedBytes": seed.stored_bytes,
            "deletionProtectionEnabled": seed.deletion_protection,
            **({"retentionPolicyName": seed.account_policy} if seed.account_policy else {}),
        }


def log_groups(scope: Scope) -> list[dict[str, Any]]:
    """Every group as DescribeLogGroups shows it, by name, with the fields moto leaves out."""
    groups = backend("logs", scope).groups
    return [_described(groups[name]) for name in sorted(groups)]


def _described(group: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {
        **group.to_describe_dict(),
        "logGroupClass": "STANDARD",
        "deletionProtectionEnabled": False,
    }
    extra: Mapping[str, Any] = getattr(group, "local_extra", {})
    # Bytes written through PutLogEvents come on top of the seeded ones.
    return {**shown, **extra, "storedBytes": shown["storedBytes"] + extra.get("storedBytes", 0)}


def set_log_group_extra(scope: Scope, name: str, **extra: Any) -> None:
    """Sets fields of a group's description that moto does not keep."""
    group = backend("logs", scope).groups[name]
    group.local_extra = {**getattr(group, "local_extra", {}), **extra}


def log_group(scope: Scope, name: str) -> dict[str, Any] | None:
    """One group as DescribeLogGroups shows it, or None."""
    group = backend("logs", scope).groups.get(name)
    return _described(group) if group is not None else None


def log_group_tags(scope: Scope, name: str) -> Mapping[str, str]:
    """A group's tags; none if there is no such group."""
    logs = backend("logs", scope)
    if name not in logs.groups:
        return {}
    return dict(logs.list_tags_for_resource(logs.groups[name].arn))

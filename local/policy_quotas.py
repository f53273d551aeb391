"""How large policies may be: what IAM and SQS refuse at deployment, and moto takes.

Sources: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html and
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-policies.html.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from local.errors import DeploymentRejected
from local.iam import as_list, statements

INLINE, MANAGED, ATTACHED = 10_240, 6_144, 10
QUEUE_BYTES, QUEUE_STATEMENTS, QUEUE_ACTIONS, QUEUE_PRINCIPALS, QUEUE_CONDITIONS = 8_192, 20, 7, 50, 10


def check_role(logical_id: str, inline: Iterable[Mapping[str, Any]], managed: int) -> None:
    """Refuses a role with too much in its inline policies, or too many managed ones."""
    _check(
        f"{logical_id}: its inline policies take", sum(_characters(one) for one in inline), INLINE, "characters, IAM"
    )
    _check(f"{logical_id}: it has", managed, ATTACHED, "managed policies, IAM")


def check_managed(logical_id: str, document: Mapping[str, Any]) -> None:
    """Refuses a managed policy that is too large."""
    _check(f"{logical_id}: the policy takes", _characters(document), MANAGED, "characters, IAM")


def check_queue(logical_id: str, document: Mapping[str, Any]) -> None:
    """Refuses a queue's policy that is too large in any way. A condition is a key under an operator, however many its
    values: SQS does not say how it counts.
    """
    found = statements(document)
    principals = [as_list(one) for each in found for one in _named(each.get("Principal", {}))]
    conditions = [key for each in found for keys in each.get("Condition", {}).values() for key in keys]
    where = f"{logical_id}: the queue's policy has"
    _check(where, len(json.dumps(document, separators=(",", ":")).encode()), QUEUE_BYTES, "bytes, SQS")
    _check(where, len(found), QUEUE_STATEMENTS, "statements, SQS")
    _check(where, sum(map(len, principals)), QUEUE_PRINCIPALS, "principals, SQS")
    _check(where, len(conditions), QUEUE_CONDITIONS, "conditions, SQS")
    for each in found:
        _check(where, len(as_list(each.get("Action", []))), QUEUE_ACTIONS, "actions in a statement, SQS")


def _named(principal: Any) -> list[Any]:
    return list(principal.values()) if isinstance(principal, Mapping) else [principal]


def _characters(document: Mapping[str, Any]) -> int:
    """IAM does not count white space."""
    return len(re.sub(r"\s", "", json.dumps(document, separators=(",", ":"))))


def _check(what: str, size: int, limit: int, of: str) -> None:
    if size > limit:
        raise DeploymentRejected(f"{what} {size} {of} allows {limit}")

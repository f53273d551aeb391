"""What calls of DynamoDB are checked against: the table or index, and the partition keys they name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from local.api import ApiRequest
from local.iam import Check
from local.moto_tables import table_keys
from local.scope import Scope

Params = Mapping[str, Any]


def _table(scope: Scope, action: str, params: Params, keys: tuple[str, ...] | None = None) -> Check:
    """The table, or its index, with the partition keys the request names (for dynamodb:LeadingKeys)."""
    name = str(params["TableName"]).rsplit("/", 1)[-1]
    index = params.get("IndexName")
    resource = scope.arn("dynamodb", f"table/{name}" + (f"/index/{index}" if index else ""))
    if keys is None:
        hash_key = table_keys(scope, name, None)
        item = params.get("Key") or params.get("Item") or {}
        keys = (_scalar(item[hash_key]),) if hash_key in item else ()
    return Check(f"dynamodb:{action}", resource, {"dynamodb:leadingkeys": keys} if keys else {})


def _scalar(attribute: Mapping[str, Any]) -> str:
    return str(next(iter(attribute.values())))


def item(request: ApiRequest, scope: Scope) -> list[Check]:
    """A call on one table; one on a single item names its partition key."""
    return [_table(scope, request.operation, request.params)]


def query(request: ApiRequest, scope: Scope) -> list[Check]:
    """Query: the partition key is in the condition."""
    params = request.params
    hash_key = table_keys(scope, str(params["TableName"]).rsplit("/", 1)[-1], params.get("IndexName"))
    names = params.get("ExpressionAttributeNames", {})
    keys = tuple(
        _scalar(params["ExpressionAttributeValues"][value])
        for name, value in re.findall(r"(#?[\w.-]+)\s*=\s*(:\w+)", params.get("KeyConditionExpression", ""))
        if names.get(name, name) == hash_key
    )
    return [_table(scope, "Query", params, keys)]


def batch(request: ApiRequest, scope: Scope) -> list[Check]:
    """One check for each table, with all the keys asked of it."""
    found = []
    for name, wanted in request.params["RequestItems"].items():
        if request.operation == "BatchGetItem":
            entries = [{"Key": key} for key in wanted["Keys"]]
        else:
            entries = [next(iter(write.values())) for write in wanted]
        leading = [_table(scope, request.operation, {"TableName": name, **entry}) for entry in entries]
        keys = tuple(k for check in leading for k in check.context.get("dynamodb:leadingkeys", ()))
        found.append(_table(scope, request.operation, {"TableName": name}, tuple(dict.fromkeys(keys))))
    return found


_MEMBERS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}


def transaction(request: ApiRequest, scope: Scope) -> list[Check]:
    """There is no TransactWriteItems permission: each member needs its own action."""
    return [
        _table(scope, _MEMBERS[kind], member)
        for entry in request.params["TransactItems"]
        for kind, member in entry.items()
    ]

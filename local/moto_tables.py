"""Hooks into moto's DynamoDB: an index's keys, and transactions that do not copy the whole table.

moto backs a transaction up by a deep copy of the table for each of its members: a hundred members on a ledger
of some thousand rows take minutes. While an account is open the copy is shallow, apart from the rows an
Update may change in place; rolling back works as before. Like moto_hooks, every hook has a canary in the
tests.
"""

from __future__ import annotations

import copy
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any

from moto.dynamodb import models
from moto.dynamodb.models.dynamo_type import DynamoType
from moto.dynamodb.models.table import Table

from local.moto_hooks import backend
from local.scope import Scope


def table_keys(scope: Scope, table: str, index: str | None) -> str | None:
    """The partition key's attribute name of a table or of its index; None if there is no such table."""
    found = backend("dynamodb", scope).tables.get(table)
    if found is None:
        return None
    schema = found.schema if index is None else next(i.schema for i in found.all_indexes() if i.name == index)
    return str(next(key["AttributeName"] for key in schema if key["KeyType"] == "HASH"))


def install_transactions() -> Callable[[], None]:
    """Makes transactions cheap; returns what undoes it."""
    backend_type: Any = models.DynamoDBBackend
    module: Any = models
    original = backend_type.transact_write_items
    transaction = threading.local()

    def transact_write_items(self: Any, transact_items: list[dict[str, Any]]) -> None:
        members = [(kind, member) for entry in transact_items for kind, member in entry.items()]
        names = {member["TableName"] for _, member in members if member.get("TableName") in self.tables}
        transaction.snapshots = {
            name: snapshot(
                self.tables[name],
                [m["Key"] for kind, m in members if kind == "Update" and m["TableName"] == name],
            )
            for name in names
        }
        try:
            original(self, transact_items)
        finally:
            del transaction.snapshots

    def deepcopy(value: Any) -> Any:
        return transaction.snapshots[value.name] if isinstance(value, Table) else copy.deepcopy(value)

    backend_type.transact_write_items = transact_write_items
    module.copy = SimpleNamespace(deepcopy=deepcopy)

    def undo() -> None:
        backend_type.transact_write_items = original
        module.copy = copy

    return undo


def snapshot(table: Any, changing: Iterable[Mapping[str, Any]]) -> Any:
    """A copy of a table that shares its rows, except those whose keys are named."""
    saved = copy.copy(table)
    saved.items = defaultdict(dict)
    for key, rows in table.items.items():
        saved.items[key] = dict(rows) if table.has_range_key else rows
    for names in changing:
        partition = DynamoType(names[table.hash_key_attr])
        if table.has_range_key:
            sort = DynamoType(names[table.range_key_attr])
            if sort in saved.items.get(partition, {}):
                saved.items[partition][sort] = copy.deepcopy(saved.items[partition][sort])
        elif partition in saved.items:
            saved.items[partition] = copy.deepcopy(saved.items[partition])
    return saved

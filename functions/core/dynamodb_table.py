"""The table in DynamoDB, on demand, shared by every function of one Fusebox."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from functions.core.table import Group, Index, Key, Row
from functions.core.types import COMPACT

GET_LIMIT = 100
WRITE_LIMIT = 100
"""Keys a BatchGetItem and rows a TransactWriteItems may hold (AWS quotas)."""
ATTEMPTS = 8


class Contended(Exception):
    """Other writers kept winning; nothing of the batch that this names was written."""


class DynamoDBTable:
    """See `Table`. `client` is a low-level DynamoDB client, made lazily by the caller."""

    def __init__(self, client: Any, name: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._name = name
        self._sleep = sleep

    def get(self, keys: Sequence[Key]) -> dict[Key, Row]:
        found: dict[Key, Row] = {}
        for start in range(0, len(keys), GET_LIMIT):
            wanted = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in keys[start : start + GET_LIMIT]]
            for attempt in range(ATTEMPTS):
                request = {self._name: {"Keys": wanted, "ConsistentRead": True}}
                answer = self._client.batch_get_item(RequestItems=request)
                for item in answer["Responses"].get(self._name, []):
                    row = _row(item)
                    found[row.key] = row
                wanted = answer.get("UnprocessedKeys", {}).get(self._name, {}).get("Keys", [])
                if not wanted:
                    break
                self._back_off(attempt)
            else:
                raise Contended(f"{self._name}: {len(wanted)} keys stayed unread after {ATTEMPTS} tries")
        return found

    def write(self, groups: Sequence[Group]) -> list[int]:
        lost: list[int] = []
        batch: list[int] = []
        for position, group in enumerate(groups):
            if sum(len(groups[i]) for i in batch) + len(group) > WRITE_LIMIT:
                lost += self._transact(groups, batch)
                batch = []
            batch.append(position)
        return lost + self._transact(groups, batch)

    def query(self, pk: str, *, prefix: str = "") -> Iterator[Row]:
        condition, values = "pk = :pk", {":pk": {"S": pk}}
        if prefix:
            condition, values = f"{condition} AND begins_with(sk, :sk)", values | {":sk": {"S": prefix}}
        yield from self._pages(KeyConditionExpression=condition, ExpressionAttributeValues=values, ConsistentRead=True)

    def query_index(self, index: Index, value: str, *, since: str = "") -> Iterator[Row]:
        # "listing", "day" and "at" may be reserved words, so they go by alias.
        yield from self._pages(
            IndexName=index,
            KeyConditionExpression="#index = :value AND #at >= :since",
            ExpressionAttributeNames={"#index": index, "#at": "at"},
            ExpressionAttributeValues={":value": {"S": value}, ":since": {"S": since or "0"}},
        )

    def delete(self, key: Key, version: int) -> bool:
        try:
            self._client.delete_item(
                TableName=self._name,
                Key={"pk": {"S": key[0]}, "sk": {"S": key[1]}},
                ConditionExpression="version = :version",
                ExpressionAttributeValues={":version": {"N": str(version)}},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True

    def _pages(self, **query: Any) -> Iterator[Row]:
        start: dict[str, Any] = {}
        while True:
            answer = self._client.query(TableName=self._name, **query, **start)
            yield from map(_row, answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}

    def _transact(self, groups: Sequence[Group], batch: list[int]) -> list[int]:
        """One transaction; groups that lost are dropped and the rest sent again."""
        lost: list[int] = []
        for attempt in range(ATTEMPTS):
            if not batch:
                return lost
            owners = [position for position in batch for _ in groups[position]]
            puts = [self._put(row) for position in batch for row in groups[position]]
            try:
                self._client.transact_write_items(TransactItems=puts)
            except ClientError as error:
                reasons = error.response.get("CancellationReasons")
                if error.response["Error"]["Code"] != "TransactionCanceledException" or not reasons:
                    raise
                codes = [reason.get("Code", "None") for reason in reasons]
                beaten = {owner for owner, code in zip(owners, codes, strict=True) if code in LOSING}
                if not beaten and not set(codes) <= {"None", "TransactionConflict", "ThrottlingError"}:
                    raise
                lost += sorted(beaten)
                batch = [position for position in batch if position not in beaten]
                if not beaten:
                    self._back_off(attempt)
            else:
                return lost
        raise Contended(f"{self._name}: {len(batch)} writes stayed contended after {ATTEMPTS} tries")

    def _back_off(self, attempt: int) -> None:
        """Waits a little longer each time, and not in step with other writers."""
        self._sleep(0.05 * 2**attempt * random.uniform(0.5, 1.0))  # noqa: S311 - no secret

    def _put(self, row: Row) -> dict[str, Any]:
        put: dict[str, Any] = {"TableName": self._name, "Item": _item(row)}
        if row.version == 1:
            put["ConditionExpression"] = "attribute_not_exists(pk)"
        else:
            put["ConditionExpression"] = "version = :before"
            put["ExpressionAttributeValues"] = {":before": {"N": str(row.version - 1)}}
        return {"Put": put}


LOSING = {"ConditionalCheckFailed"}


def _item(row: Row) -> dict[str, Any]:
    item = {
        "pk": {"S": row.pk},
        "sk": {"S": row.sk},
        "version": {"N": str(row.version)},
        "body": {"S": COMPACT(row.body)},
    }
    for name, text in (("listing", row.listing), ("day", row.day), ("at", row.at)):
        if text:
            item[name] = {"S": text}
    if row.expires:
        item["expires"] = {"N": str(row.expires)}
    return item


def _row(item: dict[str, Any]) -> Row:
    def text(name: str) -> str:
        return str(item[name]["S"]) if name in item else ""

    def number(name: str) -> int:
        return int(item[name]["N"]) if name in item else 0

    return Row(
        text("pk"),
        text("sk"),
        json.loads(text("body")),
        number("version"),
        text("listing"),
        text("day"),
        text("at"),
        number("expires"),
    )

"""Takes over what an earlier step of the same request did, where it did not live to note it on the items.

An action's claim names its intent, and the intent the request on whose word it was made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from functions.core import claims
from functions.core.items import Item
from functions.core.ledger import Entry
from functions.core.table import Key, Row, Table
from functions.core.types import Disposition


def adopt(table: Table, guardrail: str, request: str, batch: Sequence[Item]) -> tuple[list[Item], bool]:
    """The items that are still to be acted on, and whether others wait for an action that is under way.

    Items whose action has ended get its result.
    """
    held = claims.current(table, guardrail, [one.resource for one in batch])
    intents = table.get([intent_of(row) for row in held.values()])
    outcomes = table.get([outcome_of(row) for row in held.values()])
    todo: list[Item] = []
    adopted: list[Item] = []
    waits = False
    for one in batch:
        row = held.get(one.resource)
        intent = intents.get(intent_of(row)) if row is not None else None
        if row is None or intent is None or not _made_for(intent.body, request, one):
            todo.append(one)
            continue
        if row.body["done_at"] is None:
            waits = True
            continue
        outcome = outcomes.get(outcome_of(row))
        if outcome is None or outcome.body["result"] == Disposition.PUT_OFF:
            todo.append(one)
            continue
        adopted.append(_with(one, intent.body, outcome.body))
    table.write([(one.row(),) for one in adopted])
    return todo, waits


def _made_for(intent: Entry, request: str, item: Item) -> bool:
    warrant = intent.get("warrant")
    return isinstance(warrant, dict) and warrant.get("request") == request and intent.get("plan") == item.plan


def _with(item: Item, intent: Entry, outcome: Entry) -> Item:
    return replace(
        item, result=str(outcome["result"]), detail=str(outcome["detail"]), action_id=str(intent["action_id"])
    )


def intent_of(claim: Row) -> Key:
    """Where the intent is that a claim names."""
    return (str(claim.body["partition"]), str(claim.body["intent"]))


def outcome_of(claim: Row) -> Key:
    """Where the outcome of its action is, once there is one."""
    partition, sort = intent_of(claim)
    return (partition, sort.removesuffix("#1-intent") + "#2-outcome")

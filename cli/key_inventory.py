"""What there is to stop: as the deployed function tells it or, where there is none to ask, as the policy says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from cli import trouble
from cli.deployment import Deployed
from cli.key_rows import UNKNOWN, BudgetRow, CredentialRow, Inventory, KeyRow, SourceRow
from cli.session import Place
from functions.core.types import Refused
from functions.llm_keys.inventory import LAGS
from functions.llm_keys.kinds import KINDS
from functions.llm_keys.settings import LlmKeysSettings

LONGEST = 300
"""Characters of what a function says when it fails."""


def ask(place: Place, deployed: Deployed) -> Inventory:
    """What the deployed function tells; Refused where it is not there, may not be asked, or fails.

    It alone may read the providers' admin credentials. It notes and changes nothing for this.
    """
    function = deployed.function_of("llm_keys")
    try:
        answer = place.clients.get("lambda").invoke(FunctionName=function, Payload=b'{"fusebox": "keys"}')
        body = answer["Payload"].read()
    except ClientError as error:
        if trouble.code_of(error) == "ResourceNotFoundException":
            raise Refused(f"stack {deployed.stack} has no function {function}: deploy this version of it") from error
        raise Refused(trouble.refusal(error)) from error
    except BotoCoreError as error:
        raise Refused(f"{function} did not answer: {trouble.one_line(str(error))}") from error
    try:
        told = json.loads(body)
        if answer.get("FunctionError"):
            why = trouble.one_line(f"{told.get('errorType', '')}: {told.get('errorMessage', '')}")[:LONGEST]
            raise Refused(f"{function} failed: {why}")
        return read(told)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Refused(f"{function} told nothing that this command can read ({error!r:.80}): deploy it again") from error


def read(told: Mapping[str, Any]) -> Inventory:
    """The inventory in a function's answer; KeyError, ValueError or TypeError where it holds none."""
    return Inventory(
        budgets=[_budget(one) for one in told["budgets"]],
        keys=[_key(one) for one in told["keys"]],
        uncovered=[CredentialRow(*(str(one[name]) for name in CredentialRow.__slots__)) for one in told["uncovered"]],
        going_on=[str(one) for one in told["going_on"]],
        trouble=[str(one) for one in told["trouble"]],
        unstoppable=[str(one) for one in told["unstoppable"]],
    )


def by_policy(settings: LlmKeysSettings, missing: str) -> Inventory:
    """What the policy alone says: no spend and no state is known, for the reason that `missing` gives."""
    budgets = [
        BudgetRow(
            one.name,
            one.period,
            one.amount,
            None,
            UNKNOWN,
            "",
            "",
            one.amount * one.stop_percent / 100,
            "",
            one.keys,
            tuple(SourceRow(source.kind, None, "", LAGS[source.kind]) for source in one.sources),
        )
        for one in settings.budgets
    ]
    keys = [
        KeyRow(
            one.name,
            one.kind,
            one.id,
            one.provider,
            UNKNOWN,
            (),
            tuple(budget.name for budget in settings.covering(one)),
            not KINDS[one.kind].irreversible,
            KINDS[one.kind].irreversible or KINDS[one.kind].caveat,
            "",
            "",
        )
        for one in settings.keys
    ]
    loose = [CredentialRow(one.kind, one.id, one.name, "in the policy") for one in keys if not one.budgets]
    return Inventory(budgets, keys, loose, missing=missing)


def _budget(told: Mapping[str, Any]) -> BudgetRow:
    return BudgetRow(
        str(told["name"]),
        str(told["period"]),
        float(told["amount"]),
        _amount(told["spent"]),
        str(told["state"]),
        str(told["since"]),
        str(told.get("why", "")),
        _amount(told["ceiling"]),
        str(told["until"]),
        _texts(told["keys"]),
        tuple(
            SourceRow(str(one["kind"]), _amount(one["spent"]), str(one["trouble"]), str(one["lag"]))
            for one in told["sources"]
        ),
        {str(path): float(amount) for path, amount in told.get("leaks", {}).items()},
    )


def _key(told: Mapping[str, Any]) -> KeyRow:
    return KeyRow(
        str(told["name"]),
        str(told["kind"]),
        str(told["id"]),
        str(told["provider"]),
        str(told["state"]),
        _texts(told["held_by"]),
        _texts(told.get("budgets", ())),
        bool(told["same_key"]),
        str(told["caveat"]),
        str(told.get("probe", "")),
        str(told["trouble"]),
    )


def _amount(told: Any) -> float | None:
    return None if told is None else float(told)


def _texts(told: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in told)

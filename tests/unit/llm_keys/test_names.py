"""What a budget is called at AWS: a new name only where CloudFormation has to make it anew."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from functions.llm_keys.budgets import Budget, Source
from functions.llm_keys.names import aws_budget

CHAT = Budget(name="Chat", amount=500.0, keys=("chat",), sources=(Source(kind="aws"), Source(kind="meter")))


@pytest.mark.parametrize(
    "change",
    [
        {"amount": 750.0},
        {"amount": 500},
        {"period": "quarterly"},
        {"keys": ("chat", "batch")},
        {"warn_percent": (80.0, 50.0)},
        {"warn_percent": (50, 80, 80)},
        {"stop_percent": 100},
        {"per_hour": 20.0},
    ],
)
def test_a_budget_keeps_its_name_while_its_notifications_stay(change: dict[str, Any]) -> None:
    assert aws_budget(replace(CHAT, **change)) == aws_budget(CHAT)


@pytest.mark.parametrize(
    "change", [{"warn_percent": (50.0,)}, {"warn_percent": ()}, {"stop_percent": 110.0}, {"period": "daily"}]
)
def test_other_notifications_make_another_budget(change: dict[str, Any]) -> None:
    assert aws_budget(replace(CHAT, **change)) != aws_budget(CHAT)


def test_an_adopted_budget_keeps_its_own_name() -> None:
    adopted = replace(CHAT, sources=(Source(kind="aws", adopt="Whole account"),))
    assert aws_budget(adopted) == "Whole account"

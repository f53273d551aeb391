"""The text of AWS Budgets: what its lines say, and that nothing else of it counts."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.core.types import MalformedEvent
from functions.llm_keys.messages.budgets_text import CostAlert, read_budget_text
from functions.llm_keys.messages.money import money
from tests.unit.llm_keys.messages.writing import LINKS, WORDS, Words, budget_text, dollars

REPEATABLE = settings(derandomize=True, deadline=None, max_examples=300, database=None)
AMOUNTS = st.decimals(min_value=Decimal("-1e13"), max_value=Decimal("1e13"), places=2)
NAMES = st.text(st.characters(exclude_characters=":\\\n\r", codec="utf-8"), min_size=1, max_size=100).filter(
    lambda name: name == name.strip(" \t")
)
"""What AWS takes for a name of a budget: anything without a colon and a backslash."""


def test_a_budget_that_is_spent() -> None:
    read = read_budget_text(budget_text("Test Budget", amount="$0.59", budgeted="$0.20", threshold="> $0.16"))
    assert (read.account, read.name, read.type) == ("123456789012", "Test Budget", "Cost")
    assert read.cost == CostAlert("ACTUAL", Decimal("0.59"), Decimal("0.20"), ">", Decimal("0.16"))


def test_a_forecast_of_billions() -> None:
    read = read_budget_text(budget_text(kind="FORECASTED", amount="$183,965,812,157.54"))
    assert read.cost is not None
    assert (read.cost.alert, read.cost.amount) == ("FORECASTED", Decimal("183965812157.54"))


def test_a_budget_that_should_not_fall_below_something() -> None:
    read = read_budget_text(budget_text(amount="-$12.00", threshold="< $1,000"))
    assert read.cost == CostAlert("ACTUAL", Decimal(-12), Decimal(500), "<", Decimal(1000))


def test_a_budget_of_hours_has_no_dollars_to_read() -> None:
    read = read_budget_text(budget_text(type="Usage", amount="412.5 Hrs", budgeted="400 Hrs", threshold="> 400 Hrs"))
    assert (read.type, read.cost) == ("Usage", None)


@REPEATABLE
@given(
    name=NAMES,
    kind=st.sampled_from(["ACTUAL", "FORECASTED"]),
    amount=AMOUNTS,
    budgeted=AMOUNTS,
    threshold=AMOUNTS,
    words=st.sampled_from(list(WORDS)),
    link=st.sampled_from(LINKS),
    end=st.sampled_from(["\n", "\r\n"]),
    around=st.sampled_from(["", " ", "\t  "]),
)
def test_what_was_written_is_read(
    name: str,
    kind: str,
    amount: Decimal,
    budgeted: Decimal,
    threshold: Decimal,
    words: Words,
    link: str,
    end: str,
    around: str,
) -> None:
    text = budget_text(
        name,
        kind=kind,
        amount=dollars(amount),
        budgeted=dollars(budgeted),
        threshold=f"> {dollars(threshold)}",
        words=words,
        link=link,
    )
    read = read_budget_text(text.replace("\n", around + end + around))
    assert read.name == name
    assert read.cost is not None
    assert (read.cost.alert, read.cost.amount, read.cost.budgeted) == (kind, amount, budgeted)
    assert (read.cost.comparison, read.cost.threshold) == (">", threshold)


@REPEATABLE
@given(prose=st.text(st.characters(exclude_characters="\n", codec="utf-8"), max_size=200))
def test_whatever_the_prose_says_the_lines_count(prose: str) -> None:
    text = budget_text().replace("You requested", f"You requested {prose}")
    assert read_budget_text(text) == read_budget_text(budget_text())


@pytest.mark.parametrize("key", ["Budget Name", "Budget Type", "Budgeted Amount", "Alert Type", "Alert Threshold"])
@pytest.mark.parametrize("damage", ["left out", "twice", "empty", "spelt otherwise"])
def test_a_line_that_is_not_there_exactly_once_is_told_of(key: str, damage: str) -> None:
    lines = budget_text().split("\n")
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{key}:"))
    changed = {"left out": [], "twice": [lines[at]] * 2, "empty": [f"{key}: "], "spelt otherwise": [lines[at].lower()]}
    lines[at : at + 1] = changed[damage]
    with pytest.raises(MalformedEvent, match=key):
        read_budget_text("\n".join(lines))


@pytest.mark.parametrize(
    "amount",
    [
        *("", "512.30", "$", "$.5", "$1,23", "$1,2345.00", "$,100", "$--5", "-$-5", "$1e9", "$NaN", "$Infinity"),
        *("$1_000", "512,30 €", "USD 5", "$5 $6", "$\u0665", "$0x10", "${1}", "about $5", "($5.00)"),
    ],
)
def test_what_is_no_amount_is_told_of(amount: str) -> None:
    with pytest.raises(MalformedEvent, match="ACTUAL Amount"):
        read_budget_text(budget_text(amount=amount))


def test_an_amount_is_shown_short_however_absurd() -> None:
    shown = {one: money(Decimal(one)) for one in ("0.005", "-3", "183965812157.54", "9e99999", "1e999999999")}
    assert shown["-3"] == "-$3.00"
    assert shown["183965812157.54"] == "$183,965,812,157.54"
    assert shown["1e999999999"] == "$1.00e+999999999"
    assert max(map(len, shown.values())) <= 26

"""What people are told of budgets and keys: once, and with what they need to decide."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.items import of_request
from functions.core.report import RunReport
from functions.core.types import Json
from functions.llm_keys.budgets import Source
from tests.unit.llm_keys.office import Office, budget, settings, told
from tests.unit.llm_keys.people import override, wish


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, settings(budget(sources=(Source(kind="meter"), Source(kind="aws")))))


def evidence_of(report: RunReport, name: str) -> Json:
    (one,) = [each for some in report.examples.values() for each in some if each["name"] == name]
    return one["evidence"]


def test_what_a_person_gave_back_is_not_told_of_again_as_right(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.sweep()
    override(office, ceiling=5000.0)
    assert told(office.message()) == {"done": 2}
    assert told(office.sweep()) == {}


def test_who_decides_about_an_override_sees_what_was_spent_and_what_comes_back(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.sweep()
    (item,) = of_request(office.table, wish(office, ceiling=900.0))
    shown = item.entry["evidence"]
    assert isinstance(shown, dict)
    assert list(shown.items())[:2] == [
        ("open because", "$600.00 of $500.00 spent in 2026-11"),
        ("holds", "2 keys: chat, batch"),
    ]


def test_amounts_are_told_as_amounts(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.tills["aws"].spent["ml"] = 0
    shown = evidence_of(office.sweep(), "ml")
    assert shown == [
        ["amount", "500.00"],
        ["spent", "600.00"],
        ["by meter", "600.00"],
        ["by aws", "0.00"],
        ["period", "2026-11"],
    ]

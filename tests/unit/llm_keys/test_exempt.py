"""What an exemption, the cap and a pause hold up: stops, and never that a key comes back or that a breaker is told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from functions.core import state
from functions.core.spec import Cap
from tests.unit.llm_keys.office import BATCH, CHAT, Office, settings, told
from tests.unit.llm_keys.people import follow, override


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, settings(cap=Cap(actions_per_hour=2)))


def exempt(office: Office, *, days: float = 1) -> None:
    now = office.clock()
    state.exempt(
        office.table, [state.Exemption(office.arn(CHAT), "ada", "the launch", now + timedelta(days=days))], now
    )


def test_an_exempt_key_works_on_and_its_budget_s_news_says_so(office: Office) -> None:
    exempt(office)
    office.meter.spent["ml"] = 600.0
    report = office.message()
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "inactive")
    assert [one["name"] for one in report.examples["exempt"]] == ["chat"]
    assert told(report)["reported"] == 1


def test_a_key_is_stopped_once_its_exemption_is_over(office: Office) -> None:
    exempt(office, days=0.01)
    office.meter.spent["ml"] = 600.0
    office.sweep()
    office.sweep(after=15)
    assert office.status(CHAT) == "inactive"


def test_an_exempt_key_comes_back(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.sweep()
    exempt(office)
    override(office, ceiling=900.0)
    follow(office)
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "active")


def test_keys_come_back_beyond_the_cap_and_while_the_guardrail_has_paused_itself(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.sweep()
    state.pause_itself(office.table, "llm_keys", reason="cap", now=office.clock())
    assert override(office, ceiling=900.0) == {"done": 1}
    follow(office)
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "active")


def test_a_person_s_pause_holds_up_both(office: Office) -> None:
    state.pause(office.table, "llm_keys", by="ada", reason="an incident", now=office.clock())
    office.meter.spent["ml"] = 600.0
    office.sweep()
    assert office.status(CHAT) == "active"
    state.resume(office.table, "llm_keys")
    office.sweep()
    override(office, ceiling=900.0)
    state.pause(office.table, "llm_keys", by="ada", reason="an incident", now=office.clock())
    office.sweep()
    assert office.status(CHAT) == "inactive"
    state.resume(office.table, "llm_keys")
    office.sweep()
    assert office.status(CHAT) == "active"


def test_an_open_breaker_whose_sources_go_silent_is_still_open_and_says_nothing_new(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.sweep()
    office.meter.spent["ml"] = None
    report = office.sweep()
    assert report.verdicts["open"] == 1
    assert told(report) == {}
    assert report.trouble == ["budget ml: meter could not be read"]

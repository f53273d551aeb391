"""A key that works though its breaker is open is named, for as long as that is so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from functions.core import state
from functions.core.report import RunReport
from functions.core.state import Exemption
from functions.llm_keys.providers.provider import ProviderFailed
from tests.unit.llm_keys.office import CHAT, REFUSES, Office, settings

ADA = "arn:aws:iam::123456789012:user/ada"


def named(report: RunReport) -> list[str]:
    told = [one for some in report.examples.values() for one in some if one["verdict"] == "not_stopped"]
    return [str(one["reason"]) for one in told] if report.new.get("reported") else []


def test_an_exempt_key_is_named_every_six_hours_while_the_breaker_is_open(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    until = office.clock() + timedelta(days=3)
    state.exempt(office.table, [Exemption(office.arn(CHAT), ADA, "the demo", until)], office.clock())
    office.meter.spent["ml"] = 600.0
    told = [named(office.sweep(after=30)) for _ in range(48)]
    assert [bool(one) for one in told].count(True) == 5
    assert "still working: chat, which may be exempt" in next(one for one in told if one)[0]
    assert office.status(CHAT) == "active"


def test_what_was_asked_and_not_answered_is_named(tmp_path: Path) -> None:
    office = Office(tmp_path, settings(mode="approve"))
    office.meter.spent["ml"] = 600.0
    assert office.sweep().counts["needs_approval"] == 2
    assert "still working: chat, batch" in named(office.sweep(after=15))[0]


def test_a_stop_that_fails_is_named_beside_its_failure(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.desk.faults["write", CHAT.id] = [REFUSES] * 20
    office.sweep()
    assert "still working: chat" in named(office.sweep(after=15))[0]


def test_observe_mode_names_none_for_it_would_stop_none(tmp_path: Path) -> None:
    office = Office(tmp_path, settings(mode="observe"))
    office.meter.spent["ml"] = 600.0
    office.sweep()
    assert named(office.sweep(after=60)) == []


def test_keys_that_are_stopped_are_not_named(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.sweep()
    assert named(office.sweep(after=60)) == []


def test_a_held_key_that_cannot_be_read_makes_the_run_partial_so_that_it_is_tried_again(tmp_path: Path) -> None:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    office.desk.faults["read", CHAT.id] = [ProviderFailed("GET answered 500")] * 9
    assert office.message().partial

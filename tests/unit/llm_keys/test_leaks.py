"""Spend that goes on after a stop raises the alarm again, and says through what."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.report import RunReport
from functions.llm_keys.budgets import Source
from tests.unit.llm_keys.office import BATCH, CHAT, REFUSES, Office, anthropic, budget, settings

BOTH = (Source(kind="meter"), Source(kind="aws"))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, settings(budget(sources=BOTH)))
    _spend(office, 600.0)
    office.sweep()
    return office


def _spend(office: Office, dollars: float, **by_path: float) -> None:
    office.meter.spent["ml"] = dollars
    office.meter.paths["ml"] = by_path


def leaks(report: RunReport) -> list[str]:
    told = [one for some in report.examples.values() for one in some if one["verdict"] == "leaking"]
    return [str(one["reason"]) for one in told] if report.new.get("reported") else []


def test_what_had_not_settled_at_the_stop_is_no_leak(office: Office) -> None:
    _spend(office, 640.0)
    assert leaks(office.sweep(after=5)) == []
    _spend(office, 650.0)
    assert leaks(office.sweep(after=4)) == []
    for _ in range(6):
        assert leaks(office.sweep()) == []


def test_spend_that_goes_on_is_told_with_its_path(office: Office) -> None:
    office.sweep(after=9)
    _spend(office, 600.6)
    assert leaks(office.sweep()) == ["spend goes on after the stop: $0.60 through meter"]


def test_each_path_is_told_by_its_own_name(office: Office) -> None:
    _spend(office, 600.0, chat=500.0, batch=100.0)
    office.sweep(after=9)
    _spend(office, 603.0, chat=500.0, batch=102.0, **{"side-door": 1.0})
    (reason,) = leaks(office.sweep())
    assert reason == "spend goes on after the stop: $2.00 through meter batch, $1.00 through meter side-door"


def test_a_leak_is_told_every_hour_while_it_grows_and_not_when_it_has_dried_up(office: Office) -> None:
    office.sweep(after=9)
    told = []
    for step in range(30):
        if step < 14:
            _spend(office, 601.0 + step)
        told.append(bool(leaks(office.sweep())))
    assert sum(told) == 2
    assert not any(told[14:])


def test_a_slow_leak_adds_up_until_it_is_told(office: Office) -> None:
    office.sweep(after=9)
    told = []
    for step in range(40):
        _spend(office, 600.0 + 0.02 * step)
        told.append(bool(leaks(office.sweep())))
    assert sum(told) == 1


def test_a_source_that_could_not_be_read_at_the_stop_shows_no_leak_but_what_comes_after(tmp_path: Path) -> None:
    sources = (Source(kind="meter"), Source(kind="provider_usage"))
    office = Office(tmp_path, settings(budget(sources=sources)))
    usage = office.tills["provider_usage"]
    usage.spent["ml"] = None
    _spend(office, 600.0)
    office.sweep()
    office.sweep(after=150)
    usage.spent["ml"], usage.paths["ml"] = 590.0, {"gpt": 590.0}
    assert leaks(office.sweep()) == []
    usage.spent["ml"], usage.paths["ml"] = 597.0, {"gpt": 592.0, "sora": 5.0}
    assert leaks(office.sweep()) == [
        "spend goes on after the stop: $2.00 through provider_usage gpt, $5.00 through provider_usage sora"
    ]


def test_a_path_that_a_source_told_nothing_of_at_the_stop_leaks_from_nothing(office: Office) -> None:
    _spend(office, 600.0, chat=600.0)
    office.sweep(after=9)
    _spend(office, 601.0, chat=600.0, **{"side-door": 1.0})
    assert leaks(office.sweep()) == ["spend goes on after the stop: $1.00 through meter side-door"]


def test_what_aws_bills_late_proves_nothing(office: Office) -> None:
    office.sweep(after=9)
    office.tills["aws"].spent["ml"] = 900.0
    assert leaks(office.sweep(after=60)) == []


def test_where_nothing_was_stopped_nothing_leaks(tmp_path: Path) -> None:
    office = Office(tmp_path, settings(mode="observe"))
    _spend(office, 600.0)
    office.sweep()
    office.sweep(after=9)
    _spend(office, 700.0)
    assert leaks(office.sweep()) == []


def test_in_a_new_period_all_that_is_spent_while_open_leaks(office: Office) -> None:
    office.clock.forward(days=9)
    _spend(office, 0.0)
    office.sweep()
    _spend(office, 2.0)
    assert leaks(office.sweep()) == ["spend goes on after the stop: $2.00 through meter"]


def test_a_key_that_is_shown_as_stopped_and_still_taken_is_told(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:chat-key"
    probed = type(CHAT)(name="chat", kind="anthropic", id=CHAT.id, provider="claude", probe=arn)
    office = Office(tmp_path, settings(budget(keys=("chat",)), keys=(probed,)))
    office.secrets[arn] = "the-key-itself"
    office.meter.spent["ml"] = 600.0
    office.sweep()
    assert office.sweep(after=1).verdicts["stopped"] == 1
    office.desk.taken.add("the-key-itself")
    assert office.sweep(after=1).verdicts["stopped"] == 1
    report = office.sweep(after=5)
    assert report.verdicts["still_works"] == 1
    assert report.new == {"reported": 1}


def test_an_unreadable_key_of_an_open_budget_is_told_of_every_hour(tmp_path: Path) -> None:
    from functions.llm_keys.providers.provider import ProviderFailed

    office = Office(tmp_path, settings(budget(keys=("chat",)), keys=(anthropic("chat"),)))
    office.meter.spent["ml"] = 600.0
    key = office.settings.keys[0]
    office.desk.faults["read", key.id] = [ProviderFailed("GET answered 500")] * 40
    told = [office.sweep().new.get("reported", 0) for _ in range(15)]
    assert told == [2, 0, 0, 0, 0, 1, *[0] * 9]


def test_while_no_key_could_be_stopped_nothing_leaks_that_should_not_flow(tmp_path: Path) -> None:
    """That the stops fail is told of already."""
    office = Office(tmp_path, settings())
    _spend(office, 600.0)
    for key in (CHAT, BATCH):
        office.desk.faults["write", key.id] = [REFUSES] * 99
    office.sweep()
    office.sweep(after=9)
    _spend(office, 700.0)
    assert leaks(office.sweep()) == []


def test_a_key_that_works_is_not_tried(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:chat-key"
    probed = type(CHAT)(name="chat", kind="anthropic", id=CHAT.id, provider="claude", probe=arn)
    office = Office(tmp_path, settings(budget(keys=("chat",)), keys=(probed,)))
    (key,) = office.account.inventory()["keys"]
    assert key["probe"] == ""

"""A budget trips, and its keys stop: once, provably, and whatever goes wrong on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from functions.core.report import RunReport
from functions.core.spec import Cap
from functions.llm_keys.arns import ALL
from functions.llm_keys.providers.provider import NoSuchKey
from tests.unit.llm_keys.office import BATCH, CHAT, HANGS, REFUSES, Office, anthropic, budget, settings, told


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, settings())


def test_a_spent_budget_stops_its_keys_and_is_told_once(office: Office) -> None:
    office.meter.spent["ml"] = 512.3
    report = office.message()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "inactive")
    assert told(report) == {"done": 2, "reported": 1}
    again = office.message()
    assert told(again) == {}
    assert len(office.desk.writes) == 2


def test_a_quiet_budget_stops_nothing(office: Office) -> None:
    office.meter.spent["ml"] = 10.0
    assert told(office.message()) == {}
    assert office.desk.writes == []


def test_each_warning_is_told_once(office: Office) -> None:
    seen = []
    for spent in (240.0, 251.0, 260.0, 401.0, 402.0, 499.99):
        office.meter.spent["ml"] = spent
        seen.append(told(office.sweep()))
    assert seen == [{}, {"reported": 1}, {}, {"reported": 1}, {}, {}]


def test_the_sweep_finds_by_level_what_no_message_told(office: Office) -> None:
    office.meter.spent["ml"] = 500.0
    assert told(office.sweep()) == {"done": 2, "reported": 1}
    assert told(office.sweep()) == {}


def test_a_key_that_works_again_is_stopped_again(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.sweep()
    office.desk.status[CHAT.id] = "active"
    report = office.sweep()
    assert office.status(CHAT) == "inactive"
    assert told(report) == {"done": 1}


def test_what_could_not_be_read_opens_nothing(office: Office) -> None:
    office.meter.spent["ml"] = None
    report = office.message()
    assert office.desk.writes == []
    assert told(report) == {"reported": 1}


def test_one_key_that_fails_stops_no_other_and_is_tried_again(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.desk.faults["write", CHAT.id] = [REFUSES, REFUSES]
    report = office.message()
    assert (office.status(CHAT), office.status(BATCH)) == ("active", "inactive")
    assert report.partial
    assert told(report)["failed"] == 1
    assert office.message().partial
    assert not office.message().partial
    assert office.status(CHAT) == "inactive"


def test_a_failing_stop_is_told_of_every_hour(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.desk.faults["write", CHAT.id] = [REFUSES] * 20
    assert [told(office.sweep(after=5)).get("failed", 0) for _ in range(14)] == [1, *[0] * 4, 1, *[0] * 8]


def test_a_stop_that_is_taken_and_does_not_show_is_told_of_every_hour(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.desk.write = lambda key, values: None  # type: ignore[method-assign]
    news = [office.sweep(after=5) for _ in range(14)]
    assert [_in_vain(one) for one in news] == [True, *[False] * 4, True, *[False] * 8]
    assert all(one.partial for one in news)


def test_a_provider_that_hangs_is_told_of_every_hour(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.desk.faults["write", CHAT.id] = [HANGS] * 99
    office.desk.faults["read", CHAT.id] = [None, *[HANGS] * 4, None] * 99
    news = [_in_vain(office.sweep(after=5)) for _ in range(14)]
    assert news == [True, *[False] * 4, True, *[False] * 8]


def test_stops_that_fail_again_and_again_use_up_no_cap(tmp_path: Path) -> None:
    """Else one provider that refuses for an hour would keep Fusebox from stopping anything at the others."""
    other = anthropic("other", 3)
    two = (budget(), budget("b", keys=("other",)))
    office = Office(tmp_path, settings(*two, keys=(CHAT, BATCH, other), cap=Cap(actions_per_hour=5)))
    office.meter.spent["ml"] = 600.0
    for key in (CHAT, BATCH):
        office.desk.faults["write", key.id] = [REFUSES] * 99
    for _ in range(11):
        office.sweep(after=5)
    office.meter.spent["b"] = 600.0
    assert told(office.message("b"))["done"] == 1
    assert office.status(other) == "inactive"


def test_an_answer_that_got_lost_counts_by_what_is_read_back(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.desk.applies_though_failing = True
    office.desk.faults["write", CHAT.id] = [HANGS]
    report = office.message()
    assert not report.partial
    assert office.status(CHAT) == "inactive"


def test_a_switch_that_matches_nothing_is_an_error(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    del office.desk.status[CHAT.id]
    report = office.message()
    assert "missing" in report.verdicts
    assert told(report) == {"done": 1, "reported": 2}


def test_a_crash_between_stop_and_record_is_settled_within_minutes(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.desk.faults["write", CHAT.id] = [SystemExit("the function died")]  # type: ignore[list-item]
    with pytest.raises(SystemExit):
        office.message()
    office.clock.forward(seconds=150)
    office.message()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "inactive")


def test_keys_come_back_only_when_no_budget_holds_them(tmp_path: Path) -> None:
    office = Office(tmp_path, settings(budget("a", keys=("chat",)), budget("b", keys=("chat", "batch"))))
    office.meter.spent |= {"a": 600.0, "b": 600.0}
    office.sweep()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "inactive")


def test_a_switch_that_matches_nothing_when_it_is_used_is_an_error(office: Office) -> None:
    office.meter.spent["ml"] = 600.0
    office.desk.faults["write", CHAT.id] = [NoSuchKey("POST answered 404")]
    report = office.message()
    assert told(report)["failed"] == 1
    assert report.examples["failed"][0]["detail"] == "the switch matched nothing: POST answered 404"
    office.sweep()
    assert office.status(CHAT) == "inactive"


def test_what_an_anomaly_may_be_about_is_all_there_is(tmp_path: Path) -> None:
    office = Office(tmp_path, settings(budget("a", keys=("chat",)), budget("b", keys=("batch",))))
    office.meter.spent |= {"a": 600.0, "b": 600.0}
    office.message(ALL)
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "inactive")


def test_who_only_asks_what_there_is_opens_no_breaker(office: Office) -> None:
    office.meter.spent["ml"] = 10.0
    office.sweep()
    office.meter.spent["ml"] = 600.0
    (shown,) = office.account.inventory()["budgets"]
    assert (shown["spent"], shown["state"]) == (600.0, "open")
    assert office.breaker().state == "closed"
    assert office.desk.writes == []


def _in_vain(report: RunReport) -> bool:
    """Whether it is news that a stop was tried in vain."""
    return bool(report.new.get("failed", 0) + report.new.get("unsettled", 0))

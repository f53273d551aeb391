"""A provider or source that does what nobody foresaw fails for itself alone, and shows nobody what it held."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.llm_keys.budgets import Source
from tests.unit.llm_keys.office import BATCH, CHAT, Office, budget, settings, told

SECRET = "sk-" + "not-a-real-key"
ODD = (
    KeyError(SECRET),
    TypeError(f"{SECRET} is not iterable"),
    RuntimeError(SECRET),
    ExceptionGroup(SECRET, [OSError()]),
)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    office = Office(tmp_path, settings())
    office.meter.spent["ml"] = 600.0
    return office


@pytest.mark.parametrize("odd", ODD, ids=lambda one: type(one).__name__)
@pytest.mark.parametrize("what", ["read", "write"])
def test_a_key_whose_provider_breaks_stops_no_other(
    office: Office, what: str, odd: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    office.desk.faults[what, CHAT.id] = [odd]
    report = office.message()
    assert office.status(BATCH) == "inactive"
    assert report.partial or report.verdicts["unknown"] == 1
    office.clock.forward(seconds=150)
    office.sweep()
    assert office.status(CHAT) == "inactive"
    assert type(odd).__name__ in caplog.text
    assert SECRET not in caplog.text
    assert SECRET not in str(report.to_json())


def test_a_key_whose_values_make_no_sense_stops_no_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = office.desk.read

    def read(key: Any) -> Any:
        return {"state": "?"} if key == CHAT else odd(key)

    monkeypatch.setattr(office.desk, "read", read)
    report = office.message()
    assert report.verdicts["unknown"] == 1
    assert office.status(BATCH) == "inactive"


def test_what_was_written_before_it_broke_is_settled_and_given_back(office: Office) -> None:
    office.desk.applies_though_failing = True
    office.desk.faults["write", CHAT.id] = [KeyError("id")]
    assert told(office.message())["unsettled"] == 1
    office.clock.forward(seconds=150)
    assert office.sweep().settled == 1
    office.settings = settings(budget(keys=("batch",)))
    office.sweep()
    assert office.status(CHAT) == "active"


def test_a_source_that_breaks_takes_no_other_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    both = (Source(kind="meter"), Source(kind="provider_usage"))
    office = Office(tmp_path, settings(budget(sources=both)))
    office.meter.spent["ml"] = 600.0
    monkeypatch.setattr(office.tills["provider_usage"], "read", _broken)
    report = office.sweep()
    assert office.status(CHAT) == "inactive"
    assert report.trouble == ["budget ml: provider_usage: an error nobody foresaw, KeyError"]


def test_a_budget_whose_only_source_breaks_is_not_known(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(office.meter, "read", _broken)
    report = office.sweep()
    assert report.verdicts["unknown"] == 1
    assert office.desk.writes == []


def test_a_probe_that_breaks_is_told_of_and_stops_nothing_else(tmp_path: Path) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:chat-key"
    probed = type(CHAT)(name="chat", kind="anthropic", id=CHAT.id, provider="claude", probe=arn)
    office = Office(tmp_path, settings(keys=(probed, BATCH)))
    office.meter.spent["ml"] = 600.0
    office.sweep()
    office.secrets = {arn: "?"}
    office.desk.taken = None  # type: ignore[assignment]
    assert office.sweep().verdicts["stopped"] == 2
    (chat,) = (one for one in office.account.inventory()["keys"] if one["name"] == "chat")
    assert chat["probe"] == "could not be tried: an error nobody foresaw, TypeError"


def test_that_a_function_is_ended_is_no_error_of_a_provider(office: Office) -> None:
    office.desk.faults["read", CHAT.id] = [SystemExit("the function died")]  # type: ignore[list-item]
    with pytest.raises(SystemExit):
        office.message()


def test_looking_is_told_of_what_goes_on_though_one_provider_breaks(office: Office) -> None:
    class Odd(type(office.desk)):  # type: ignore[misc]
        def going_on(self) -> list[str]:
            raise KeyError(SECRET)

    office.desk = Odd(office.desk.status)
    report = office.message()
    assert (office.status(CHAT), office.status(BATCH)) == ("inactive", "inactive")
    (evidence,) = [one["evidence"] for one in report.examples["reported"]]
    assert "'goes on', 'not known what runs: an error nobody foresaw, KeyError'" in str(evidence)


def _broken(*_: Any) -> Any:
    raise KeyError(SECRET)

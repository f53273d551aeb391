"""Keys whose stop deletes them: asked about in every mode, and never taken for stopped where there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from functions.core import answers
from functions.core.requests import Answer
from functions.core.types import Refused, iso
from functions.llm_keys.keys import Key, ProviderAccount
from functions.llm_keys.providers.provider import ProviderFailed, Values
from tests.unit.llm_keys.office import SCOPE, Office, budget, settings, told
from tests.unit.llm_keys.people import approve, follow, last_action, override, put, reject, undo

DOOMED = Key(name="doomed", kind="openai_key", id="key_doomed1", project="proj_laboratory1", provider="openai")
ACCOUNT = ProviderAccount(name="openai", kind="openai")


class Shredder:
    """A provider at which a stopped key is gone."""

    def __init__(self) -> None:
        self.exists = True

    def read(self, key: Key) -> Values:
        return {"exists": self.exists}

    def stopped(self, key: Key, values: Values) -> Values:
        return {"exists": False} if values["exists"] else values

    def write(self, key: Key, values: Values) -> None:
        if values["exists"] and not self.exists:
            raise ProviderFailed("a deleted key does not come back")
        self.exists = bool(values["exists"])


def office_in(folder: Path, **more: Any) -> Office:
    told = settings(budget(keys=("doomed",)), keys=(DOOMED,), providers=(ACCOUNT,), **more)
    office = Office(folder, told)
    office.desk = Shredder()  # type: ignore[assignment]
    office.meter.spent["ml"] = 600.0
    return office


def exists(office: Office) -> bool:
    return office.desk.exists  # type: ignore[attr-defined,no-any-return]


@pytest.mark.parametrize("more", [{"mode": "approve"}, {"mode": "enforce"}, {"allow_irreversible": True}])
def test_it_is_asked_before_a_key_is_deleted(tmp_path: Path, more: dict[str, Any]) -> None:
    office = office_in(tmp_path, **more)
    (request,) = office.sweep().requests
    assert exists(office)
    assert approve(office, request) == {"done": 1}
    assert not exists(office)


def test_silence_deletes_nothing(tmp_path: Path) -> None:
    office = office_in(tmp_path, mode="approve", on_timeout="act")
    (request,) = office.sweep().requests
    asked = put(office, request)
    office.clock.forward(days=4)
    assert answers.time_out(office.table, asked, office.clock()).status == "timed_out"
    office.sweep()
    assert exists(office)


def test_a_link_deletes_a_key_and_closes_no_breaker(tmp_path: Path) -> None:
    """Whoever holds the link may approve a stop that was asked for; giving back takes a name."""
    office = office_in(tmp_path)
    (request,) = office.sweep().requests
    holder = Answer("link holder", "link", iso(office.clock()))
    decided = answers.approve(office.table, put(office, request), holder, [])
    assert decided.status == "approved"


def test_a_rejected_deletion_leaves_the_key_alone_until_the_day_it_says(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    (request,) = office.sweep().requests
    reject(office, request, days=1)
    assert office.sweep().counts["exempt"] == 1
    assert office.sweep(after=60 * 25).counts["needs_approval"] == 1
    assert exists(office)


def test_a_deleted_key_is_told_of_as_gone_once_its_breaker_is_closed(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    (request,) = office.sweep().requests
    approve(office, request)
    override(office, ceiling=900.0)
    follow(office)
    first = office.sweep()
    assert first.verdicts["gone"] == 1
    assert [told(office.sweep()) for _ in range(3)] == [{}, {}, {}]
    with pytest.raises(Refused, match="gone for good: the key is deleted"):
        undo(office, last_action(office, office.arn(DOOMED)))


@pytest.mark.parametrize("spent", [0.0, 600.0])
def test_a_key_that_nobody_here_deleted_is_missing_and_not_stopped(tmp_path: Path, spent: float) -> None:
    """An id with a typing error would else look like a key that is safely stopped (field report F25)."""
    office = office_in(tmp_path)
    office.desk.exists = False  # type: ignore[attr-defined]
    office.meter.spent["ml"] = spent
    report = office.sweep()
    assert report.verdicts["missing"] == 1
    assert told(report)["reported"] == (2 if spent else 1)


def test_a_key_that_a_crash_may_have_deleted_is_not_missing(tmp_path: Path) -> None:
    office = office_in(tmp_path)
    (request,) = office.sweep().requests
    write = office.desk.write

    def dies(key: Key, values: Values) -> None:
        write(key, values)
        raise SystemExit("the function died")

    office.desk.write = dies  # type: ignore[method-assign]
    with pytest.raises(SystemExit):
        approve(office, request)
    assert "missing" not in office.message().verdicts
    assert office.sweep().verdicts["stopped"] == 1
    assert SCOPE.account in office.arn(DOOMED)

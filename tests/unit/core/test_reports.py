"""What a run shows of what it counted: the news first, under a title that says what it is about."""

from __future__ import annotations

import pytest

from functions.core.commands import Commands
from functions.core.digest import digest
from functions.core.notice import change_in_words
from functions.core.report import EXAMPLES, RunReport
from functions.core.types import Decision, Disposition, Json, Scope

SCOPE = Scope("123456789012", "us-east-1", "aws", "arn:aws:iam::123456789012:role/lamps")


@pytest.fixture
def report() -> RunReport:
    return RunReport("run-1", "lamps", "enforce")


def reported(report: RunReport, name: str, *, new: bool, saving: float = 0.0) -> None:
    found = Decision(f"arn:aws:lamps:::{name}", name, "lit", "lit", f"{name} is lit", report=True, saving=saving)
    report.add(found, Disposition.REPORTED, new=new)


def shown(report: RunReport) -> list[str]:
    return [str(one["name"]) for one in report.examples[Disposition.REPORTED]]


def title(report: RunReport) -> str:
    return digest(report, SCOPE, Commands("--stack Fusebox")).title


def test_what_is_new_is_shown_before_what_was_told_already(report: RunReport) -> None:
    for number in range(EXAMPLES):
        reported(report, f"attic-{number}", new=False, saving=100.0)
    reported(report, "zeppelin", new=True)
    assert shown(report) == ["zeppelin", "attic-0", "attic-1", "attic-2", "attic-3"]


def test_so_it_is_where_two_looks_become_one_message(report: RunReport) -> None:
    later = RunReport("run-1", "lamps", "enforce")
    for number in range(EXAMPLES):
        reported(report, f"attic-{number}", new=False)
    reported(later, "zeppelin", new=True)
    report.join(later)
    assert shown(report)[0] == "zeppelin"
    assert RunReport.from_json(report.to_json()).examples == report.examples


def test_among_what_is_new_the_largest_comes_first(report: RunReport) -> None:
    for number, saving in enumerate((1.0, 9.0, 5.0, 2.0, 3.0, 4.0)):
        reported(report, f"lamp-{number}", new=True, saving=saving)
    assert shown(report) == ["lamp-1", "lamp-2", "lamp-5", "lamp-4", "lamp-3"]


def test_a_message_that_was_only_heard_is_its_own_title(report: RunReport) -> None:
    report.hears(["a forecast of $500.00"])
    assert title(report) == "lamps: a forecast of $500.00"


def test_trouble_alone_is_not_called_nothing_to_do(report: RunReport) -> None:
    report.could_not_read(["the cellar is locked", "the attic is locked"])
    assert title(report) == "lamps: the cellar is locked (and 1 more)"


def test_what_was_done_is_the_title_whatever_was_heard(report: RunReport) -> None:
    report.hears(["a forecast of $500.00"])
    reported(report, "attic", new=True)
    assert title(report) == "lamps: 1 to look at"


def test_a_run_without_anything_has_nothing_to_do(report: RunReport) -> None:
    assert title(report) == "lamps: nothing to do"


def test_what_there_was_none_of_and_will_be_none_is_no_part_of_a_change() -> None:
    terms: dict[str, Json] = {"breaker": "closed", "ceiling": 400.0, "until": ""}
    assert change_in_words(terms, {"breaker": "open", "ceiling": None, "until": ""}) == (
        "breaker open → closed, ceiling none → 400.00"
    )


def test_a_resource_of_which_nobody_knows_how_it_ended_is_in_the_title() -> None:
    report = RunReport("run", "lamps", "enforce")
    for number, end in enumerate([Disposition.DONE] * 4 + [Disposition.FAILED, Disposition.UNSETTLED]):
        report.add(Decision(f"arn:{number}", f"lamp {number}", "lit", "off", "is lit"), end)
    told = digest(report, SCOPE, Commands(""))
    assert told.title.startswith("lamps: 4 done, 1 FAILED, 1 NOT KNOWN to be done")
    assert not any("AWS" in one.words for one in told.groups)

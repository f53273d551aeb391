"""fusebox wrong: what a guardrail was wrong about."""

from __future__ import annotations

import pytest

from tests.cli.conftest import CALLER, Fusebox
from tests.contract.worlds import make_group

YOUNG, OTHER = "/aws/lambda/young", "/aws/lambda/zebra"


@pytest.fixture
def acted(fusebox: Fusebox) -> str:
    """A run that changed a group; returns the action's id."""
    make_group(YOUNG)
    fusebox.policy(mode="enforce")
    fusebox("run", "log_retention")
    return fusebox.action_ids()[YOUNG]


def test_an_action_is_marked_once_and_counted(fusebox: Fusebox, acted: str) -> None:
    ran = fusebox("wrong", acted, "--reason", "a forensic group")
    assert ran.code == 0
    assert f"{YOUNG}: marked as a false positive ({acted})" in ran.out
    assert "1 false positive marked so far, 1 in the last 30 days, in which it made 1 change\n" in ran.out
    again = fusebox("wrong", acted[:22], "--reason", "once more")
    assert again.code == 0
    assert "is marked already" in again.out
    assert "1 false positive marked" in again.out
    entries = fusebox("ledger", "show", acted, "--json").json["entries"]
    assert [entry["kind"] for entry in entries] == ["intent", "outcome", "wrong"]
    assert (entries[2]["by"], entries[2]["reason"]) == (CALLER, "a forensic group")
    rows = fusebox("ledger").out
    assert "marked by user/moto" in rows
    assert "false positive" in rows


def test_a_finding_is_marked_by_the_id_that_the_ledger_shows(fusebox: Fusebox) -> None:
    make_group(YOUNG)
    fusebox.policy()
    fusebox("run", "log_retention")
    (finding,) = fusebox("ledger", "--json").json["entries"]
    assert finding["finding_id"] in fusebox("ledger").out
    ran = fusebox("wrong", finding["finding_id"], "--reason", "on purpose", "--json")
    assert ran.json["marked"] == [finding["finding_id"]]
    assert ran.json["record"] == {"guardrail": "log_retention", "marked": 1, "lately": 1, "changes": 0}
    shown = fusebox("ledger", "show", finding["finding_id"])
    assert "finding at" in shown.out
    assert "on purpose" in shown.out


def test_a_request_or_one_of_its_items(fusebox: Fusebox) -> None:
    make_group(YOUNG)
    make_group(OTHER)
    fusebox.policy(mode="approve")
    fusebox("run", "log_retention")
    (request,) = fusebox.requests()
    found = fusebox("ledger", "show", request, "--json").json["items"]
    item = next(one["id"] for one in found if one["name"] == YOUNG)
    ran = fusebox("wrong", f"{request[:15]}/{item[:5]}", "--reason", "no")
    assert f"{YOUNG}: marked as a false positive ({request}.f" in ran.out, "its finding, so that it counts once"
    ran = fusebox("wrong", request, "--reason", "none of it")
    assert f"{OTHER}: marked" in ran.out
    assert "1 of 2 were marked already." in ran.out
    assert "names 2 entries" in fusebox("wrong", request[:15], "--reason", "a beginning is not enough").complaint
    assert "is no item of request" in fusebox("wrong", f"{request}/zz", "--reason", "no").complaint


def test_what_was_asked_anew_has_no_finding_and_is_marked_by_its_item(fusebox: Fusebox) -> None:
    make_group(YOUNG)
    fusebox.policy(mode="approve")
    fusebox("run", "log_retention")
    (request,) = fusebox.requests()
    fusebox.policy(mode="approve", default_days=60)
    fusebox("approve", request, "--yes")
    ran = fusebox("wrong", f"{request}-again1", "--reason", "no", "--json")
    (identity,) = ran.json["marked"]
    assert identity.startswith(f"{request}-again1/")
    assert fusebox("wrong", f"{request}-again1", "--reason", "no", "--json").json["marked_before"] == 1


def test_the_list_shows_the_newest_reasons(fusebox: Fusebox, acted: str) -> None:
    assert "0 false positives marked" in fusebox("wrong", "--list").out
    fusebox("wrong", acted, "--reason", "a forensic group")
    assert "a forensic group" in fusebox("wrong", "--list").out
    row, *others = fusebox("wrong", "--list", "--json").json["guardrails"]
    assert [(one["guardrail"], one["marked"], one["newest"]) for one in others] == [
        ("idle_gpu", 0, []),
        ("asg_clamp", 0, []),
        ("tag_check", 0, []),
        ("llm_keys", 0, []),
    ]
    assert (row["marked"], row["changes"], row["newest"][0]["reason"]) == (1, 1, "a forensic group")


def test_an_undo_is_no_false_positive(fusebox: Fusebox, acted: str) -> None:
    fusebox("undo", acted, "--yes")
    undo = fusebox("ledger", "show", acted, "--json").json["entries"][2]["action_id"]
    assert "mark the action that it turned back" in fusebox("wrong", undo, "--reason", "no").complaint


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "ID, --reason missing"),
        (("x",), "--reason missing"),
        (("x", "--reason", " "), "--reason missing"),
        (("x", "--reason", "y"), "'x' is no ledger id"),
        (("20260101T000000-abcdef.f123456789", "--reason", "y"), "the ledger holds no action, finding or open request"),
        (("20260101T000000-abcdef/abc", "--reason", "y"), "there is no request"),
        (("x", "--list"), "--list shows what was marked"),
    ],
)
def test_marks_of_nothing(fusebox: Fusebox, arguments: tuple[str, ...], said: str) -> None:
    ran = fusebox("wrong", *arguments)
    assert ran.code == 2
    assert said in ran.complaint

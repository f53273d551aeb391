"""Who made a resource, by every way in which CloudTrail names a caller."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from functions.core.events import Event
from functions.core.memory import Memory
from functions.core.sqlite_table import SqliteTable
from functions.tag_check import creators
from functions.tag_check.facts import Made
from tests.unit.tag_check.builders import NOW

ARN = "arn:aws:lambda:us-east-1:123456789012:function:sort-mail"
MADE = NOW - timedelta(hours=2)


def call(identity: object, name: str = "RunInstances") -> Event:
    detail = {"eventName": name, "userIdentity": identity}
    return Event("e-1", "aws.ec2", "AWS API Call via CloudTrail", "123456789012", "us-east-1", MADE, detail)


def role(name: str, session: str, **also: Any) -> Mapping[str, Any]:
    """A session of a role, as CloudTrail writes it."""
    return {
        "type": "AssumedRole",
        "principalId": f"AROAEXAMPLE:{session}",
        "arn": f"arn:aws:sts::123456789012:assumed-role/{name.rpartition('/')[2]}/{session}",
        "sessionContext": {
            "sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::123456789012:role/{name}", "userName": name}
        },
        **also,
    }


SSO = "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Admin_0123456789abcdef"
PEOPLE = {
    "the account's root": ({"type": "Root", "arn": "arn:aws:iam::123456789012:root"}, "root"),
    "a user": ({"type": "IAMUser", "userName": "alice", "arn": "arn:aws:iam::123456789012:user/alice"}, "alice"),
    "a user under a path, without a name": (
        {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": "arn:aws:iam::123456789012:user/ops/alice"},
        "alice",
    ),
    "a person's session of a role": (role("Deploy", "alice"), "Deploy/alice"),
    "a role under a path": (role("ci/Deploy", "release-7"), "Deploy/release-7"),
    "a session named by a person's address": (role("Deploy", "alice@example.com"), "alice@example.com"),
    "a person of the identity centre": (role(SSO, "alice@example.com"), "alice@example.com"),
    "a person of the identity centre, by name": (role(SSO, "alice"), "alice"),
    "a person by web identity": (
        {"type": "WebIdentityUser", "principalId": "accounts.google.com:app:123", "userName": "123"},
        "123",
    ),
    "a person by SAML": (
        {"type": "SAMLUser", "principalId": "x:alice@example.com", "userName": "alice@example.com"},
        "alice@example.com",
    ),
    "a federated user of a user": (
        {
            "type": "FederatedUser",
            "principalId": "123456789012:bob",
            "arn": "arn:aws:sts::123456789012:federated-user/bob",
            "sessionContext": {"sessionIssuer": {"type": "IAMUser", "arn": "arn:aws:iam::123456789012:user/alice"}},
        },
        "bob",
    ),
    "a federated user of root": (
        {
            "type": "FederatedUser",
            "principalId": "123456789012:bob",
            "arn": "arn:aws:sts::123456789012:federated-user/bob",
            "sessionContext": {"sessionIssuer": {"type": "Root", "arn": "arn:aws:iam::123456789012:root"}},
        },
        "bob",
    ),
    "a role without a session's name": (role("Deploy", "x", principalId="AROAEXAMPLE", arn=""), "Deploy"),
    "a session whose role is not told": (
        {"type": "AssumedRole", "principalId": "AROAEXAMPLE:alice", "arn": ""},
        "alice",
    ),
}


@pytest.mark.parametrize(("identity", "name"), PEOPLE.values(), ids=PEOPLE)
def test_people_are_named_as_people_know_them(identity: Mapping[str, Any], name: str) -> None:
    assert creators.maker(call(identity)) == Made(name, f"RunInstances as {identity['type']}", MADE)


@pytest.mark.parametrize(
    "session",
    [
        "i-0123456789abcdef0",
        "botocore-session-1700000000",
        "aws-go-sdk-1700000000123456789",
        "1700000000",
        "0a1b2c3d-0000-4000-8000-0123456789ab",
        "0123456789ABCDEF",
    ],
)
def test_a_session_that_a_machine_named_says_nothing_so_the_role_does(session: str) -> None:
    made = creators.maker(call(role("Trainer", session)))
    assert made is not None
    assert made.by == "Trainer"


@pytest.mark.parametrize(
    "identity",
    [
        None,
        "somebody",
        [],
        {},
        {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"},
        {"type": "AWSAccount", "accountId": "210987654321", "principalId": "AIDAEXAMPLE"},
        {"type": 7, "userName": 8, "arn": None, "principalId": ["x"]},
        {"type": "AssumedRole", "sessionContext": None},
        {"type": "AssumedRole", "sessionContext": {"sessionIssuer": "x"}},
        {"type": "AssumedRole", "principalId": "AROAEXAMPLE:"},
    ],
)
def test_where_nobody_is_named_nobody_is_made_up(identity: object) -> None:
    assert creators.maker(call(identity)) is None


def test_a_very_long_name_is_cut() -> None:
    made = creators.maker(call({"type": "IAMUser", "userName": "a" * 500}, "Run" + "I" * 500))
    assert made is not None
    assert (len(made.by), len(made.how)) == (100, 100)


# --- kept for later


@pytest.fixture
def memory(tmp_path: Path) -> Memory:
    return Memory(SqliteTable(tmp_path / "notes.sqlite3"), "tag_check")


def kept(memory: Memory) -> Made | None:
    return creators.of_note(memory.notes([ARN]).get(ARN, {}))


def test_what_an_event_says_is_known_later(memory: Memory) -> None:
    made = Made("alice", "CreateFunction20150331 as IAMUser", MADE)
    creators.keep(memory, ARN, made, NOW)
    assert kept(memory) == made


def test_the_same_event_again_changes_nothing(memory: Memory) -> None:
    made = Made("alice", "CreateFunction20150331 as IAMUser", MADE)
    for _ in range(2):
        creators.keep(memory, ARN, made, NOW)
    assert kept(memory) == made


def test_who_makes_it_anew_under_its_name_is_its_maker(memory: Memory) -> None:
    creators.keep(memory, ARN, Made("alice", "CreateFunction20150331 as IAMUser", MADE), NOW)
    later = Made("bob", "CreateFunction20150331 as IAMUser", MADE + timedelta(hours=1))
    creators.keep(memory, ARN, later, NOW)
    assert kept(memory) == later


def test_what_was_noted_of_a_predecessor_goes_with_it(memory: Memory) -> None:
    memory.note(ARN, lambda kept: {**kept, "seen": "2026-11-01T00:00:00.000000Z"}, NOW)
    creators.keep(memory, ARN, Made("alice", "CreateFunction20150331 as IAMUser", MADE), NOW)
    assert "seen" in memory.notes([ARN])[ARN]
    creators.keep(memory, ARN, Made("bob", "CreateFunction20150331 as IAMUser", MADE + timedelta(hours=1)), NOW)
    assert "seen" not in memory.notes([ARN])[ARN]


def test_events_out_of_order_end_alike(memory: Memory) -> None:
    later = Made("bob", "CreateFunction20150331 as IAMUser", MADE + timedelta(hours=1))
    creators.keep(memory, ARN, later, NOW)
    creators.keep(memory, ARN, Made("alice", "CreateFunction20150331 as IAMUser", MADE), NOW)
    assert kept(memory) == later


@pytest.mark.parametrize("call", sorted(creators.REPEATED))
def test_a_call_that_a_program_repeats_at_every_start_makes_nothing_anew(memory: Memory, call: str) -> None:
    first = Made("alice", f"{call} as IAMUser", MADE)
    creators.keep(memory, ARN, first, NOW)
    creators.keep(memory, ARN, Made("worker", f"{call} as AssumedRole", MADE + timedelta(hours=1)), NOW)
    assert kept(memory) == first


def test_a_note_on_something_else_names_nobody() -> None:
    assert creators.of_note({"seen": "2026-11-22T12:00:00.000000Z"}) is None
    assert creators.of_note({"made": "alice"}) is None

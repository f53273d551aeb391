"""Who made a resource, by the event of its creation, kept for later looks: nothing else in AWS remembers it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from functions.core.events import Event, session_issuer
from functions.core.memory import Memory, Note
from functions.core.state import parse_moment
from functions.core.types import Json, iso
from functions.tag_check.facts import Made

MADE = "made"
KEPT = timedelta(days=90)
"""As long as CloudTrail's own event history."""
SSO_ROLE = "AWSReservedSSO_"
LONGEST = 100
REPEATED = frozenset({"CreateBucket", "CreateCluster", "CreateQueue", "CreateStateMachine", "CreateTopic"})
"""Calls that succeed for what is there already, so that programs repeat them at every start."""
MACHINE = re.compile(r"[0-9a-f-]{16,}|\d+|botocore-session-\d+|aws-go-sdk-\d+|i-[0-9a-f]{8,17}", re.IGNORECASE)
"""Names of sessions that programs make up; the role then says more."""


def maker(event: Event) -> Made | None:
    """Who made the call of an event, as a name that people know; None where it names nobody."""
    identity = event.detail.get("userIdentity")
    if not isinstance(identity, Mapping):
        return None
    kind = _text(identity, "type")
    by = _named(kind, identity, event)
    call = f"{_text(event.detail, 'eventName')}"
    return Made(by[:LONGEST], f"{call} as {kind or 'unknown'}"[:LONGEST], event.time) if by else None


def keep(memory: Memory, arn: str, made: Made, now: datetime) -> None:
    """Keeps who made a resource. Of several, the last made it anew under its name, unless its call proves nothing."""
    note: dict[str, Json] = {"by": made.by, "how": made.how, "at": iso(made.at)}

    def change(kept: Note) -> Note:
        before = of_note(kept)
        repeats = made.how.partition(" ")[0] in REPEATED
        if before is not None and (before.at <= made.at if repeats else before.at >= made.at):
            return kept
        # What else was noted was of its predecessor, such as when that was first seen.
        return {**kept, MADE: note} if before is None else {MADE: note}

    memory.note(arn, change, now + KEPT)


def of_note(note: Mapping[str, Any]) -> Made | None:
    """Who made it, as `keep` kept it."""
    made = note.get(MADE)
    if not isinstance(made, Mapping):
        return None
    return Made(str(made["by"]), str(made["how"]), parse_moment(str(made["at"])))


def _named(kind: str, identity: Mapping[str, Any], event: Event) -> str:
    """Root, a user, a federated user's name, or a role with the name of its session (CloudTrail userIdentity)."""
    if kind == "Root":
        return "root"
    user = _text(identity, "userName")
    if user:
        return user
    session = _text(identity, "principalId").partition(":")[2] or _text(identity, "arn").rpartition("/")[2]
    if kind != "AssumedRole":
        return session
    role = session_issuer(event.detail).rpartition("/")[2]
    if not role:
        return session
    if not session or MACHINE.fullmatch(session):
        return role
    return session if role.startswith(SSO_ROLE) or "@" in session else f"{role}/{session}"


def _text(found: Mapping[str, Any], key: str) -> str:
    value = found.get(key)
    return value if isinstance(value, str) else ""

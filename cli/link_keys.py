"""Pure: the next version of the keys that sign links, in the secret's own text."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from functions.approval import links
from functions.core.state import parse_moment
from functions.core.types import Refused, iso

RETIRED = "retired"
KEPT = timedelta(days=45)
"""A link lives for 30 days at most (approval.deadline_hours), counted from its making; functions go on signing with
a retired key for some minutes. The rest is for a request that waited before it was asked, and for clocks."""
BYTES = 48


@dataclass(frozen=True, slots=True)
class Rotated:
    """The secret's new text, the version that signs from now on, and the versions that are gone."""

    text: str
    version: str
    dropped: list[str]


def rotate(text: str, now: datetime) -> Rotated:
    """Adds a key and marks the others as retired; drops those with which no link can be alive any more."""
    try:
        keys = links.read_keys(text)
        retired = dict(json.loads(text).get(RETIRED, {}))
        moments = {version: parse_moment(at) for version, at in retired.items() if version in keys.by_version}
    except (ValueError, TypeError, AttributeError):
        raise Refused('the link key cannot be read: it should hold {"1": KEY, …}; nothing was changed') from None
    dropped = sorted((one for one, at in moments.items() if at <= now - KEPT and one != keys.newest), key=int)
    kept = {version: key for version, key in keys.by_version.items() if version not in dropped}
    version = str(int(keys.newest) + 1)
    ended = {one: iso(moments.get(one, now)) for one in kept}
    return Rotated(json.dumps({**kept, version: secrets.token_urlsafe(BYTES), RETIRED: ended}), version, dropped)

"""Pure: what the texts say with which Auto Scaling explains a launch.

The texts are prose and may change: what cannot be read is left out, never guessed. Shapes: Auto Scaling user
guide, "Verify a scaling activity", and public captures of events.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from functions.asg_clamp.facts import CREATION, Launch
from functions.core.state import parse_moment

CHANGES = re.compile(r"changing the desired capacity from (\d{1,6}) to (\d{1,6})")
FILLS = re.compile(r"increasing the capacity from \d{1,6} to \d{1,6}")
POLICY = re.compile(r"triggered policy (.{1,255}?) changing the desired capacity")
ASKED = re.compile(r"Z a (user request|scheduled action|predictive scaling policy)\b")
CREATED = "created an AutoScalingGroup"
REPLACED = "unhealthy instance needing to be replaced"
REFRESHED = re.compile("instance refresh", re.IGNORECASE)
LAUNCHING = "Launching a new EC2 instance"
LONGEST = 60
"""Characters kept of a name or a message: hundreds of launches share one row of 400 KB."""


def launch_of(
    activity: str, description: str, cause: str, at: datetime, *, failed: bool, message: str = ""
) -> Launch | None:
    """A launch from what an activity or an event says of it; None for what is no launch."""
    if not description.startswith(LAUNCHING):
        return None
    changes = [(int(was), int(now)) for was, now in CHANGES.findall(cause)]
    created = CREATED in cause and bool(changes)
    if created:
        # The first size is nobody's growth; what a policy adds to it at once is.
        changes = [(changes[0][1], now) for _, now in changes[1:]]
    return Launch(
        at,
        activity,
        ok=not failed,
        replaces=REPLACED in cause,
        refresh=REFRESHED.search(cause) is not None,
        before=min((was for was, _ in changes), default=None),
        fills=not changes and FILLS.search(cause) is not None,
        by=CREATION if created and not changes else _driver(cause),
        message=message[:LONGEST] if failed else "",
    )


def of_event(detail: Mapping[str, Any], at: datetime, *, failed: bool) -> Launch | None:
    """The launch that an Auto Scaling event tells of; `at` is the event's own time, for lack of an end.

    StatusCode is "InProgress" even on success, so the kind of event decides. None without an activity id.
    """
    activity = detail.get("ActivityId")
    if not isinstance(activity, str) or not activity:
        return None
    texts = {key: value if isinstance(value := detail.get(key), str) else "" for key in ("Cause", "StatusMessage")}
    ended = _ended(detail, at)
    return launch_of(activity, LAUNCHING, texts["Cause"], ended, failed=failed, message=texts["StatusMessage"])


def of_activity(activity: Mapping[str, Any]) -> Launch | None:
    """The launch that a scaling activity records, also one under way; None for terminations and what was cancelled."""
    status = str(activity.get("StatusCode", ""))
    if status == "Cancelled":
        return None
    return launch_of(
        str(activity["ActivityId"]),
        str(activity.get("Description", "")),
        str(activity.get("Cause", "")),
        activity.get("EndTime") or activity["StartTime"],
        failed=status == "Failed",
        message=str(activity.get("StatusMessage", "")),
    )


def _ended(detail: Mapping[str, Any], at: datetime) -> datetime:
    """When a launch ended: its start may be long ago, where a lifecycle hook held it."""
    try:
        return min(parse_moment(detail.get("EndTime")), at)
    except ValueError:
        return at


def _driver(cause: str) -> str:
    policy = POLICY.search(cause)
    if policy:
        return f"policy {policy[1]}"[:LONGEST]
    asked = ASKED.search(cause)
    return asked[1] if asked else ""

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

FROM = re.compile(r"increasing the capacity from (\d{1,6}) to (\d{1,6})")
POLICY = re.compile(r"triggered policy (.{1,255}?) changing the desired capacity")
ASKED = re.compile(r"Z a (user request|scheduled action|predictive scaling policy)\b")
CREATED = "created an AutoScalingGroup"
REPLACED = "unhealthy instance needing to be replaced"
REFRESHED = re.compile("instance refresh", re.IGNORECASE)
LAUNCHING = "Launching a new EC2 instance"
LONGEST = 160


def launch_of(
    activity: str, description: str, cause: str, at: datetime, *, failed: bool, message: str = ""
) -> Launch | None:
    """A launch from what an activity or an event says of it; None for what is no launch."""
    if not description.startswith(LAUNCHING):
        return None
    before = FROM.search(cause)
    return Launch(
        at,
        activity,
        ok=not failed,
        replaces=REPLACED in cause,
        refresh=REFRESHED.search(cause) is not None,
        before=int(before[1]) if before else None,
        by=_driver(cause),
        message=message[:LONGEST] if failed else "",
    )


def of_event(detail: Mapping[str, Any], at: datetime, *, failed: bool) -> Launch | None:
    """The launch that an Auto Scaling event tells of; `at` is the event's own time, for lack of a start time.

    StatusCode is "InProgress" even on success, so the kind of event decides. None without an activity id.
    """
    activity = detail.get("ActivityId")
    if not isinstance(activity, str) or not activity:
        return None
    texts = {key: value if isinstance(value := detail.get(key), str) else "" for key in ("Cause", "StatusMessage")}
    return launch_of(
        activity, LAUNCHING, texts["Cause"], _start(detail, at), failed=failed, message=texts["StatusMessage"]
    )


def of_activity(activity: Mapping[str, Any]) -> Launch | None:
    """The launch that a scaling activity records; None for terminations, and for launches that have not ended."""
    status = str(activity.get("StatusCode", ""))
    if status not in ("Successful", "Failed", "Cancelled"):
        return None
    return launch_of(
        str(activity["ActivityId"]),
        str(activity.get("Description", "")),
        str(activity.get("Cause", "")),
        activity["StartTime"],
        failed=status != "Successful",
        message=str(activity.get("StatusMessage", "")),
    )


def _start(detail: Mapping[str, Any], at: datetime) -> datetime:
    try:
        start = parse_moment(detail.get("StartTime"))
    except ValueError:
        return at
    return min(start, at)


def _driver(cause: str) -> str:
    if CREATED in cause:
        return CREATION
    policy = POLICY.search(cause)
    if policy:
        return f"policy {policy[1]}"
    asked = ASKED.search(cause)
    return asked[1] if asked else ""

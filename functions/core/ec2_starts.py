"""Starts instances and sees them run: a start that AWS accepted may still come to nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.ec2_batches import Outcome, in_one_go
from functions.core.types import ActionFailed

POLL_SECONDS = 5.0
SHOWN_LATE = 2
"""Looks at which an instance may still be shown as it was before its start."""
POLLS = 15
"""A start is waited for this long: less than the time that a sweep keeps in reserve for one action."""
NO_CAPACITY = frozenset(
    {
        "InsufficientInstanceCapacity",
        "InsufficientCapacity",
        "InsufficientHostCapacity",
        "InstanceLimitExceeded",
        "VcpuLimitExceeded",
        "MaxSpotInstanceCountExceeded",
        "SpotMaxPriceTooLow",
    }
)


def start(ec2: Any, ids: Sequence[str], sleep: Callable[[float], None]) -> dict[str, Outcome]:
    """Starts instances and waits until they run; how each ended, None where it runs.

    A volume whose key refuses EC2 lets the call succeed and the instance fall back to `stopped`.
    """
    ended = in_one_go(ids, lambda some: ec2.start_instances(InstanceIds=some))
    for one, outcome in ended.items():
        if isinstance(outcome, ActionFailed) and _no_capacity(str(outcome)):
            ended[one] = ActionFailed(f"AWS has no capacity for it now: {outcome}", certain=outcome.certain)
    waiting = [one for one in ids if ended[one] is None]
    for poll in range(POLLS):
        if not waiting:
            break
        if poll:
            sleep(POLL_SECONDS)
        try:
            states = _states(ec2, waiting)
        except (ClientError, BotoCoreError):
            continue
        for one in list(waiting):
            state, why = states.get(one, ("gone", ""))
            if state == "pending" or (state == "stopped" and poll < SHOWN_LATE):
                continue
            waiting.remove(one)
            if state != "running":
                what = "AWS has no capacity for it now" if _no_capacity(why) else "it did not come up"
                ended[one] = ActionFailed(f"{what}: it is {state}{f', {why}' if why else ''}")
    seconds = POLL_SECONDS * POLLS
    for one in waiting:
        ended[one] = ActionFailed(f"it is still not running after {seconds:.0f} s", certain=False)
    return ended


def _no_capacity(text: str) -> bool:
    return any(code in text for code in NO_CAPACITY)


def _states(ec2: Any, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """State and its reason, by id."""
    answer = ec2.describe_instances(InstanceIds=ids)
    found = [one for reservation in answer["Reservations"] for one in reservation["Instances"]]
    return {
        str(one["InstanceId"]): (str(one["State"]["Name"]), str((one.get("StateReason") or {}).get("Message") or ""))
        for one in found
    }

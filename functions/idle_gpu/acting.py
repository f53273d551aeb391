"""Stops, starts and terminates instances, many in a call where EC2 takes many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from functions.core.clients import Clients
from functions.core.types import Action, ActionFailed
from functions.idle_gpu.batches import Outcome, in_one_go
from functions.idle_gpu.facts import STOPPED_TAG, TERMINATE_IN_GROUP, Instance
from functions.idle_gpu.resting import mark

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
Call = Callable[[Sequence[str]], Any]


def carry_out(
    clients: Clients,
    batch: Sequence[tuple[Instance, Action]],
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> list[Outcome]:
    """How each ended, in the batch's order; None where the change is made."""
    ec2 = clients.get("ec2")
    sorts: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for facts, action in batch:
        sorts[_sort(facts, action)].append(facts.instance_id)
    ended: dict[str, Outcome] = {}
    for (state, kind, _), ids in sorts.items():
        if kind == TERMINATE_IN_GROUP:
            for one in ids:
                ended |= in_one_go([one], _leaver(clients))
        elif state == "running":
            ended |= _start(ec2, ids, sleep)
        elif state == "stopped":
            ended |= _stop(ec2, kind, ids, clock())
        elif state == "terminated":
            ended |= in_one_go(ids, lambda some: ec2.terminate_instances(InstanceIds=some))
        else:
            ended |= dict.fromkeys(ids, ActionFailed(f"{state!r} is no state that Fusebox brings about"))
    return [ended[facts.instance_id] for facts, _ in batch]


def _sort(facts: Instance, action: Action) -> tuple[str, str, str]:
    """What can go into one call. TerminateInstances fails zone by zone, so each zone has its own."""
    state = str(action.parameters.get("state"))
    if state != "terminated":
        return state, action.kind, ""
    return state, action.kind, facts.zone


def _stop(ec2: Any, kind: str, ids: Sequence[str], now: datetime) -> dict[str, Outcome]:
    """Marks instances as stopped by Fusebox, then stops them; what cannot be marked is not stopped."""
    tags = [{"Key": STOPPED_TAG, "Value": mark(kind, now)}]
    ended = in_one_go(ids, lambda some: ec2.create_tags(Resources=some, Tags=tags))
    marked = [one for one in ids if ended[one] is None]
    return ended | in_one_go(marked, lambda some: ec2.stop_instances(InstanceIds=some))


def _start(ec2: Any, ids: Sequence[str], sleep: Callable[[float], None]) -> dict[str, Outcome]:
    """Starts instances and waits until they run; takes the mark of the stop away from those that do.

    A volume whose key refuses EC2 lets the call succeed and the instance fall back to `stopped`.
    """
    ended = in_one_go(ids, lambda some: ec2.start_instances(InstanceIds=some))
    for one, outcome in ended.items():
        if isinstance(outcome, ActionFailed) and _no_capacity(str(outcome)):
            ended[one] = ActionFailed(f"AWS has no capacity for it now: {outcome}", certain=outcome.certain)
    waiting = [one for one in ids if ended[one] is None]
    running: list[str] = []
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
            if state == "running":
                running.append(one)
            else:
                what = "AWS has no capacity for it now" if _no_capacity(why) else "it did not come up"
                ended[one] = ActionFailed(f"{what}: it is {state}{f', {why}' if why else ''}")
    seconds = POLL_SECONDS * POLLS
    for one in waiting:
        ended[one] = ActionFailed(f"it is still not running after {seconds:.0f} s", certain=False)
    _unmark(ec2, running)
    return ended


def _no_capacity(text: str) -> bool:
    return any(code in text for code in NO_CAPACITY)


def _unmark(ec2: Any, ids: Sequence[str]) -> None:
    """The mark counts only together with EC2's own record of the stop, so one that stays does no harm."""
    if ids:
        in_one_go(ids, lambda some: ec2.delete_tags(Resources=some, Tags=[{"Key": STOPPED_TAG}]))


def _states(ec2: Any, ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    """State and its reason, by id."""
    answer = ec2.describe_instances(InstanceIds=ids)
    found = [one for reservation in answer["Reservations"] for one in reservation["Instances"]]
    return {
        str(one["InstanceId"]): (str(one["State"]["Name"]), str((one.get("StateReason") or {}).get("Message") or ""))
        for one in found
    }


def _leaver(clients: Clients) -> Call:
    """Terminates a member through its group, which gets smaller by one: it starts nobody in its place."""

    def leave(ids: Sequence[str]) -> Any:
        return clients.get("autoscaling", "adaptive").terminate_instance_in_auto_scaling_group(
            InstanceId=ids[0], ShouldDecrementDesiredCapacity=True
        )

    return leave

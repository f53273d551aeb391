"""Stops, starts and terminates instances, many in a call where EC2 takes many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from functions.core.clients import Clients
from functions.core.ec2_batches import Outcome, in_one_go
from functions.core.ec2_starts import start
from functions.core.types import Action, ActionFailed
from functions.idle_gpu.facts import STOPPED_TAG, TERMINATE_IN_GROUP, Instance
from functions.idle_gpu.resting import mark

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
    """Starts instances and takes the mark of the stop away from those that run."""
    ended = start(ec2, ids, sleep)
    _unmark(ec2, [one for one in ids if ended[one] is None])
    return ended


def _unmark(ec2: Any, ids: Sequence[str]) -> None:
    """The mark counts only together with EC2's own record of the stop, so one that stays does no harm."""
    if ids:
        in_one_go(ids, lambda some: ec2.delete_tags(Resources=some, Tags=[{"Key": STOPPED_TAG}]))


def _leaver(clients: Clients) -> Call:
    """Terminates a member through its group, which gets smaller by one: it starts nobody in its place."""

    def leave(ids: Sequence[str]) -> Any:
        return clients.get("autoscaling", "adaptive").terminate_instance_in_auto_scaling_group(
            InstanceId=ids[0], ShouldDecrementDesiredCapacity=True
        )

    return leave

"""What can be read off moto's Auto Scaling groups and their members."""

from __future__ import annotations

from typing import Any

PROCESSES = (
    "Launch",
    "Terminate",
    "AddToLoadBalancer",
    "AlarmNotification",
    "AZRebalance",
    "HealthCheck",
    "InstanceRefresh",
    "ReplaceUnhealthy",
    "ScheduledActions",
)


def suspended(group: Any) -> frozenset[str]:
    """The names of the group's suspended processes."""
    return frozenset(one["ProcessName"] for one in group.suspended_processes)


def capacity(group: Any) -> int:
    """What the members in service count for."""
    return sum(weight(member) for member in group.active_instances())


def weight(member: Any) -> int:
    """What a member counts for: its weight in a mixed instances group, else one."""
    return int(getattr(member, "weighted_capacity", None) or 1)


def spare(group: Any) -> list[Any]:
    """The members without which the group would still have its desired capacity, oldest first."""
    have = capacity(group)
    return [one for one in group.active_instances() if have - weight(one) >= group.desired_capacity]


def at_rest(group: Any) -> bool:
    """Whether there is nothing to launch or to terminate; weights may add up to more than is desired."""
    return capacity(group) >= group.desired_capacity and not spare(group)


def next_type(group: Any) -> tuple[str | None, int]:
    """The type to launch next, and its weight: the first override, as with the strategy 'prioritized'.

    None if only the launch template says.
    """
    policy = group.mixed_instances_policy or {}
    overrides = policy.get("LaunchTemplate", {}).get("Overrides") or []
    if not overrides or "InstanceType" not in overrides[0]:
        return None, 1
    return str(overrides[0]["InstanceType"]), int(overrides[0].get("WeightedCapacity") or 1)

"""Hooks into moto's Auto Scaling: what AWS checks, suspends, writes down and answers, and moto does not.

moto changes sizes without looking at the group's limits or suspended processes, in no order, and forgets what it did.
While an account is open a GroupKeeper does the work instead. Like moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.autoscaling import models

from local import scaling_policies
from local.group_keeper import GroupKeeper
from local.group_state import PROCESSES, suspended
from local.moto_hooks import backend
from local.moto_scaling_answers import Refreshes, Replace, answers, in_turn, known, member_of, processes
from local.scaling_history import ScalingRefused
from local.scope import Scope

GROUP_METRICS = (
    "GroupMinSize",
    "GroupMaxSize",
    "GroupDesiredCapacity",
    "GroupInServiceInstances",
    "GroupPendingInstances",
    "GroupStandbyInstances",
    "GroupTerminatingInstances",
    "GroupTotalInstances",
)
_MISSING = object()


def group_named(scope: Scope, name: str) -> Any:
    """moto's group of this name, or None."""
    return backend("autoscaling", scope).autoscaling_groups.get(name)


def install_scaling(keeper: GroupKeeper, refreshes: Refreshes) -> Callable[[], None]:
    """Hands moto's groups to the keeper; returns what undoes it. `refreshes` are a group's instance refreshes."""
    changed: list[tuple[Any, str, Any]] = []

    def replace(kind: Any, name: str, value: Any) -> Any:
        original = vars(kind).get(name, _MISSING)
        changed.append((kind, name, original))
        setattr(kind, name, value)
        return original

    _groups(keeper, replace)
    _backends(keeper, replace)
    answers(keeper, refreshes, replace)

    def undo() -> None:
        for kind, name, original in reversed(changed):
            if original is _MISSING:
                delattr(kind, name)
            else:
                setattr(kind, name, original)

    return undo


def _groups(keeper: GroupKeeper, replace: Replace) -> None:
    kind: Any = models.FakeAutoScalingGroup
    own_type = kind.instance_type.fget
    original_update = kind.update

    def set_desired_capacity(self: Any, new_capacity: int | None) -> None:
        desired = self.min_size if new_capacity is None else new_capacity
        keeper.resize(self, desired or 0, "a user request created an AutoScalingGroup")

    def update(
        self: Any, desired_capacity: int | None, max_size: int | None, min_size: int | None, **rest: Any
    ) -> None:
        low = self.min_size if min_size is None else min_size
        high = self.max_size if max_size is None else max_size
        desired = scaling_policies.within(self.desired_capacity, low, high, desired_capacity)
        # moto drops the policy of a mixed instances group that an update does not name.
        mixed = rest["mixed_instances_policy"] or self.mixed_instances_policy
        original_update(self, desired_capacity=None, max_size=None, min_size=None, **rest)
        self.mixed_instances_policy, self.min_size, self.max_size = mixed, low, high
        constraints = f"min: {low}, max: {high}, desired: {desired}"
        keeper.resize(self, desired, f"a user request update of AutoScalingGroup constraints to {constraints}")

    def enable_metrics_collection(self: Any, metrics: list[str]) -> None:
        self.metrics = list(dict.fromkeys([*self.metrics, *(metrics or GROUP_METRICS)]))
        keeper.measure(self)

    replace(kind, "instance_type", property(lambda self: getattr(self, "local_type", None) or own_type(self)))
    replace(kind, "deletion_protection", "none")
    replace(kind, "set_desired_capacity", set_desired_capacity)
    replace(kind, "update", in_turn(keeper, update))
    replace(kind, "enable_metrics_collection", enable_metrics_collection)


def _backends(keeper: GroupKeeper, replace: Replace) -> None:
    kind: Any = models.AutoScalingBackend
    create, delete = kind.create_auto_scaling_group, kind.delete_auto_scaling_group
    protect, judge, put_policy = kind.set_instance_protection, kind.set_instance_health, kind.put_scaling_policy

    def create_auto_scaling_group(self: Any, name: str, **rest: Any) -> Any:
        if name in self.autoscaling_groups:
            raise ScalingRefused(
                f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
                "AlreadyExists",
            )
        low, high = int(rest["min_size"]), int(rest["max_size"])
        wanted = rest["desired_capacity"]
        scaling_policies.within(low, low, high, None if wanted is None else int(wanted))
        return create(self, name=name, **rest)

    def set_desired_capacity(self: Any, group_name: str, desired_capacity: int | None) -> None:
        group, desired = known(self, group_name), int(desired_capacity or 0)
        for limit, word, outside in (
            (group.max_size, "above max", desired > group.max_size),
            (group.min_size, "below min", desired < group.min_size),
        ):
            if outside:
                raise ScalingRefused(
                    f"New SetDesiredCapacity value {desired} is {word} value {limit} for the AutoScalingGroup."
                )
        keeper.resize(group, desired, "a user request explicitly set group desired capacity")

    def delete_auto_scaling_group(self: Any, group_name: str) -> None:
        if group_name in self.autoscaling_groups:
            group = self.autoscaling_groups[group_name]
            group.min_size = 0
            group.suspended_processes = []
            for member in group.instance_states:
                member.protected_from_scale_in = False
        delete(self, group_name)
        self.policies = {key: one for key, one in self.policies.items() if one.auto_scaling_group_name != group_name}

    def terminate_instance(self: Any, instance_id: str, should_decrement: bool) -> dict[str, Any]:
        group, member = member_of(self, instance_id)
        what = f"instance {instance_id} was taken out of service in response to a user request"
        if should_decrement:
            if group.desired_capacity <= group.min_size:
                raise ScalingRefused(
                    f"Currently, desiredSize equals minSize ({group.min_size}). Terminating instance without"
                    " replacement will violate group's min size constraint. Either set"
                    " shouldDecrement flag to false or lower group's min size."
                )
            before, group.desired_capacity = group.desired_capacity, group.desired_capacity - 1
            what += f", shrinking the capacity from {before} to {group.desired_capacity}"
            keeper.measure(group)
        activity = keeper.end(group, member, what)
        keeper.reconcile(group)
        return {**activity.described(self.autoscaling_groups), "StatusCode": "InProgress", "Progress": 0}

    def suspend_processes(self: Any, group_name: str, scaling_processes: list[str]) -> None:
        group = known(self, group_name)
        names = processes(scaling_processes)
        group.suspended_processes = [one for one in PROCESSES if one in suspended(group) or one in names]

    def resume_processes(self: Any, group_name: str, scaling_processes: list[str]) -> None:
        group = known(self, group_name)
        names = processes(scaling_processes)
        group.suspended_processes = [one for one in PROCESSES if one in suspended(group) and one not in names]
        keeper.reconcile(group)

    def set_instance_protection(self: Any, group_name: str, instance_ids: list[str], protected: bool | None) -> None:
        protect(self, group_name, instance_ids, protected)
        keeper.reconcile(known(self, group_name))

    def set_instance_health(self: Any, instance_id: str, health_status: str) -> None:
        group, member = member_of(self, instance_id)
        judge(self, instance_id, health_status)
        member.local_check = "a user health-check"
        keeper.reconcile(group)

    def notify_terminate_instances(self: Any, instance_ids: list[str]) -> None:
        for group in list(self.autoscaling_groups.values()):
            ended = [member for member in group.instance_states if member.instance.id in instance_ids]
            for member in ended:
                member.health_status = "Unhealthy"
            if ended:
                keeper.reconcile(group)

    def put_scaling_policy(self: Any, name: str, **rest: Any) -> Any:
        known(self, rest["as_name"])
        policy = put_policy(self, name=name, **rest)
        # Names of policies are a group's own.
        del self.policies[name]
        self.policies[rest["as_name"], name] = policy
        return policy

    for one in (
        create_auto_scaling_group,
        set_desired_capacity,
        delete_auto_scaling_group,
        terminate_instance,
        suspend_processes,
        resume_processes,
        set_instance_protection,
        set_instance_health,
        notify_terminate_instances,
        put_scaling_policy,
    ):
        replace(kind, one.__name__, in_turn(keeper, one))

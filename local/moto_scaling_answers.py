"""Hooks into what moto's Auto Scaling answers: activities, instance refreshes, and parameters it drops.

Like moto_hooks, every hook has a canary in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any

from moto.autoscaling import responses
from moto.autoscaling.exceptions import AutoscalingClientError
from moto.core.responses import ActionResult, EmptyResult

from local import scaling_policies
from local.group_keeper import GroupKeeper
from local.group_state import PROCESSES
from local.scaling_history import ScalingRefused

Replace = Callable[[Any, str, Any], Any]
Refreshes = Callable[[str], Iterable[Mapping[str, Any]]]
_LISTED = 100


def answers(keeper: GroupKeeper, refreshes: Refreshes, replace: Replace) -> None:
    """Replaces the answers of moto's response class."""
    kind: Any = responses.AutoScalingResponse
    create, update, delete = (
        kind.create_auto_scaling_group,
        kind.update_auto_scaling_group,
        kind.delete_auto_scaling_group,
    )

    def describe_scaling_activities(self: Any) -> ActionResult:
        living = self.autoscaling_backend.autoscaling_groups
        return ActionResult(keeper.history.page(self._get_params(), keeper.now(), living))

    def describe_instance_refreshes(self: Any) -> ActionResult:
        name, ids = self._get_param("AutoScalingGroupName"), self._get_param("InstanceRefreshIds", [])
        known(self.autoscaling_backend, name)
        found = [one for one in refreshes(name) if not ids or one["InstanceRefreshId"] in ids]
        return ActionResult({"InstanceRefreshes": found[:_LISTED]})

    def create_auto_scaling_group(self: Any) -> Any:
        answer = create(self)
        group = known(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
        group.deletion_protection = self._get_param("DeletionProtection") or "none"
        return answer

    def update_auto_scaling_group(self: Any) -> Any:
        answer = update(self)
        group = known(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
        group.deletion_protection = self._get_param("DeletionProtection") or group.deletion_protection
        return answer

    def delete_auto_scaling_group(self: Any) -> Any:
        group = known(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
        force, kept = self._get_bool_param("ForceDelete", False), group.deletion_protection
        if kept == "prevent-all-deletion" or (force and kept == "prevent-force-deletion"):
            raise ScalingRefused(f"AutoScalingGroup {group.name} has deletion protection {kept}")
        if group.instance_states and not force:
            raise ScalingRefused(
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s)"
                " still in the group.",
                "ResourceInUse",
            )
        return delete(self)

    def execute_policy(self: Any) -> EmptyResult:
        policy = policy_named(self)
        group = known(self.autoscaling_backend, policy.auto_scaling_group_name)
        numbers = (self._get_param("MetricValue"), self._get_param("BreachThreshold"))
        value, threshold = (None if one is None else float(one) for one in numbers)
        desired = scaling_policies.wanted(policy, group.desired_capacity, value, threshold)
        desired = scaling_policies.clamped(desired, group.min_size, group.max_size)
        keeper.resize(group, desired, f"a user request executed policy {policy.name}")
        return EmptyResult()

    def delete_policy(self: Any) -> EmptyResult:
        policy = policy_named(self)
        del self.autoscaling_backend.policies[policy.auto_scaling_group_name, policy.name]
        return EmptyResult()

    def disable_metrics_collection(self: Any) -> EmptyResult:
        group = known(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))
        ended = self._get_param("Metrics", []) or group.metrics
        group.metrics = [one for one in group.metrics if one not in ended]
        return EmptyResult()

    for one in (
        describe_scaling_activities,
        describe_instance_refreshes,
        create_auto_scaling_group,
        update_auto_scaling_group,
        delete_auto_scaling_group,
        execute_policy,
        delete_policy,
        disable_metrics_collection,
    ):
        replace(kind, one.__name__, in_turn(keeper, one))


def in_turn(keeper: GroupKeeper, work: Any) -> Any:
    """One change of groups at a time, and refusals as moto's own errors."""

    @wraps(work)
    def working(*args: Any, **more: Any) -> Any:
        with keeper.lock:
            try:
                return work(*args, **more)
            except ScalingRefused as refused:
                raise AutoscalingClientError(refused.code, refused.message) from refused

    return working


def known(backend: Any, name: str) -> Any:
    """moto's group of this name."""
    group = backend.autoscaling_groups.get(name)
    if group is None:
        raise ScalingRefused(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return group


def member_of(backend: Any, instance_id: str) -> tuple[Any, Any]:
    """The group that an instance is a member of, and the member."""
    for group in backend.autoscaling_groups.values():
        for member in group.instance_states:
            if member.instance.id == instance_id:
                return group, member
    raise ScalingRefused(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")


def processes(names: Iterable[str] | None) -> frozenset[str]:
    """The processes that a request names; all of them if it names none."""
    asked = frozenset(names or PROCESSES)
    if asked - set(PROCESSES):
        raise ScalingRefused(f"Unknown processes {sorted(asked - set(PROCESSES))}; known are {list(PROCESSES)}")
    return asked


def policy_named(response: Any) -> Any:
    """The policy a request means, by ARN or by name; a name is unique within its group only."""
    name, group = response._get_param("PolicyName"), response._get_param("AutoScalingGroupName")
    for policy in response.autoscaling_backend.policies.values():
        if name == policy.arn or (name == policy.name and group in (None, policy.auto_scaling_group_name)):
            return policy
    raise ScalingRefused(f"PolicyName not found - No Scaling Policy found for {name}")

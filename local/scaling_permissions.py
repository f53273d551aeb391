"""What calls of Auto Scaling are checked against.

Source: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2autoscaling.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from local.api import ApiRequest
from local.iam import Check
from local.moto_hooks import backend
from local.scope import Scope

Rule = Callable[[ApiRequest, Scope], list[Check]]


def _any(request: ApiRequest, _scope: Scope) -> list[Check]:
    return [Check(request.action, "*", tags={})]


def _group(request: ApiRequest, scope: Scope) -> list[Check]:
    """The group by its name, with its tags and the limits that the request would set."""
    name = str(request.params["AutoScalingGroupName"])
    limits: dict[str, tuple[str, ...]] = {
        f"autoscaling:{key.lower()}": (str(request.params[key]),)
        for key in ("MinSize", "MaxSize")
        if request.operation == "UpdateAutoScalingGroup" and request.params.get(key) is not None
    }
    return [_check(request, scope, backend("autoscaling", scope).autoscaling_groups.get(name), limits)]


def _group_of_instance(request: ApiRequest, scope: Scope) -> list[Check]:
    """The group that an instance is a member of."""
    wanted = str(request.params["InstanceId"])
    for group in backend("autoscaling", scope).autoscaling_groups.values():
        if any(state.instance.id == wanted for state in group.instance_states):
            return [_check(request, scope, group, {})]
    return [_check(request, scope, None, {})]


def _check(request: ApiRequest, scope: Scope, group: Any, context: dict[str, tuple[str, ...]]) -> Check:
    if group is None:
        arn = scope.arn("autoscaling", "autoScalingGroup:none:autoScalingGroupName/none")
        return Check(request.action, arn, context, {})
    tags = {str(tag["Key"]): str(tag["Value"]) for tag in group.tags}
    return Check(request.action, str(group.arn), context, tags)


OPERATIONS: dict[str, Rule] = {
    **{
        f"autoscaling.Describe{what}": _any
        for what in ("AutoScalingGroups", "ScalingActivities", "InstanceRefreshes", "Policies")
    },
    **{
        f"autoscaling.{name}": _group
        for name in ("UpdateAutoScalingGroup", "SuspendProcesses", "ResumeProcesses", "EnableMetricsCollection")
    },
    "autoscaling.TerminateInstanceInAutoScalingGroup": _group_of_instance,
}

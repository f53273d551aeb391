"""What calls of EC2, CloudWatch alarms and KMS are checked against."""

from __future__ import annotations

from collections.abc import Callable

from local.api import ApiRequest
from local.fleets import instance_tags
from local.iam import Check
from local.scope import Scope

Rule = Callable[[ApiRequest, Scope], list[Check]]


def _any(request: ApiRequest, _scope: Scope) -> list[Check]:
    return [Check(request.action, "*")]


def _instances(request: ApiRequest, scope: Scope) -> list[Check]:
    """Each instance with its tags, which conditions may ask for."""
    ids = request.params.get("InstanceIds") or [request.params["InstanceId"]]
    return [_instance(request.action, str(one), scope) for one in ids]


def _instance(action: str, instance_id: str, scope: Scope) -> Check:
    return Check(action, scope.arn("ec2", f"instance/{instance_id}"), {}, instance_tags(scope, instance_id))


def _alarms(request: ApiRequest, scope: Scope) -> list[Check]:
    names = request.params.get("AlarmNames") or [request.params.get("AlarmName") or "*"]
    return [Check(request.action, scope.arn("cloudwatch", f"alarm:{name}"), tags={}) for name in names]


def _key(request: ApiRequest, scope: Scope) -> list[Check]:
    key = str(request.params["KeyId"])
    return [Check(request.action, key if key.startswith("arn:") else scope.arn("kms", f"key/{key}"), tags={})]


OPERATIONS: dict[str, Rule] = {
    **{
        f"ec2.{name}": _any
        for name in (
            "DescribeInstances",
            "DescribeInstanceTypes",
            "DescribeVolumes",
            "DescribeSpotInstanceRequests",
        )
    },
    **{
        f"ec2.{name}": _instances
        for name in ("DescribeInstanceAttribute", "StopInstances", "StartInstances", "TerminateInstances")
    },
    "cloudwatch.ListMetrics": _any,
    "cloudwatch.DescribeAlarms": _alarms,
    "cloudwatch.PutMetricAlarm": _alarms,
    "cloudwatch.DeleteAlarms": _alarms,
    "kms.DescribeKey": _key,
}

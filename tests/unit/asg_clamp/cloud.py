"""Auto Scaling as AWS does it, in memory: for stories in which others change a group between two calls.

Semantics (Auto Scaling user and API guides): a max below desired takes desired down with it; a group launches what it
lacks and terminates what it has too much, unless the process is suspended; instances with scale-in protection stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError
from botocore.session import get_session

CREATED = datetime(2026, 1, 5, 8, tzinfo=UTC)
MODEL = get_session().get_service_model("autoscaling")


@dataclass
class Group:
    """A group as its owner sees it; `ended` counts the instances that scaling in has terminated."""

    name: str
    minimum: int = 0
    maximum: int = 100
    desired: int = 5
    type: str = "g5.xlarge"
    weight: int = 1
    tags: dict[str, str] = field(default_factory=dict)
    suspended: set[str] = field(default_factory=set)
    protected: set[str] = field(default_factory=set)
    members: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    launched: int = 0

    @property
    def sizes(self) -> tuple[int, int, int]:
        return self.minimum, self.maximum, self.desired

    @property
    def state(self) -> tuple[int, int, int, frozenset[str]]:
        return *self.sizes, frozenset(self.suspended)

    def scale_out(self, by: int) -> None:
        """A policy wants more, up to max; what it wants is launched at once."""
        if "AlarmNotification" not in self.suspended:
            self.desired = min(self.maximum, self.desired + by)
            self.reconcile()

    def reconcile(self) -> None:
        """Launches what lacks, and terminates what is too much, newest first."""
        while len(self.members) * self.weight < self.desired and "Launch" not in self.suspended:
            self.launched += 1
            self.members.append(f"i-{self.launched:017x}")
        surplus = [one for one in reversed(self.members) if one not in self.protected]
        while "Terminate" not in self.suspended and (len(self.members) - 1) * self.weight >= self.desired and surplus:
            leaving = surplus.pop(0)
            self.members.remove(leaving)
            self.ended.append(leaving)


class Meta:
    """What a client says about itself."""

    service_model = MODEL


class Cloud:
    """A client of Auto Scaling. `between` is called before every call: a story may interfere there, or crash."""

    meta = Meta()

    def __init__(self, *groups: Group) -> None:
        self.groups = {one.name: one for one in groups}
        self.calls: list[str] = []
        self.activities: list[dict[str, Any]] = []
        self.refreshes: dict[str, str] = {}
        self.between: Callable[[str], None] = lambda call: None
        for one in groups:
            one.reconcile()

    @property
    def writes(self) -> list[str]:
        return [one for one in self.calls if not one.startswith("describe")]

    def describe_auto_scaling_groups(
        self, AutoScalingGroupNames: Sequence[str] = (), MaxRecords: int = 50, NextToken: str = ""
    ) -> dict[str, Any]:
        self._called("describe_auto_scaling_groups")
        names = [one for one in AutoScalingGroupNames or sorted(self.groups) if one in self.groups]
        at = int(NextToken or 0)
        answer: dict[str, Any] = {
            "AutoScalingGroups": [described(self.groups[one]) for one in names[at : at + MaxRecords]]
        }
        return answer | ({"NextToken": str(at + MaxRecords)} if len(names) > at + MaxRecords else {})

    def get_paginator(self, operation: str) -> Pages:
        return Pages(self)

    def describe_scaling_activities(self, **request: Any) -> dict[str, Any]:
        self._called("describe_scaling_activities")
        return {"Activities": list(reversed(self.activities))}

    def describe_instance_refreshes(self, AutoScalingGroupName: str) -> dict[str, Any]:
        self._called("describe_instance_refreshes")
        status = self.refreshes.get(AutoScalingGroupName)
        return {"InstanceRefreshes": [{"Status": status}] if status else []}

    def update_auto_scaling_group(self, AutoScalingGroupName: str, **sizes: int) -> None:
        self._called("update_auto_scaling_group")
        group = self._group(AutoScalingGroupName)
        minimum, maximum = sizes.get("MinSize", group.minimum), sizes.get("MaxSize", group.maximum)
        desired = sizes.get("DesiredCapacity", min(max(group.desired, minimum), maximum))
        if not minimum <= desired <= maximum:
            raise refusal(
                f"Desired capacity:{desired} must be between the specified min size:{minimum} and max size:{maximum}"
            )
        group.minimum, group.maximum, group.desired = minimum, maximum, desired
        group.reconcile()

    def suspend_processes(self, AutoScalingGroupName: str, ScalingProcesses: Sequence[str]) -> None:
        self._called("suspend_processes")
        self._group(AutoScalingGroupName).suspended |= set(ScalingProcesses)

    def resume_processes(self, AutoScalingGroupName: str, ScalingProcesses: Sequence[str]) -> None:
        self._called("resume_processes")
        group = self._group(AutoScalingGroupName)
        group.suspended -= set(ScalingProcesses)
        group.reconcile()

    def _group(self, name: str) -> Group:
        if name not in self.groups:
            raise refusal("AutoScalingGroup name not found - null")
        return self.groups[name]

    def _called(self, call: str) -> None:
        self.between(call)
        self.calls.append(call)


@dataclass(frozen=True)
class Pages:
    """All groups, page by page."""

    cloud: Cloud

    def paginate(self, PaginationConfig: dict[str, int]) -> Iterator[dict[str, Any]]:
        more: dict[str, Any] = {}
        while True:
            answer = self.cloud.describe_auto_scaling_groups(MaxRecords=PaginationConfig["PageSize"], **more)
            yield answer
            if "NextToken" not in answer:
                return
            more = {"NextToken": answer["NextToken"]}


def refusal(message: str, code: str = "ValidationError", status: int = 400) -> ClientError:
    """An answer of AWS that refuses a call."""
    about: Any = {"HTTPStatusCode": status, "RetryAttempts": 0}
    return ClientError({"Error": {"Code": code, "Message": message}, "ResponseMetadata": about}, "Call")


def described(group: Group) -> dict[str, Any]:
    return {
        "AutoScalingGroupName": group.name,
        "AutoScalingGroupARN": (
            "arn:aws:autoscaling:us-east-1:123456789012:autoScalingGroup:"
            f"11111111-2222-4333-8444-555555555555:autoScalingGroupName/{group.name}"
        ),
        "MinSize": group.minimum,
        "MaxSize": group.maximum,
        "DesiredCapacity": group.desired,
        "CreatedTime": CREATED,
        "Tags": [{"Key": key, "Value": value} for key, value in group.tags.items()],
        "SuspendedProcesses": [{"ProcessName": one} for one in sorted(group.suspended)],
        "Instances": list(_members(group)),
        **group.more,
    }


def _members(group: Group) -> Iterator[dict[str, Any]]:
    for one in group.members:
        yield {
            "InstanceId": one,
            "InstanceType": group.type,
            "LifecycleState": "InService",
            "LaunchConfigurationName": "web",
            "ProtectedFromScaleIn": one in group.protected,
            **({"WeightedCapacity": str(group.weight)} if group.weight != 1 else {}),
        }


class NoSpot:
    """An EC2 in which nothing is Spot."""

    def describe_instances(self, **request: Any) -> dict[str, Any]:
        return {"Reservations": []}


class CloudClients:
    """Clients of an account whose Auto Scaling is a `Cloud`, and where nothing is Spot."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def get(self, service: str, retries: str = "standard") -> Any:
        return {"autoscaling": self._cloud, "ec2": NoSpot()}[service]
